import { emptyFrameHeader, type FrameFormat } from '../../../core/codec/format/format.ts';
import { readHeader } from '../../../core/codec/header.ts';
import { readTag, tagHeadBytes } from '../../../core/codec/tags/tags.ts';

/** The frames of a stream that is there as a whole, by the rules and nothing else: what the scanner must find. */
export function framesByTheRules(bytes: Uint8Array): [start: number, end: number][] {
  const found: [number, number][] = [];
  let locked: FrameFormat | undefined;
  let atBoundary = true;
  let at = 0;
  while (at < bytes.length) {
    const tagBytes = atBoundary ? tagBytesAt(bytes, at) : 0;
    if (tagBytes > 0) {
      at += tagBytes;
      continue;
    }
    const header = headerAt(bytes, at);
    const end = at + (header?.lengthBytes ?? 0);
    if (header !== undefined && header.format === locked && end > bytes.length) break;
    const isFrame = header !== undefined
      && (header.format === locked || end === bytes.length || isConfirmed(bytes, end, header.format));
    if (isFrame) found.push([at, end]);
    locked = isFrame ? header.format : undefined;
    atBoundary = isFrame;
    at = isFrame ? end : at + 1;
  }
  return found;
}

function headerAt(bytes: Uint8Array, at: number): { format: FrameFormat; lengthBytes: number } | undefined {
  const header = emptyFrameHeader();
  return readHeader(bytes, at, header) === undefined ? header : undefined;
}

function tagBytesAt(bytes: Uint8Array, at: number): number {
  const headBytes = tagHeadBytes(bytes[at]!);
  if (headBytes === 0 || at + headBytes > bytes.length) return 0;
  const tag = readTag(bytes, at);
  return tag === undefined || tag.endsWithMark ? 0 : tag.lengthBytes;
}

function isConfirmed(bytes: Uint8Array, at: number, format: FrameFormat): boolean {
  return at < bytes.length && (tagBytesAt(bytes, at) > 0 || headerAt(bytes, at)?.format === format);
}
