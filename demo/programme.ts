import { readFileSync } from 'node:fs';
import path from 'node:path';
import { FrameScanner } from '../core/codec/scan/scanner.ts';
import { packageRoot } from './package-root.ts';

export type EncodingName = 'a' | 'b';

/** One frame of an encoding, and its place in the programme. */
export interface ProgrammeFrame {
  readonly encoding: EncodingName;
  readonly bytes: Uint8Array;
  /** Where in the loop the sound that a decoder makes of it begins. */
  readonly startUs: number;
  readonly durationUs: number;
}

/** One encoding of the whole loop. */
export interface Encoding {
  readonly name: EncodingName;
  /** In the order of the file. Consecutive in the programme, and the first follows the last. */
  readonly frames: readonly ProgrammeFrame[];
}

export interface Programme {
  readonly loopUs: number;
  readonly a: Encoding;
  readonly b: Encoding;
  /** The frame that has exactly these bytes; undefined for bytes that are not of the programme. */
  find(bytes: Uint8Array): ProgrammeFrame | undefined;
}

const LOOP_US = 60_000_000;

/** The sample of the programme that each file begins with; see README.md. */
const FIRST_SAMPLE = { a: 0, b: 360_100 } as const satisfies Record<EncodingName, number>;

/** Reads the embedded programme from the package's demo directory. */
export function loadProgramme(): Programme {
  const directory = path.join(packageRoot(), 'demo');
  const a = splitEncoding('a', readFileSync(path.join(directory, 'programme-a.mp3')));
  const b = splitEncoding('b', readFileSync(path.join(directory, 'programme-b.mp3')));
  return indexProgramme(a, b);
}

/** Cuts a file into its frames. Throws when they are not exactly one loop. */
function splitEncoding(name: EncodingName, file: Uint8Array): Encoding {
  const frames: ProgrammeFrame[] = [];
  let samples = 0;
  const scanner = new FrameScanner({
    frame: (bytes, header) => {
      const rate = header.format.sampleRateHz;
      const startUs = Math.round(((FIRST_SAMPLE[name] + samples) * 1_000_000) / rate) % LOOP_US;
      const durationUs = Math.round((header.samples * 1_000_000) / rate);
      frames.push({ encoding: name, bytes: bytes.slice(), startUs, durationUs });
      samples += header.samples;
    },
  });
  scanner.push(file);
  scanner.end();
  const totalUs = frames.reduce((sum, frame) => sum + frame.durationUs, 0);
  const totalBytes = frames.reduce((sum, frame) => sum + frame.bytes.length, 0);
  if (totalUs !== LOOP_US || totalBytes !== file.length) {
    throw new Error(`programme-${name}.mp3 is not one loop: ${totalUs} µs in ${totalBytes} of ${file.length} bytes`);
  }
  return { name, frames };
}

/** Makes frames findable by their bytes. Throws when two are equal: then their place would be a guess. */
function indexProgramme(a: Encoding, b: Encoding): Programme {
  const byBytes = new Map<string, ProgrammeFrame>();
  for (const frame of [...a.frames, ...b.frames]) {
    const key = keyOf(frame.bytes);
    if (byBytes.has(key)) throw new Error(`two frames of the programme are equal, the second at ${frame.startUs} µs`);
    byBytes.set(key, frame);
  }
  return { loopUs: LOOP_US, a, b, find: (bytes) => byBytes.get(keyOf(bytes)) };
}

/** One character a byte: a Map hashes and compares strings itself. */
function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
