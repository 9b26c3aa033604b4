import type { MountId } from '../../base/machine.ts';
import type { Micros } from '../../base/units.ts';
import type { FrameFormat } from '../../codec/format/format.ts';

/** The next frame does not continue the last one. */
export interface Discontinuity {
  /**
   * `switch`: it is of another stream. `skipped`: it is of the same stream, and others lie between. `fallback`: the fallback
   * begins, begins anew, or ends.
   */
  readonly reason: 'switch' | 'skipped' | 'fallback';
  /** Programme between the two frames: more than 0 is missing, less than 0 is given out again. Undefined where they have no common time. */
  readonly missingUs: number | undefined;
}

/**
 * Where a mountpoint gives its programme out: to listeners, to another mountpoint, to whatever else is to have it. Each output of a
 * mountpoint gets the same calls, in this order:
 *
 *     opened  (format* title? discontinuity? frame)…  ended
 */
export interface MountOutput {
  /** The mountpoint begins. Not called for one that is restored from a saved state. */
  opened(now: Micros): void;
  /** Of all frames from the next one on: before the first, perhaps twice, and where it changes. */
  format(now: Micros, format: FrameFormat): void;
  /** The ICY metadata of all frames from the next one on, where it changes; '' until the first call. */
  title(now: Micros, text: string): void;
  discontinuity(now: Micros, discontinuity: Discontinuity): void;
  /** One whole frame. `bytes` is borrowed for the call. */
  frame(now: Micros, bytes: Uint8Array, durationUs: number): void;
  /** Nothing more comes. */
  ended(now: Micros): void;
}

/** The mountpoint that an output belongs to, and what it has given out last. */
export interface OutputOf {
  readonly id: MountId;
  readonly name: string;
  /** Of the newest frame; undefined before the first. */
  readonly format: FrameFormat | undefined;
  /** ICY metadata; '' before the first. */
  readonly text: string;
}

/** Takes the frames of one mountpoint, whether they are of a stream or of its fallback. */
export interface FrameOutput {
  /** The next frame does not continue the last one. */
  discontinuity(now: Micros, discontinuity: Discontinuity): void;
  /** `bytes` is borrowed for the call; undefined: the metadata text is that of the frame before. */
  frame(now: Micros, bytes: Uint8Array, durationUs: number, text: string | undefined): void;
}

/** An output that takes nothing but frames. */
export function framesOnly(frame: MountOutput['frame']): MountOutput {
  return { opened: nothing, format: nothing, title: nothing, discontinuity: nothing, frame, ended: nothing };
}

function nothing(): void {}
