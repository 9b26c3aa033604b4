import type { FrameFormat, SkipReason } from '../codec/format/format.ts';
import type { SkipCount } from '../codec/scan/skips.ts';
import type { Garbling } from './events.ts';

/** What was found out from the frames alone. */
export interface FrameFigures {
  readonly frames: number;
  readonly frameBytes: number;
  readonly programmeMs: number;
  readonly format: FrameFormat | undefined;
  readonly formatChanges: number;

  /** Where a frame reaches back into bytes that are not its own, by reason; and frames that a decoder makes noise of for it. */
  readonly garbled: Readonly<Record<Garbling, number>>;
  readonly garbledFrames: number;
  /** Bytes between frames that belong to none. */
  readonly strayPlaces: number;
  readonly strayBytes: number;
  /** All that was no frame, be it stray or not. */
  readonly skipped: Readonly<Record<SkipReason, Readonly<SkipCount>>>;
  readonly repeatedMs: number;
  readonly repeats: number;
  /** The longest stretch of frames in which nothing is coded. */
  readonly digitalSilenceMs: number;
  /** Single frames of another bit rate in a stream of constant bit rate; and changes of it that last. */
  readonly oddRates: number;
  readonly rateChanges: number;
}

/** What a probe has found out, from its beginning until now. Spans and times are in milliseconds, times since its beginning. */
export interface ProbeFigures extends FrameFigures {
  readonly listenedMs: number;

  readonly connects: number;
  /** Connections that had carried something and were lost, and attempts that failed, by reason. */
  readonly disconnects: number;
  readonly disconnectReasons: Readonly<Record<string, number>>;
  readonly failures: Readonly<Record<string, number>>;

  /** Undefined when there was none. */
  readonly firstAudioMs: number | undefined;
  readonly longestStallMs: number;
  readonly stalls: number;
  /** The longest of them, in order. */
  readonly stallTimes: readonly { readonly atMs: number; readonly silentMs: number }[];
  /** What a player with the given buffer would have been silent. */
  readonly silenceMs: number;
  /** What a player would have had to hold to never be silent. */
  readonly bufferNeededMs: number;
  readonly heldMs: number;

  readonly audioBytes: number;
  /** Mean bit rate of all frames. */
  readonly kbps: number;
  /** Programme that never came, estimated; negative when more came than time passed. Undefined before 25 s are over. */
  readonly missingMs: number | undefined;
  /** The encoder's clock against ours; undefined before 75 s are over. */
  readonly driftPpm: number | undefined;
  /** Places where a decoder makes noise, of either kind. */
  readonly garbledPlaces: number;

  readonly title: string | undefined;
  readonly titles: number;
  readonly badMetadata: number;
}
