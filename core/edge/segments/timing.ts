import { ms, type Micros } from '../../base/units.ts';

/** When segments are made. The same at every edge. */
export interface SegmentTiming {
  /** The length of a slot, in microseconds. */
  readonly slotUs: number;
  /** A segment is made so long after its slot. */
  readonly settleUs: number;
  /** All mountpoints have the same slots, and a segment takes a third of a millisecond to make: they take turns within this. */
  readonly spreadUs: number;
  /** If no stream has the slot, one that comes and is not through it is waited for: so much longer. */
  readonly patienceUs: Micros;
  /** A stream that goes on for another one is entered at the same point of the programme, and its time stamps need not continue. */
  readonly entersAtPoint: boolean;
}

/**
 * Of the parts of segments, each of which is a segment by itself, of a shorter slot. They are made as early as edges still come to the same: a stream that is slower than
 * this is not taken. What is behind a loss may not be known in time, and then lies where it has come.
 */
export function partTiming(slotUs: number): SegmentTiming {
  return { slotUs, settleUs: 1_000_000, spreadUs: 250_000, patienceUs: ms(500), entersAtPoint: false };
}

/**
 * Of segments. By then another TIMELINE has come behind every loss, and what could come late has come: a gap is waited for for two seconds at most, unless it is
 * set otherwise.
 */
export function segmentTiming(slotUs: number): SegmentTiming {
  return { slotUs, settleUs: 3_000_000, spreadUs: 1_000_000, patienceUs: ms(1_000), entersAtPoint: true };
}
