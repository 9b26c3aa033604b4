import { describe, expect, test } from 'vitest';
import { emptyFrameHeader, type FrameHeader } from '../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { mainDataAt, mainDataBytes } from '../../../../core/codec/mpeg/main-data.ts';
import { ReservoirCarrier } from '../../../../core/codec/mpeg/reservoir.ts';
import type { Decodability } from '../../../../core/codec/format/family.ts';
import { ReservoirWatch } from '../../../../core/codec/mpeg/reservoir-watch.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { mp3, MAX_MODEL_FRAME_BYTES } from '../../../../sim/programme/model-frame.ts';
import { ModelStream } from '../../../../sim/programme/programme.ts';

function headerOf(frame: Uint8Array): FrameHeader {
  const header = emptyFrameHeader();
  expect(readHeader(frame, 0, header)).toBeUndefined();
  expect(header.lengthBytes).toBe(frame.length);
  return header;
}

/** What a decoder can do with each frame, from the first on. */
function decodability(frames: readonly Uint8Array[]): Decodability[] {
  const watch = new ReservoirWatch();
  return frames.map((frame) => watch.frame(frame, headerOf(frame)));
}

/** Everything of one stream until a frame, then everything of the other one from `at` on, as it is given out. */
function spliced(before: readonly Uint8Array[], after: readonly Uint8Array[], at: number, known = at): Uint8Array[] {
  const carrier = new ReservoirCarrier();
  carrier.cut();
  return [...before, ...after.slice(at).map((frame, n) => carrier.next(frame, (back) => (back <= known + n ? after[at + n - back] : undefined)))];
}

const programme = loadProgramme();
const [a, b] = [programme.a, programme.b].map(({ frames }) => frames.map(({ bytes }) => bytes)) as [Uint8Array[], Uint8Array[]];
const places = Array.from({ length: 60 }, (_, n) => 100 + 37 * n);

describe('behind a cut from one encoding to the other', () => {
  test('a careless one is noise', () => {
    const noisy = places.filter((at) => decodability([...a.slice(0, 300), ...b.slice(at, at + 10)]).slice(300).some((frame) => frame !== 'whole'));
    expect(noisy.length).toBeGreaterThan(places.length / 2);
  });

  test('every frame can be decoded, and the first is the only one that is not as it was', () => {
    for (const at of places) {
      const frames = spliced(a.slice(0, 300), b.slice(0, at + 20), at);
      expect(decodability(frames).slice(300), `from frame ${at}`).toEqual(Array.from({ length: 20 }, () => 'whole'));
      expect(frames.slice(301)).toEqual(b.slice(at + 1, at + 20));
    }
  });

  test('the first has the audio that it had, in a legal frame of the same length in time', () => {
    for (const at of places) {
      const [made, original] = [spliced([], b, at)[0]!, b[at]!];
      const [header, asItWas] = [headerOf(made), headerOf(original)];
      expect(header.format).toBe(asItWas.format);
      expect(header.mainDataBegin).toBe(0);
      const data = b.slice(at - 8, at + 1).flatMap((frame) => [...frame.subarray(mainDataAt(frame, header.format))]);
      const begin = data.length - (original.length - mainDataAt(original, header.format)) - asItWas.mainDataBegin;
      const bytes = mainDataBytes(original, header.format);
      const from = mainDataAt(made, header.format);
      expect([...made.subarray(from, from + bytes)]).toEqual(data.slice(begin, begin + bytes));
    }
  });

  test('frames that are given to it stay as they are, also in a Buffer', () => {
    const buffers = b.map((frame) => Buffer.from(frame));
    for (const at of places) spliced([], buffers, at);
    expect(buffers.every((frame, n) => frame.equals(b[n]!))).toBe(true);
  });
});

describe('where the frames before are not known', () => {
  test('it is mute until a frame needs none of them', () => {
    for (const at of places) {
      const frames = spliced(a.slice(0, 300), b.slice(0, at + 20), at, 0);
      expect(decodability(frames).slice(300).filter((frame) => frame !== 'whole'), `from frame ${at}`).toEqual([]);
      expect(frames.slice(310)).toEqual(b.slice(at + 10, at + 20));
    }
  });
});

test.each([32, 64, 128, 192, 256, 320])('at %i kbit/s it is whole where a higher rate has room, and mute where none has', (kbps) => {
  const source = new ModelStream(1, { name: 'enc', mount: 'live', format: mp3(kbps), beginsAtUs: 0, ppm: 0 });
  const frames = Array.from({ length: 120 }, () => {
    const into = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    return into.slice(0, source.make(into));
  });
  const made = Array.from({ length: 50 }, (_, n) => spliced([], frames, 40 + n)[0]!);
  for (const frame of made) headerOf(frame);
  const isMute = (frame: Uint8Array): boolean => frame.subarray(4, 36).every((byte) => byte === 0);
  if (kbps <= 128) expect(made.some(isMute)).toBe(false);
  if (kbps === 320) expect(made.some(isMute)).toBe(true);
});

test('what is no Layer III is left alone', () => {
  const carrier = new ReservoirCarrier();
  carrier.cut();
  const frame = Uint8Array.of(0xff, 0xf1, 0x50, 0x80, 0x01, 0x7f, 0xfc, 0, 0, 0, 0);
  expect(carrier.next(frame, () => undefined)).toBe(frame);
});
