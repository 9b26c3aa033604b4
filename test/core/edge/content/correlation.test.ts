import { describe, expect, test } from 'vitest';
import { ABSENT, LoudnessEnvelope, STEP_US } from '../../../../core/edge/content/loudness-envelope.ts';
import { Correlator } from '../../../../core/edge/content/correlation.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { LevelReader } from '../../../../core/codec/level.ts';
import { SILENT } from '../../../../core/codec/format/family.ts';
import { FrameScanner } from '../../../../core/codec/scan/scanner.ts';
import { loadProgramme, type Encoding } from '../../../../demo/programme.ts';

const POINTS = 2_000;
const FAR_US = 5_200_000;
const programme = loadProgramme();

interface Level {
  readonly atUs: number;
  readonly level: number;
}

/** Of twice the loop, by its place in the programme. */
function levelsOf({ frames }: Encoding): Level[] {
  const levels: Level[] = [];
  const reader = new LevelReader();
  let beginsUs = frames[0]!.startUs;
  const scanner = new FrameScanner({
    frame: (bytes, { format, samples }) => {
      const durationUs = (samples * 1e6) / format.sampleRateHz;
      const count = reader.read(bytes, format);
      for (let part = 0; part < count; part++) levels.push({ atUs: beginsUs + ((part + 0.5) * durationUs) / count, level: reader.levels[part]! });
      beginsUs += durationUs;
    },
  });
  for (let loop = 0; loop < 2; loop++) for (const { bytes } of frames) scanner.push(bytes);
  return levels;
}

const levels = { a: levelsOf(programme.a), b: levelsOf(programme.b) };

function envelope(of: readonly Level[], untilUs: number, shiftUs = 0): LoudnessEnvelope {
  const made = new LoudnessEnvelope(POINTS);
  for (const { atUs, level } of of) if (atUs < untilUs) made.add(atUs + shiftUs, level);
  return made;
}

describe('two encodings of a voice, half a frame apart and more', () => {
  const correlator = new Correlator();
  const moments = Array.from({ length: 40 }, (_, n) => 30e6 + n * 1e6);

  test('are found to lie where they do, to a few milliseconds', () => {
    for (const moment of moments) {
      const found = correlator.align(envelope(levels.a, moment), envelope(levels.b, moment), -FAR_US, FAR_US)!;
      expect(Math.abs(found.lagUs)).toBeLessThan(5_000);
      expect(found.peak).toBeGreaterThan(0.6);
    }
  });

  test.each([-4_900_000, -1_234_567, 777_777, 4_900_000])('also when one media clock is %i µs on', (shiftUs) => {
    for (const moment of moments.slice(0, 10)) {
      const shifted = envelope(levels.b, moment, Math.max(0, shiftUs) + 10e6);
      const found = correlator.align(envelope(levels.a, moment, Math.max(0, -shiftUs) + 10e6), shifted, -FAR_US, FAR_US)!;
      expect(Math.abs(found.lagUs - shiftUs)).toBeLessThan(5_000);
    }
  });

  test('also when one is half as loud and its pauses are filled', () => {
    const processed = levels.b.map(({ atUs, level }) => ({ atUs, level: Math.max(level - 4, 100) }));
    for (const moment of moments) {
      const found = correlator.align(envelope(levels.a, moment), envelope(processed, moment), -FAR_US, FAR_US)!;
      expect(Math.abs(found.lagUs)).toBeLessThan(8_000);
    }
  });

  test('fit nowhere clearly when the other one does not lie within reach', () => {
    for (const moment of moments) {
      const found = correlator.align(envelope(levels.a, moment), envelope(levels.b, moment + 20e6, -20e6), -FAR_US, FAR_US)!;
      // Every second sounds alike, so it is near; but not as near as where it belongs, and near in many places.
      expect(found.peak).toBeLessThan(0.84);
      expect(found.next).toBeGreaterThan(0.72 * found.peak);
    }
  });
});

describe('what has no contour', () => {
  const correlator = new Correlator();
  const made = (level: (point: number) => number): LoudnessEnvelope => {
    const it = new LoudnessEnvelope(POINTS);
    for (let point = 0; point < 1_500; point++) it.add(point * STEP_US, level(point));
    return it;
  };

  test('silence and a tone are not compared', () => {
    expect(correlator.align(made(() => 0), made(() => 0), -FAR_US, FAR_US)).toBeUndefined();
    expect(correlator.align(made((point) => 150 + (point % 2)), made((point) => 150 + (point % 2)), -FAR_US, FAR_US)).toBeUndefined();
  });

  test('a beat fits as well one beat on', () => {
    const beat = made((point) => (point % 50 < 10 ? 180 : 150));
    const found = correlator.align(beat, beat, -FAR_US, FAR_US)!;
    expect(found.next).toBeGreaterThan(0.8 * found.peak);
  });

  test('nor is what has been silent for so long that the two can be compared only far from where they are expected', () => {
    const noise = (seed: number, silentFrom: number): LoudnessEnvelope => made((point) => (point >= silentFrom ? SILENT : 110 + ((Math.imul(Math.floor(point / 9) ^ seed, 0x2c1b3c6d) >>> 15) % 80)));
    for (const silentMs of [2_500, 4_000, 5_500]) {
      const silenced = noise(1, 1_500 - silentMs / 10);
      for (const other of [noise(1, Infinity), noise(77, Infinity)]) {
        expect(correlator.align(silenced, other, -FAR_US, FAR_US)).toBeUndefined();
        expect(correlator.align(other, silenced, -FAR_US, FAR_US)).toBeUndefined();
      }
    }
    expect(Math.abs(correlator.align(noise(1, 1_400), noise(1, Infinity), -FAR_US, FAR_US)!.lagUs)).toBeLessThan(1_000);
  });

  test('nor is what is too short', () => {
    const short = new LoudnessEnvelope(POINTS);
    for (let point = 0; point < 300; point++) short.add(point * STEP_US, 100 + ((point * 37) % 60));
    expect(correlator.align(short, short, -FAR_US, FAR_US)).toBeUndefined();
  });
});

/** The definition, point by point: less the average over a second, clipped; NaN is a hole, or digital silence that goes on for longer than a second. */
function plainValues(of: LoudnessEnvelope): Map<number, number> {
  const points = Array.from({ length: of.end - of.begin }, (_, at) => of.begin + at);
  const values = new Map(
    points.map((point) => {
      const around = points.slice(Math.max(0, point - of.begin - 50), point - of.begin + 51).map((near) => of.at(near)).filter((value) => value !== ABSENT);
      const average = around.reduce((sum, value) => sum + value, 0) / around.length;
      return [point, of.at(point) === ABSENT ? Number.NaN : Math.max(-18, of.at(point) - average)];
    }),
  );
  let silent: number[] = [];
  for (const point of points) {
    silent = of.at(point) === SILENT ? [...silent, point] : [];
    if (silent.length >= 100) for (const hole of silent) values.set(hole, Number.NaN);
  }
  return values;
}

function plainCorrelation(a: Map<number, number>, b: Map<number, number>, lag: number, stride: number): number {
  const [pointsA, pointsB] = [[...a.keys()], [...b.keys()]];
  const end = Math.min(pointsA.at(-1)!, pointsB.at(-1)! - lag) + 1;
  const pairs: [number, number][] = [];
  for (let point = Math.max(pointsA[0]!, pointsB[0]! - lag, end - 1_000); point < end; point += stride) {
    const pair: [number, number] = [a.get(point)!, b.get(point + lag)!];
    if (!pair.some(Number.isNaN)) pairs.push(pair);
  }
  const mean = (side: 0 | 1): number => pairs.reduce((sum, pair) => sum + pair[side], 0) / pairs.length;
  const [meanA, meanB] = [mean(0), mean(1)];
  const product = (one: (pair: [number, number]) => number, other: (pair: [number, number]) => number): number => pairs.reduce((sum, pair) => sum + one(pair) * other(pair), 0);
  const x = ([value]: [number, number]): number => value - meanA;
  const y = ([, value]: [number, number]): number => value - meanB;
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

describe('by its definition, the correlation', () => {
  const whole = envelope(levels.a, 40e6);
  const lossy = new LoudnessEnvelope(POINTS);
  for (const { atUs, level } of levels.b) if (atUs < 40.2e6 && (atUs < 33e6 || atUs > 33.3e6)) lossy.add(atUs + 1.8e6, level);
  const paused = new LoudnessEnvelope(POINTS);
  for (const { atUs, level } of levels.b) if (atUs < 39.9e6) paused.add(atUs, atUs > 34e6 && atUs < 35.4e6 ? SILENT : level);

  test.each([['whole', envelope(levels.b, 40.1e6)], ['lossy', lossy], ['silent for more than a second', paused]] as const)('is the same with a stream that is %s', (_, other) => {
    const found = new Correlator().align(whole, other, -100_000, 2_000_000)!;
    const lag = Math.round(found.lagUs / STEP_US);
    const [a, b] = [plainValues(whole), plainValues(other)];
    expect(found.peak).toBeCloseTo(plainCorrelation(a, b, lag, 1), 6);
    const grid = Array.from({ length: 53 }, (_n, at) => 4 * at - 10).filter((at) => at <= 200 && Math.abs(at - lag) >= 15);
    expect(found.next).toBeCloseTo(Math.max(...grid.map((at) => plainCorrelation(a, b, at, 4))), 6);
    for (const near of [lag - 1, lag + 1]) expect(plainCorrelation(a, b, near, 1)).toBeLessThanOrEqual(found.peak);
  });
});

test('a correlator is free until its budget is spent, and again when time has passed', () => {
  const correlator = new Correlator();
  const made = envelope(levels.a, 40e6);
  const other = envelope(levels.b, 40e6);
  const looksAt = (now: number): number => {
    let looks = 0;
    for (; correlator.isFree(now as Micros); looks++) correlator.align(made, other, -FAR_US, FAR_US);
    return looks;
  };
  // A million points at once, and twenty million a second; a search of 5.2 s on both sides takes about 74,000.
  expect([looksAt(1e6), looksAt(1e6)]).toEqual([14, 0]);
  expect(looksAt(1.01e6)).toBeLessThan(4);
  expect(looksAt(10e6)).toBe(14);

  const writer = new ByteWriter();
  correlator.snapshot(new StateWriter(writer, 'left-out'));
  const restored = new Correlator();
  restored.snapshot(new StateReader(new ByteReader(writer.written), 'left-out'));
  expect(restored.isFree(10e6 as Micros)).toBe(false);
});

test.each([[-Infinity, Infinity], [1e20, 1e20 + 100_000], [0, 1e12], [Number.NaN, 0], [2 ** 53, 2 ** 53 + 1e6]])('lags from %d to %d are none that two streams can have', (leastUs, mostUs) => {
  const made = envelope(levels.a, 20e6);
  expect(new Correlator().align(made, made, leastUs, mostUs)).toBeUndefined();
});
