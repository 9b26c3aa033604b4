import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { emptyFrameHeader, type FrameHeader } from '../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { infoFrameKind } from '../../../../core/codec/mpeg/header.ts';
import { MAX_HELD_BYTES } from '../../../../core/codec/scan/scanner.ts';
import { adtsFrame, adtsRates, apeTag, bitrateColumn, bitrateRows, id3v1, id3v2, infoFrame, join, lyrics3, mpegFrame, mpegRates } from '../build.ts';
import { Collector, type Found, scanWhole } from '../collect.ts';
import { framesByTheRules } from '../model.ts';

const byte = fc.nat({ max: 255 });
/** Bytes that are likely to look like headers, or like the beginnings of tags. */
const nastyByte = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(0xff, 0xfb, 0xf1, 0xf9, 0xe3, 0x90, 0x50, 0x80, 0x00, 0x10, 0x1f, 0xfc) },
  { weight: 1, arbitrary: fc.constantFrom(...Array.from('ID3TAGPEX', (letter) => letter.charCodeAt(0))) },
  { weight: 2, arbitrary: byte },
);
const nasty = fc.array(nastyByte, { maxLength: 300 }).map((bytes) => Uint8Array.from(bytes));

const mpegOptions = fc.record({
  version: fc.constantFrom('1', '2', '2.5'),
  layer: fc.constantFrom(1, 2, 3),
  row: fc.nat({ max: 13 }),
  rate: fc.nat({ max: 2 }),
  mode: fc.constantFrom('stereo', 'joint', 'dual', 'mono'),
  padding: fc.boolean(),
  crc: fc.boolean(),
  mainDataBegin: fc.nat({ max: 255 }),
  fill: nastyByte,
} as const).map(({ row, rate, ...rest }) => ({
  ...rest,
  kbps: bitrateRows[row]![bitrateColumn(rest.version, rest.layer)]!,
  sampleRateHz: mpegRates[rest.version][rate]!,
}));

const adts = fc.record({
  mpegVersion: fc.constantFrom('2', '4'),
  objectType: fc.constantFrom(1, 2, 3),
  sampleRateHz: fc.constantFrom(...adtsRates),
  channelConfiguration: fc.nat({ max: 7 }),
  blocks: fc.constantFrom(1, 2, 3, 4),
  crc: fc.boolean(),
  lengthBytes: fc.oneof(fc.integer({ min: 15, max: 600 }), fc.integer({ min: 15, max: 8_191 })),
  fill: nastyByte,
} as const).map(adtsFrame);

const mpeg = mpegOptions.map(mpegFrame);
const frame = fc.oneof(mpeg, adts);

/** What streams are made of, and what can happen to them. */
const piece = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(frame, fc.integer({ min: 1, max: 5 })).map(([one, count]) => join(...Array.from({ length: count }, () => one))) },
  { weight: 2, arbitrary: fc.tuple(frame, fc.double({ min: 0, max: 1, noNaN: true })).map(([one, part]) => one.subarray(0, Math.floor(part * one.length))) },
  { weight: 1, arbitrary: fc.tuple(frame, fc.double({ min: 0, max: 1, noNaN: true })).map(([one, part]) => one.subarray(Math.floor(part * one.length))) },
  { weight: 2, arbitrary: nasty },
  { weight: 1, arbitrary: fc.constantFrom('Xing', 'Info', 'VBRI').map((letters) => infoFrame(letters as 'Xing')) },
  { weight: 1, arbitrary: fc.constantFrom(id3v1(), id3v2(0), id3v2(3), id3v2(700, { footer: true, fill: 0xff }), apeTag(0), apeTag(90), apeTag(0, { version: 1000, header: false }), lyrics3(30), lyrics3(5, { version: 1 })) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 300 }).map((zeros) => new Uint8Array(zeros)) },
);
const stream = fc.array(piece, { maxLength: 8 }).map((pieces) => join(...pieces));

const chunkSizes = fc.oneof(
  fc.constant([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 10 }),
  fc.array(fc.integer({ min: 1, max: 3_000 }), { minLength: 1, maxLength: 10 }),
);

function chunks(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const cut: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    // Bytes of its own, overwritten after the call: what the scanner keeps must be a copy.
    cut.push(bytes.slice(at, at + size));
    at += size;
  }
  return cut;
}

function pushChunks(collector: Collector, bytes: Uint8Array, sizes: readonly number[]): void {
  let mostHeld = 0;
  for (const chunk of chunks(bytes, sizes)) {
    collector.scanner.push(chunk);
    chunk.fill(0xff);
    mostHeld = Math.max(mostHeld, collector.scanner.heldBytes);
  }
  expect(mostHeld).toBeLessThan(MAX_HELD_BYTES);
}

test('any chunking of any stream gives the same frames and the same counts', () => {
  fc.assert(fc.property(stream, chunkSizes, fc.boolean(), (bytes, sizes, isSource) => {
    const whole = new Collector({ isSource });
    whole.scanner.push(bytes);
    const cut = new Collector({ isSource });
    pushChunks(cut, bytes, sizes);
    for (const when of ['before the end', 'at the end']) {
      expect(cut.found.map(plain), when).toEqual(whole.found.map(plain));
      expect(cut.skips, when).toEqual(whole.skips);
      expect(cut.scanner.heldBytes, when).toBe(whole.scanner.heldBytes);
      whole.scanner.end();
      cut.scanner.end();
    }
  }), { numRuns: 1_500 });
});

test('the frames are those that the rules name', () => {
  fc.assert(fc.property(stream, (bytes) => {
    const expected = framesByTheRules(bytes).map(([start, end]) => bytes.subarray(start, end));
    const { found, skips } = scanWhole(bytes);
    const programme = expected.filter((one) => infoFrameKind(one, 0, scanHeader(one)) === undefined);
    expect(found.map((one) => text(one.bytes))).toEqual(programme.map(text));
    expect('xing-frame' in skips || 'vbri-frame' in skips).toBe(programme.length < expected.length);
  }), { numRuns: 1_500 });
});

test('every byte is in a frame, held, or counted, whatever gaps there are', () => {
  const parts = fc.array(fc.tuple(stream, fc.constantFrom('gap', 'end', 'go on')), { maxLength: 5 });
  fc.assert(fc.property(parts, chunkSizes, fc.boolean(), (list, sizes, isSource) => {
    const collector = new Collector({ isSource });
    let pushed = 0;
    for (const [bytes, then] of list) {
      pushChunks(collector, bytes, sizes);
      pushed += bytes.length;
      expect(collector.accountedBytes + collector.scanner.heldBytes).toBe(pushed);
      if (then === 'go on') continue;
      collector.scanner[then as 'gap' | 'end']();
      expect(collector.scanner.heldBytes).toBe(0);
      expect(collector.accountedBytes).toBe(pushed);
    }
    expect(collector.scanner.frames).toBe(collector.found.length);
  }), { numRuns: 500 });
});

test('bytes that nobody meant as audio neither throw nor are held without bound', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 20_000, size: 'max' }), nasty, chunkSizes, fc.boolean(), (random, more, sizes, isSource) => {
    const collector = new Collector({ isSource });
    pushChunks(collector, random, sizes);
    pushChunks(collector, more, sizes);
    collector.scanner.gap();
    pushChunks(collector, more, sizes);
    collector.scanner.end();
    expect(collector.accountedBytes).toBe(random.length + 2 * more.length);
  }), { numRuns: 300 });
});

test('a stream of one format loses no frame, wherever it is entered', () => {
  const formatAndCount = fc.tuple(frame, fc.integer({ min: 3, max: 10 }));
  fc.assert(fc.property(formatAndCount, fc.nat(), ([one, count], entry) => {
    // A filling that repeats a sync would be a stream of its own.
    const clean = one.map((value, at) => (at > 8 && value === 0xff ? 0 : value));
    const bytes = join(...Array.from({ length: count }, () => clean));
    const from = entry % clean.length;
    const { found } = scanWhole(bytes.subarray(from));
    expect(found.map((each) => text(each.bytes))).toEqual(Array.from({ length: from === 0 ? count : count - 1 }, () => text(clean)));
  }));
});

/** As strings, which are compared a hundred times faster. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function plain({ bytes, header }: Found): [string, FrameHeader] {
  return [text(bytes), header];
}

function scanHeader(one: Uint8Array): FrameHeader {
  const header = emptyFrameHeader();
  expect(readHeader(one, 0, header)).toBeUndefined();
  return header;
}
