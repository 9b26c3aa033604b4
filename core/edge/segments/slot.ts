import type { EdgeStream } from '../stream/stream.ts';
import type { FrameTimeTable } from '../stream/times/frame-times.ts';

/** A part of the time that all edges have in common: segment `number` of every mountpoint has what was recorded in it. */
export interface Slot {
  readonly number: number;
  /** Unix time, in microseconds. */
  readonly beginsUs: number;
  readonly endsUs: number;
}

/** What a stream has of a slot. */
export interface SlotShare {
  readonly stream: EdgeStream;
  /** Frames of its ring. */
  readonly from: number;
  readonly to: number;
  /** When the first of them was recorded, and the first one behind them; that is the end of the last one, where it has not come. */
  readonly beginsUs: number;
  readonly endsUs: number;
  /** It begins with the first frame that there is of the slot. */
  readonly beginsWell: boolean;
  /** When its segment begins and ends: with its frames, or where those are further off than a frame is long, with the slot. */
  readonly startUs: number;
  readonly endUs: number;
  /** Nothing of it is missing, and the frame behind it is there. */
  readonly isComplete: boolean;
  /** Nothing is coded in any of its frames. */
  readonly isSilent: boolean;
  /** Programme of the slot that is missing, in microseconds. */
  readonly missingUs: number;
  /** Unix time since which the stream is on air, by its own counter; undefined where it has not said so. */
  readonly startedUs: number | undefined;
}

/** Frames and time may differ by so much: the anchor of a stream moves by less, but where a clock is set. */
const STEP_US = 100_000;
/** Slots may begin in the middle of a microsecond's rounding. */
const ROUNDING_US = 2;

export function slotAt(number: number, slotUs: number): Slot {
  return { number, beginsUs: number * slotUs, endsUs: (number + 1) * slotUs };
}

/** What a stream has of a slot, by the times of its frames; undefined: nothing. */
export function shareOf(stream: EdgeStream, times: FrameTimeTable, slot: Slot): SlotShare | undefined {
  const from = firstWithin(times, 0, slot.beginsUs, slot.endsUs);
  if (from < 0) return undefined;
  const { ring } = stream;
  const behind = firstWithin(times, from + 1, slot.endsUs, Infinity);
  const to = behind < 0 ? times.count : behind;
  const beginsUs = times.beginsUs[from]!;
  let heldUs = 0;
  let isWhole = behind >= 0;
  let isSilent = true;
  for (let i = from; i < to; i++) {
    heldUs += ring.durationUs(i);
    isSilent &&= ring.isSilent(i);
    if (i > from && times.follows[i] === 0) isWhole = false;
  }
  if (behind >= 0 && times.follows[behind] === 0) isWhole = false;
  const endsUs = behind >= 0 ? times.beginsUs[behind]! : times.beginsUs[to - 1]! + ring.durationUs(to - 1);
  const frameUs = ring.durationUs(from) + ROUNDING_US;
  // The one before it would have begun, or has, in the slot before.
  const beginsWell = beginsUs - slot.beginsUs < frameUs || (from > 0 && times.follows[from] === 1 && beginsUs - slot.beginsUs < STEP_US);
  const isComplete = isWhole && beginsWell && Math.abs(endsUs - beginsUs - heldUs) < STEP_US;
  const missingUs = isComplete ? 0 : Math.abs(slot.endsUs - slot.beginsUs - heldUs);
  const startUs = Math.round(beginsUs - slot.beginsUs < frameUs ? beginsUs : slot.beginsUs);
  const endUs = Math.round(endsUs >= slot.endsUs && endsUs - slot.endsUs < frameUs ? endsUs : slot.endsUs);
  return { stream, from, to, beginsUs, endsUs, beginsWell, startUs, endUs, isComplete, isSilent, missingUs, startedUs: times.startedUs };
}

/** The index of the first frame from `from` on that begins in this time; -1: there is none. */
function firstWithin({ count, beginsUs }: FrameTimeTable, from: number, sinceUs: number, untilUs: number): number {
  for (let i = from; i < count; i++) if (beginsUs[i]! >= sinceUs && beginsUs[i]! < untilUs) return i;
  return -1;
}
