import { describe, expect, it } from 'vitest';
import { contentTypeOf } from '../../../core/codec/content-type.ts';
import { CutRepairs } from '../../../core/codec/cuts.ts';
import { families, familyOf } from '../../../core/codec/families.ts';
import type { CodecFamily } from '../../../core/codec/format/family.ts';
import { codecs, emptyFrameHeader, type Codec, type FrameFormat, type FrameHeader } from '../../../core/codec/format/format.ts';
import { canFollow, isSameFormat, playedAs } from '../../../core/codec/formats.ts';
import { headBytes, MOST_HEAD_BYTES, soundDigest } from '../../../core/codec/head.ts';
import { findSync, headerReader, isSync, MOST_FRAME_BYTES, MOST_HEADER_BYTES, readHeader } from '../../../core/codec/header.ts';
import { LevelReader } from '../../../core/codec/level.ts';
import { announcedCodec, audioTypeFor } from '../../../core/wire/messages/announce.ts';
import { adtsFrame, adtsRates, join, mpegFrame, mpegRates } from './build.ts';
import { scanWhole } from './collect.ts';
import { frameWith, heads } from './heads.ts';

interface Case {
  readonly family: CodecFamily;
  /** What it must read, of every kind it has. */
  readonly frames: readonly Uint8Array[];
  readonly contentType: string;
  /** What listeners and operators are told of its formats. */
  readonly names: Readonly<Partial<Record<Codec, readonly string[]>>>;
}

const mpegFrames = (['1', '2', '2.5'] as const).flatMap((version) => ([1, 2, 3] as const).flatMap((layer) => mpegRates[version].flatMap((sampleRateHz) =>
  (['stereo', 'mono'] as const).flatMap((mode) => [false, true].map((crc) => mpegFrame({ version, layer, sampleRateHz, mode, crc }))))));
const adtsFrames = (['2', '4'] as const).flatMap((mpegVersion) => ([1, 2, 3] as const).flatMap((objectType) => adtsRates.flatMap((sampleRateHz) =>
  [0, 1, 2, 6, 7].map((channelConfiguration) => adtsFrame({ mpegVersion, objectType, sampleRateHz, channelConfiguration })))));

/** A family that is new needs a row, and nothing else here. */
const cases: Readonly<Record<string, Omit<Case, 'family'>>> = {
  'MPEG audio': {
    frames: mpegFrames,
    contentType: 'audio/mpeg',
    names: { mp3: ['MP3', 'MP3 (MPEG-2)', 'MP3 (MPEG-2.5)'], mp2: ['MP2', 'MP2 (MPEG-2)', 'MP2 (MPEG-2.5)'], mp1: ['MP1', 'MP1 (MPEG-2)', 'MP1 (MPEG-2.5)'] },
  },
  'AAC (ADTS)': {
    frames: adtsFrames,
    contentType: 'audio/aac',
    names: { aac: ['AAC Main', 'AAC-LC', 'AAC-SSR', 'AAC-LTP'] },
  },
};

const every: readonly Case[] = families.map((family) => ({ family, ...cases[family.name]! }));
const allFormats: readonly FrameFormat[] = families.flatMap(({ formats }) => formats);

function headerOf(frame: Uint8Array): FrameHeader {
  const header = emptyFrameHeader();
  expect(readHeader(frame, 0, header)).toBeUndefined();
  return header;
}

describe('the table of families', () => {
  it('has each codec in one group of one family', () => {
    expect(families.flatMap(({ groups }) => groups.flat()).toSorted()).toEqual(codecs.toSorted());
    expect(families.map(({ name }) => name)).toEqual(Object.keys(cases));
  });

  it('gives each beginning of a header to one family', () => {
    for (let first = 0; first < 256; first++) {
      const own = families.filter(({ sync }) => sync.first === first);
      expect(isSync(first)).toBe(own.length > 0);
      for (let second = 0; second < 256; second++) expect(own.filter(({ sync }) => sync.has(second)).length).toBeLessThanOrEqual(1);
    }
  });

  it('has one object for each format, and a name for each', () => {
    expect(new Set(allFormats).size).toBe(allFormats.length);
    expect(new Set(allFormats.map((format) => JSON.stringify(format))).size).toBe(allFormats.length);
  });

  it('gives each byte of an ANNOUNCE to one family', () => {
    const bytes = families.flatMap(({ audioTypes }) => audioTypes.map(({ byte }) => byte));
    expect(new Set(bytes).size).toBe(bytes.length);
    for (let byte = 0; byte < 256; byte++) expect(announcedCodec(byte) !== undefined).toBe(bytes.includes(byte));
  });
});

describe('whether formats can follow one another', () => {
  it('puts each format into one class', () => {
    const classes: FrameFormat[][] = [];
    for (const format of allFormats) {
      const own = classes.find(([first]) => canFollow(format, first));
      if (own === undefined) classes.push([format]);
      else own.push(format);
    }
    const classOf = new Map(classes.flatMap((members, index) => members.map((format) => [format, index])));
    const wrong = allFormats.flatMap((a) => allFormats.filter((b) => canFollow(a, b) !== (classOf.get(a) === classOf.get(b))).map((b) => [a, b]));
    expect(wrong).toEqual([]);
    expect(classes.map((members) => [...new Set(members.map(({ codec }) => codec))].toSorted()).toSorted()).toEqual([['aac'], ['mp1'], ['mp2', 'mp3']]);
  });

  it('is so for all that are the same, and never across families', () => {
    for (const a of allFormats) {
      expect(isSameFormat(a, a)).toBe(true);
      const alike = allFormats.filter((b) => isSameFormat(a, b));
      for (const b of alike) expect(canFollow(a, b) && isSameFormat(b, a) && alike.length === allFormats.filter((c) => isSameFormat(b, c)).length).toBe(true);
      expect(allFormats.some((b) => canFollow(a, b) && familyOf(a) !== familyOf(b))).toBe(false);
      expect(playedAs(playedAs(a.codec))).toBe(playedAs(a.codec));
    }
    expect([isSameFormat(undefined, undefined), isSameFormat(allFormats[0], undefined), canFollow(undefined, undefined)]).toEqual([true, false, false]);
  });
});

describe.each(every)('$family.name', ({ family, frames, contentType, names }) => {
  it('reads what is made of it, and no other family does', () => {
    for (const frame of frames) {
      const header = headerOf(frame);
      expect(header.lengthBytes).toBe(frame.length);
      expect(familyOf(header.format)).toBe(family);
      expect(family.formats).toContain(header.format);
      expect(findSync(join(Uint8Array.of(0, 1, 2), frame), 0)).toBe(3);
      const { headerBytes } = headerReader(frame, 0);
      expect(headerBytes).toBe(family.headerBytes);
      expect(readHeader(frame.subarray(0, headerBytes - 1), 0, header)).toBe('no-sync');
      expect(readHeader(frame.subarray(0, headerBytes), 0, header)).toBeUndefined();
      for (const other of families) if (other !== family) expect(other.readHeader(frame, 0, emptyFrameHeader())).toBeDefined();
    }
  });

  it('is scanned, and keeps within the bounds that it has', () => {
    for (const frame of frames) expect(scanWhole(join(frame, frame, frame)).lengths).toEqual(Array(3).fill(frame.length));
    expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(family.mostFrameBytes);
    expect(family.mostFrameBytes).toBeLessThanOrEqual(MOST_FRAME_BYTES);
    expect(family.headerBytes).toBeLessThanOrEqual(MOST_HEADER_BYTES);
    for (const format of family.formats) expect(headBytes(format)).toBeLessThanOrEqual(Math.min(family.mostHeadBytes, MOST_HEAD_BYTES));
  });

  it('is told listeners, operators and originals', () => {
    for (const codec of family.groups.flat()) {
      expect(contentTypeOf(codec)).toBe(contentType);
      const own = family.formats.filter((format) => format.codec === codec);
      expect([...new Set(own.map((format) => family.nameOf(format)))].toSorted()).toEqual(names[codec]?.toSorted());
    }
    for (const format of family.formats) {
      for (const kbps of [8, 64, 128, 320]) expect(announcedCodec(audioTypeFor(format, kbps * 1000))).toBe(family.announcedAs);
    }
    for (const { byte, channels, kbps } of family.audioTypes) expect(audioTypeFor({ ...family.formats[0]!, channels }, kbps * 1000)).toBe(byte);
  });

  const own = heads.flatMap(({ encoder, silent, quiet }) => [{ encoder, head: silent, isSilent: true }, { encoder, head: quiet, isSilent: false }])
    .filter(({ head }) => familyOf(frameWith(head).format) === family);

  it.each(own)('tells by the head of a frame alone how loud it is: $encoder, silent: $isSilent', ({ head, isSilent }) => {
    const { bytes, format } = frameWith(head);
    const changed = bytes.slice().fill(0x5a, headBytes(format));
    const levels = [bytes, changed].map((frame) => {
      const reader = new LevelReader();
      reader.read(frame, format);
      return { levels: reader.levels, isSilent: reader.isSilent, digest: soundDigest(frame, format) };
    });
    expect(levels[1]).toEqual(levels[0]);
    expect(levels[0]!.isSilent).toBe(isSilent);
    expect(levels[0]!.levels.length).toBeGreaterThan(0);
  });

  it('has its frames given out as they are where nothing is cut, and of the same length in time and kind behind a cut', () => {
    const repairs = new CutRepairs();
    for (const frame of frames) expect(repairs.next(frame, () => undefined)).toBe(frame);
    for (const frame of frames) {
      repairs.cut();
      const { format, samples } = headerOf(frame);
      expect(headerOf(repairs.next(frame, () => undefined))).toMatchObject({ format, samples });
    }
  });

  it('has its frames left alone by the repairs and the watches of others', () => {
    for (const other of families.filter((one) => one !== family)) {
      const repair = other.newCutRepair?.();
      const watch = other.newCutWatch?.();
      for (const frame of frames) {
        repair?.cut();
        expect(repair?.next(frame, () => undefined) ?? frame).toBe(frame);
        expect(watch?.frame(frame, headerOf(frame)) ?? 'whole').toBe('whole');
      }
    }
  });
});
