import type { EncoderName } from '../../links/peers/encoder-name.ts';

/** Why the edge gave a message up. */
export type GapVerdict =
  /** Every live path has delivered later ones. */
  | 'disproved'
  /** What still might have it fell silent, and the rest disproves it. */
  | 'silent-paths'
  /** Nobody that might have it is connected any more. */
  | 'no-path'
  | 'hard-limit'
  | 'window-full'
  | 'jump';

/** What is reported of a stream, whatever mountpoint it belongs to. */
export type StreamEvent =
  | { readonly kind: 'stream-new'; readonly stream: string; readonly label: string }
  | ({ readonly kind: 'stream-forgotten'; readonly stream: string; readonly mount: string; readonly silentMs: number } & EncoderName)
  /** It brings programme faster than time passes, for longer than a burst: it is no candidate until it comes at its pace. */
  | ({ readonly kind: 'stream-unpaced'; readonly mount: string; readonly stream: string; readonly programmeMs: number; readonly withinMs: number } & EncoderName)
  | ({ readonly kind: 'stream-paced'; readonly mount: string; readonly stream: string } & EncoderName);
