import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { REFEREE_RATE_HZ, knownProgramme } from '../../bench/referee/programme.ts';
import { judge, type Verdict } from '../../bench/referee/referee.ts';
import { makeReference } from '../../bench/referee/reference.ts';

const PROGRAMME_S = 40;
const programme = knownProgramme(makeReference('referee', PROGRAMME_S).render(REFEREE_RATE_HZ));

const samples = (ms: number): number => Math.round((ms * REFEREE_RATE_HZ) / 1000);

/** Stretches of the programme, from and to in ms, one after the other; noise where `from` is undefined. */
function record(...stretches: readonly (readonly [from: number | undefined, toOrLength: number])[]): Float32Array {
  const random = seedrandom('noise');
  const parts = stretches.map(([from, to]) =>
    from === undefined ? Float32Array.from({ length: samples(to) }, () => random() - 0.5) : programme.samples.slice(samples(from), samples(to)),
  );
  return Float32Array.from(parts.flatMap((part) => [...part]));
}

/** As a codec would do: louder, and with noise that follows the sound, 20 dB below it. */
function worse(recording: Float32Array): Float32Array {
  const random = seedrandom('codec');
  return recording.map((sample) => (1.3 + 0.4 * (random() - 0.5)) * sample);
}

function expectSplices(verdict: Verdict, expected: readonly { atMs: number; missingMs: number; garbledMs: number; silentMs?: number }[]): void {
  expect(verdict.splices.length, JSON.stringify(verdict.splices)).toBe(expected.length);
  expected.forEach((splice, index) => {
    const found = verdict.splices[index]!;
    expect(Math.abs(found.missingMs - splice.missingMs), `missing, splice ${index}: ${JSON.stringify(found)}`).toBeLessThanOrEqual(0.5);
    expect(Math.abs(found.atMs - splice.atMs), `at, splice ${index}: ${JSON.stringify(found)}`).toBeLessThanOrEqual(15);
    expect(Math.abs(found.silentMs - (splice.silentMs ?? 0)), `silent, splice ${index}: ${JSON.stringify(found)}`).toBeLessThanOrEqual(10);
    expect(Math.abs(found.garbledMs - splice.garbledMs), `garbled, splice ${index}: ${JSON.stringify(found)}`).toBeLessThanOrEqual(10);
  });
}

describe('the referee', () => {
  it('finds nothing in an untouched recording, and where it lies', () => {
    const verdict = judge(worse(record([5_000, 15_000])), programme);
    expectSplices(verdict, []);
    expect(verdict.startMs).toBeCloseTo(5_000, 0);
    expect(verdict.recognisedMs).toBeGreaterThan(9_850);
    expect(verdict.unknownMs).toBeLessThan(50);
  });

  it.each([
    ['57 ms missing', 57],
    ['120 ms repeated', -120],
    ['5 ms missing', 5],
    ['13 ms repeated', -13],
    ['6 s missing', 6_000],
    ['5 s repeated', -5_000],
  ])('measures a known splice: %s', (_name, missingMs) => {
    const recording = record([7_000, 14_000], [14_000 + missingMs, 20_500]);
    expectSplices(judge(worse(recording), programme), [{ atMs: 7_000, missingMs, garbledMs: 0 }]);
  });

  it('measures garbled sound between', () => {
    const recording = record([7_000, 12_000], [undefined, 40], [12_100, 18_000]);
    expectSplices(judge(worse(recording), programme), [{ atMs: 5_000, missingMs: 60, garbledMs: 40 }]);
  });

  it('measures garbled sound and silence that take the place of the programme', () => {
    const recording = record([7_000, 12_000], [undefined, 40], [12_040, 14_000]);
    recording.fill(0, samples(3_000), samples(3_700));
    expectSplices(judge(worse(recording), programme), [
      { atMs: 3_000, missingMs: 0, garbledMs: 0, silentMs: 700 },
      { atMs: 5_000, missingMs: 0, garbledMs: 40 },
    ]);
  });

  it('measures a second that is repeated for ever, until the programme goes on', () => {
    const loop: [number, number] = [6_000, 7_000];
    const recording = record([2_000, 7_000], loop, loop, loop, [10_000, 13_000]);
    expectSplices(judge(worse(recording), programme), [
      ...[5_000, 6_000, 7_000].map((atMs) => ({ atMs, missingMs: -1_000, garbledMs: 0 })),
      { atMs: 8_000, missingMs: 3_000, garbledMs: 0 },
    ]);
  });

  it('takes a cut and a cross-fade between whatever it is, as AAC makes it, for no garbled sound', () => {
    const cutAt = samples(3_000) + 20;
    for (const fadeMs of [0, 20]) {
      const before = record([2_000, 9_000]);
      const after = record([2_300, 9_300]);
      const faded = before.map((sample, i) => {
        const share = fadeMs === 0 ? Number(i >= cutAt) : Math.min(1, Math.max(0, (i - cutAt) / samples(fadeMs)));
        return (1 - share) * sample + share * after[i]!;
      });
      const [splice, ...more] = judge(worse(faded), programme).splices;
      expect(more).toEqual([]);
      expect(splice).toMatchObject({ missingMs: 300, garbledMs: 0, silentMs: 0 });
    }
  });

  it('measures several splices, close together', () => {
    const recording = record([2_000, 5_000], [4_700, 5_400], [5_490, 9_000], [8_880, 12_000]);
    expectSplices(judge(worse(recording), programme), [
      { atMs: 3_000, missingMs: -300, garbledMs: 0 },
      { atMs: 3_700, missingMs: 90, garbledMs: 0 },
      { atMs: 7_210, missingMs: -120, garbledMs: 0 },
    ]);
  });

  it('knows programme that is not ours', () => {
    const other = makeReference('another', 2).render(REFEREE_RATE_HZ);
    const verdict = judge(other, programme);
    expect(verdict.startMs).toBeUndefined();
    expect(verdict.unknownMs).toBe(2_000);
    expect(judge(new Float32Array(0), programme).startMs).toBeUndefined();
  });
});
