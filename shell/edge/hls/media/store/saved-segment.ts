import { formatName, formatNamed } from '../../../../../core/codec/formats.ts';
import type { KeptSegment } from './kept-segment.ts';

/** A segment for another process. Plain data. */
export interface SavedSegment extends Omit<KeptSegment, 'packed' | 'format'> {
  readonly format: string;
  /** As players get it, in base64; undefined of a gap. */
  readonly packed?: string | undefined;
}

/** With the names of their mountpoints. */
export type SavedSegments = readonly (readonly [mount: string, segment: SavedSegment])[];

export function savedSegment({ packed, format, ...segment }: KeptSegment): SavedSegment {
  return { ...segment, format: formatName(format), ...(packed !== undefined && { packed: Buffer.from(packed).toString('base64') }) };
}

/** Undefined: its format is not known here. */
export function restoredSegment({ packed, format: name, ...segment }: SavedSegment): KeptSegment | undefined {
  const format = formatNamed(name);
  return format && { ...segment, format, packed: packed === undefined ? undefined : Buffer.from(packed, 'base64') };
}
