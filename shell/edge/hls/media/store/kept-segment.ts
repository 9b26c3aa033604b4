import type { Segment } from '../../../../../core/edge/segments/segment.ts';
import { crc32 } from '../../../../../core/recording/file/checksum.ts';
import type { ListedSegment } from '../media-playlist.ts';

/** A segment that can be asked for. */
export interface KeptSegment extends ListedSegment {
  /** As players get it; 0 for a gap. */
  readonly lengthBytes: number;
  /** As players get it; undefined: it is in a file, or a gap. */
  packed: Uint8Array | undefined;
  /** When it was complete here, in milliseconds since 1970. */
  readonly madeMs: number;
  /** Of what players get: the same where the segment is the same. */
  readonly crc32: number;
}

export function keptOf({ bytes: _bytes, frames: _frames, ...listed }: Segment, packed: Uint8Array, madeMs: number): KeptSegment {
  return { ...listed, lengthBytes: listed.isGap ? 0 : packed.length, packed: listed.isGap ? undefined : packed, madeMs, crc32: crc32(packed) };
}

/** Where it ends, in microseconds since 1970. */
export function endUs({ startUs, durationUs }: Pick<ListedSegment, 'startUs' | 'durationUs'>): number {
  return startUs + durationUs;
}
