import type { FrameFormat, FrameHeader } from '../format/format.ts';
import { headerReader, isSync, readHeader, sameKind } from '../header.ts';
import { readTag, tagHeadBytes } from '../tags/tags.ts';

/** Another frame of the format, or a tag, stands there. */
export const CONFIRMED = 0;
/** Something else does. */
const REFUTED = -1;

/**
 * Whether what stands at `at`, directly behind what looks like a frame of `format`, confirms that it is one. When
 * `bytes` has too little before `end` to tell, the answer is a positive number: how many bytes from `at` on it takes.
 * `scratch` is overwritten.
 */
export function confirmation(bytes: Uint8Array, at: number, end: number, format: FrameFormat, scratch: FrameHeader): number {
  const available = end - at;
  if (available < 1) return 1;
  const first = bytes[at]!;
  if (!isSync(first)) {
    const wanted = tagHeadBytes(first);
    if (available < wanted) return wanted;
    // Lyrics stand behind a whole file, never behind the first frame of one.
    return wanted > 0 && readTag(bytes, at)?.endsWithMark === false ? CONFIRMED : REFUTED;
  }
  if (available < 2) return 2;
  const reader = headerReader(bytes, at);
  if (available < reader.headerBytes) return reader.headerBytes;
  const agrees = reader.readHeader(bytes, at, scratch) === undefined && sameKind(scratch.format, format);
  return agrees ? CONFIRMED : REFUTED;
}

/**
 * Where the first frame begins in `rest` that something confirms, be it that it ends where `rest` does; `rest.length`
 * when there is none. Both headers are overwritten.
 */
export function findWhole(rest: Uint8Array, header: FrameHeader, scratch: FrameHeader): number {
  for (let at = 0; at < rest.length; at++) {
    if (readHeader(rest, at, header) !== undefined) continue;
    const end = at + header.lengthBytes;
    if (end === rest.length) return at;
    if (end < rest.length && confirmation(rest, end, rest.length, header.format, scratch) === CONFIRMED) return at;
  }
  return rest.length;
}
