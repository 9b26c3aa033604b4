import type { FrameFormat } from '../../../../../core/codec/format/format.ts';
import { formatNamed } from '../../../../../core/codec/formats.ts';
import type { Segment } from '../../../../../core/edge/segments/segment.ts';
import { mp3Frames } from '../../../support/support.ts';

export const SLOT_US = 6_000_000;
export const MP3: FrameFormat = formatNamed('mp3 1 44100 2 0')!;
export const AAC: FrameFormat = formatNamed('aac 4 44100 2 2')!;

/** A segment of this number; its bytes are told by number and seed alone. */
export function segment(number: number, more: Partial<Segment> = {}): Segment {
  const frames = 230;
  return {
    number,
    startUs: number * SLOT_US,
    mediaUs: number * SLOT_US,
    durationUs: SLOT_US,
    format: MP3,
    bytes: more.isGap === true ? new Uint8Array(0) : Buffer.concat(mp3Frames(3, `segment ${number}`)),
    frames,
    isGap: false,
    isDiscontinuity: false,
    discontinuities: 0,
    titles: [{ atUs: 0, text: "StreamTitle='Artist - Song';" }],
    ...more,
  };
}

/** So many, one behind the other. */
export function segments(first: number, count: number, more: Partial<Segment> = {}): Segment[] {
  return Array.from({ length: count }, (_, index) => segment(first + index, more));
}
