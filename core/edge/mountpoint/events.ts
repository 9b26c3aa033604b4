import type { FormatRefusal } from '../../codec/format/format.ts';
import type { EncoderName } from '../../links/peers/encoder-name.ts';
import type { FallbackEvent } from '../fallback/events.ts';
import type { OutputEvent } from '../output/events.ts';
import type { LastSeen, SwitchingEvent } from '../switching/events.ts';

/** Why a mountpoint ends: nothing could be heard any more, or only a stream of another format, with which it begins anew. */
export type EndReason = 'no-source' | 'other-format';

/** What is reported of a mountpoint as a whole, and of its parts. */
export type MountpointEvent =
  | SwitchingEvent
  | FallbackEvent
  | OutputEvent
  /** It was on air for `forMs`, and nothing has been heard for `silentMs`. `stream` is the one that was on air last, '' without one; `streams` what each of them did last. */
  | (EncoderName & {
      readonly kind: 'mount-ended';
      readonly mount: string;
      readonly why: EndReason;
      readonly stream: string;
      readonly silentMs: number;
      readonly forMs: number;
      readonly listeners: number;
      readonly streams: readonly LastSeen[];
    })
  /** It is not taken in any more, after `forMs` on air: nobody has listened for a while, where it was taken in on demand. */
  | { readonly kind: 'mount-let-go'; readonly mount: string; readonly forMs: number }
  /** Something else is wanted of a mountpoint: `changed` has the keys of its policy, with spaces in between. */
  | { readonly kind: 'policy-changed'; readonly mount: string; readonly changed: string }
  /** Only a stream of another codec is back: the mountpoint ends, and begins anew with that. */
  | ({ readonly kind: 'format-changed'; readonly mount: string; readonly stream: string; readonly why: FormatRefusal; readonly listeners: number } & EncoderName);
