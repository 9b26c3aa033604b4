import type { Segment } from '../../../../../../core/edge/segments/segment.ts';
import { adtsFrame } from '../../../../../core/codec/build.ts';
import { AAC, segment, SLOT_US } from '../segments.ts';

export const PART_US = 1_000_000;
export const PER_SEGMENT: number = SLOT_US / PART_US;

/** A part of this number, of a second of AAC. */
export function part(number: number, more: Partial<Segment> = {}): Segment {
  const at = { startUs: number * PART_US, mediaUs: number * PART_US, durationUs: PART_US };
  const frame = adtsFrame({ fill: number % 200 });
  return segment(number, { format: AAC, ...at, bytes: more.isGap === true ? new Uint8Array(0) : Buffer.concat([frame, frame]), frames: 2, ...more });
}

/** So many, one behind the other. */
export function parts(first: number, count: number, more: Partial<Segment> = {}): Segment[] {
  return Array.from({ length: count }, (_, index) => part(first + index, more));
}
