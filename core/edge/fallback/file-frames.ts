import { frameDurationUs, type FrameFormat, type FrameHeader, emptyFrameHeader } from '../../codec/format/format.ts';
import { isSameFormat } from '../../codec/formats.ts';
import { readHeader } from '../../codec/header.ts';
import { foreignFormat } from '../../codec/scan/foreign.ts';
import { FrameScanner, type FrameSink } from '../../codec/scan/scanner.ts';
import { ID3V2_HEAD_BYTES } from '../../codec/tags/tags.ts';
import { programmeEnd } from '../../codec/tags/trailing-tags.ts';
import type { FallbackProblem } from './problem.ts';

/** Of an element of an array of numbers. */
const OFFSET_BYTES = 8;

/** The frames of a file, one behind the other in memory, without tags and players' tables of contents. */
export class FileFrames {
  readonly format: FrameFormat;
  readonly bytes: Uint8Array;
  readonly bitrateBps: number;
  /** Where each frame begins, and where the last one ends. */
  readonly #offsets: readonly number[];
  readonly #header: FrameHeader = emptyFrameHeader();

  constructor(format: FrameFormat, bytes: Uint8Array, offsets: readonly number[]) {
    this.format = format;
    this.bytes = bytes;
    this.#offsets = offsets;
    let durationUs = 0;
    for (let index = 0; index < this.count; index++) durationUs += this.durationUs(index);
    this.bitrateBps = (bytes.length * 8_000_000) / durationUs;
  }

  get heldBytes(): number {
    return this.bytes.length + OFFSET_BYTES * this.#offsets.length;
  }

  get count(): number {
    return this.#offsets.length - 1;
  }

  /** Undefined before the first and behind the last one. */
  frame(index: number): Uint8Array | undefined {
    return index < 0 || index >= this.count ? undefined : this.bytes.subarray(this.#offsets[index], this.#offsets[index + 1]);
  }

  durationUs(index: number): number {
    readHeader(this.bytes, this.#offsets[index]!, this.#header);
    return frameDurationUs(this.format, this.#header.samples);
  }
}

/** What is in a file; or why it cannot be a fallback. */
export function readFileFrames(file: Uint8Array): FileFrames | FallbackProblem {
  // Also where frames are found: in packets of something else some of them are cut.
  const foreign = foreignFormat(file);
  if (foreign !== undefined) return { code: 'foreign', format: foreign };
  const bytes = new Uint8Array(file.length);
  const offsets = [0];
  let end = 0;
  let format: FrameFormat | undefined;
  let other: FrameFormat | undefined;
  const sink: FrameSink = {
    frame: (frame, header) => {
      format ??= header.format;
      if (!isSameFormat(header.format, format)) other ??= header.format;
      bytes.set(frame, end);
      end += frame.length;
      offsets.push(end);
    },
  };
  const scanner = new FrameScanner(sink, { isSource: true });
  scan(scanner, file.subarray(0, programmeEnd(file)));
  // Anything large has a few bytes in it that look like frames.
  const { garbage, padding } = scanner.skipped;
  if (format === undefined || garbage.bytes + padding.bytes > end) return { code: format === undefined ? 'no-frame' : 'mostly-other' };
  if (other !== undefined) return { code: 'two-formats', first: format, other };
  return new FileFrames(format, bytes.slice(0, end), offsets);
}

/** Such tags at most, in a file; the last one is taken as it is. */
const MOST_BROKEN_TAGS = 16;

/** Scans all of it. A tag that is longer than what is left has a broken length: what is behind its head may be programme. */
function scan(scanner: FrameScanner, programme: Uint8Array): void {
  let rest = programme;
  for (let broken = 0; ; broken++) {
    scanner.push(rest);
    if (!scanner.isInTag || broken === MOST_BROKEN_TAGS) break;
    rest = rest.subarray(rest.length - scanner.leaveTag() + ID3V2_HEAD_BYTES);
  }
  scanner.end();
}
