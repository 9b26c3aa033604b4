import type { FormatRefusal } from '../../codec/format/format.ts';
import type { EncoderName } from '../../links/encoder-name.ts';
import type { FallbackEvent } from '../fallback/events.ts';
import type { OutputEvent } from '../output/events.ts';
import type { SwitchingEvent } from '../switching/events.ts';

/** What is reported of a mountpoint as a whole, and of its parts. */
export type MountpointEvent =
  | SwitchingEvent
  | FallbackEvent
  | OutputEvent
  | { readonly kind: 'mount-ended'; readonly mount: string; readonly silentMs: number; readonly listeners: number }
  /** Only a stream of another codec is back: the mountpoint ends, and begins anew with that. */
  | ({ readonly kind: 'format-changed'; readonly mount: string; readonly stream: string; readonly why: FormatRefusal; readonly listeners: number } & EncoderName);
