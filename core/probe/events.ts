import type { Decodability } from '../codec/format/family.ts';
import type { FrameFormat } from '../codec/format/format.ts';

/** What a probe tells of while it listens. Times are in milliseconds. */
export type ProbeEvent =
  | { readonly kind: 'connected'; readonly connects: number }
  /** An attempt at a connection has failed, for another reason than the one before. */
  | { readonly kind: 'not-connected'; readonly reason: string }
  /** A connection that had carried something is gone. */
  | { readonly kind: 'disconnected'; readonly reason: string }
  | { readonly kind: 'first-audio'; readonly afterMs: number }
  | { readonly kind: 'format'; readonly format: FrameFormat }
  | { readonly kind: 'title'; readonly title: string }
  /** A metadata block that is none: audio is taken for it, because the interval is wrong. */
  | { readonly kind: 'bad-metadata'; readonly text: string }
  /** Nothing has come for as long as is called a stall; and it is over. */
  | { readonly kind: 'stalled'; readonly silentMs: number }
  | { readonly kind: 'stall-over'; readonly silentMs: number }
  /** A player would have been silent for so long until now. */
  | { readonly kind: 'silence'; readonly silentMs: number }
  /** Nothing has been coded in the frames for longer than a pause in a programme is; and there is sound again, or the connection is over. */
  | { readonly kind: 'digital-silence'; readonly silentMs: number }
  | { readonly kind: 'digital-silence-over'; readonly silentMs: number }
  /** What a decoder makes noise of. */
  | { readonly kind: 'garbled'; readonly why: Garbling }
  | { readonly kind: 'stray-bytes'; readonly bytes: number }
  | { readonly kind: 'odd-rate'; readonly usualBps: number; readonly oddBps: number }
  | { readonly kind: 'new-rate'; readonly fromBps: number; readonly toBps: number }
  | { readonly kind: 'repeating'; readonly backMs: number }
  | { readonly kind: 'repeated'; readonly repeatedMs: number }
  /** Programme is missing for good; negative when there is more of it than time. */
  | { readonly kind: 'missing'; readonly missingMs: number }
  /** Each second. */
  | ({ readonly kind: 'second' } & SecondFigures);

export type Garbling = Extract<Decodability, 'overlap' | 'foreign' | 'overrun'>;

/** How it was in the last second, and is at its end. */
export interface SecondFigures {
  readonly isConnected: boolean;
  readonly frames: number;
  readonly bytes: number;
  /** Of the frames that came; 0 when none did. */
  readonly kbps: number;
  /** Since the last byte; 0 before the first. */
  readonly silentMs: number;
  /** What the player has yet to play. */
  readonly heldMs: number;
}
