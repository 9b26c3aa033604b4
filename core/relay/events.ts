import type { SubscriberId } from '../base/machine.ts';
import type { EncoderName } from '../links/peers/encoder-name.ts';
import type { PathEvent } from '../links/events.ts';
import type { DropReason } from '../links/paths/path.ts';

/**
 * What a relay reports: rare, each event with the figures that an operator needs to see why. Streams are named by the 32
 * hexadecimal digits of their id, mountpoints without their leading slash, paths and subscribers by the label they were opened with.
 */
export type RelayEvent =
  | PathEvent
  | { readonly kind: 'stream-new'; readonly stream: string; readonly label: string }
  | ({ readonly kind: 'stream-announced'; readonly stream: string; readonly mount: string } & EncoderName)
  /** By an operator of this relay ('operator'), or by whom we have it. */
  | { readonly kind: 'title-set'; readonly mount: string; readonly title: string; readonly label: string }
  | ({ readonly kind: 'stream-forgotten'; readonly stream: string; readonly mount: string; readonly silentMs: number } & EncoderName)
  /** Somebody else than its owner sends it; `messages` have been refused so far. `owner` is '' where another relay brings it. */
  | (EncoderName & {
      readonly kind: 'stream-contested';
      readonly stream: string;
      readonly mount: string;
      readonly owner: string;
      readonly label: string;
      readonly messages: number;
    })
  /** A peer sends what its key does not allow; `messages` of it have been dropped so far for that reason, the last of them of `mount`, where that is known. */
  | { readonly kind: 'rights-exceeded'; readonly label: string; readonly mount?: string; readonly reason: DropReason; readonly messages: number }
  | { readonly kind: 'subscriber-joined'; readonly subscriber: SubscriberId; readonly label: string; readonly historyMessages: number }
  | { readonly kind: 'subscriber-left'; readonly subscriber: SubscriberId; readonly label: string; readonly reason: string; readonly lostMessages: number }
  | { readonly kind: 'subscriber-behind'; readonly subscriber: SubscriberId; readonly label: string; readonly lostMessages: number }
  | { readonly kind: 'subscriber-cut'; readonly subscriber: SubscriberId; readonly label: string; readonly behindMs: number; readonly lostMessages: number };
