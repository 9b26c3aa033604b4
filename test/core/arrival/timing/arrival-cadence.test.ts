import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ArrivalCadence } from '../../../../core/arrival/timing/arrival-cadence.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';

/** Arrivals at these times, in ms. */
function heard(times: readonly number[]): ArrivalCadence {
  const cadence = new ArrivalCadence(ms(8_000));
  for (const time of times) cadence.arrival((time * 1000) as Micros);
  return cadence;
}

function every(stepMs: number, fromMs: number, toMs: number): number[] {
  const times: number[] = [];
  for (let at = fromMs; at < toMs; at += stepMs) times.push(at);
  return times;
}

describe('Rhythm', () => {
  it('knows nothing at first', () => {
    expect(heard([]).usualPauseUs).toBe(0);
    expect(heard([]).lastAt).toBe(-Infinity);
    expect(heard([5]).usualPauseUs).toBe(0);
    expect(heard([]).stallTimeoutUs(200, 1_500)).toBe(200);
  });

  it('knows the pause of a steady source', () => {
    expect(heard(every(26, 0, 20_000)).usualPauseUs).toBe(26_000);
  });

  it('knows the pauses between bursts', () => {
    const bursts = every(2_700, 0, 20_000).flatMap((start) => every(1, start, start + 30));
    const usual = heard(bursts).usualPauseUs / 1000;
    expect(usual).toBeGreaterThan(2_600);
    expect(usual).toBeLessThan(2_700);
  });

  it('does not take one outage for a habit', () => {
    expect(heard([...every(26, 0, 10_000), ...every(26, 14_000, 20_000)]).usualPauseUs).toBe(26_000);
    expect(heard([...every(26, 0, 10_000), ...every(26, 40_000, 50_000)]).usualPauseUs).toBe(26_000);
  });

  it('takes two for one, for a while', () => {
    const cadence = heard([...every(26, 0, 10_000), ...every(26, 11_000, 12_000), ...every(26, 13_000, 14_000)]);
    expect(cadence.usualPauseUs).toBeGreaterThan(900_000);
    for (const time of every(26, 14_000, 34_000)) cadence.arrival((time * 1000) as Micros);
    expect(cadence.usualPauseUs).toBe(26_000);
  });

  it('gives a stall timeout within its bounds, even when these are the wrong way round', () => {
    fc.assert(fc.property(fc.array(fc.nat(5_000)), fc.nat(3_000), fc.nat(3_000), (pauses, minUs, maxUs) => {
      const cadence = new ArrivalCadence(ms(8_000));
      let now = 0;
      for (const pause of pauses) cadence.arrival((now += pause) as Micros);
      const stallTimeout = cadence.stallTimeoutUs(minUs, maxUs);
      expect(stallTimeout).toBeGreaterThanOrEqual(minUs);
      expect(stallTimeout).toBeLessThanOrEqual(Math.max(minUs, maxUs));
      expect(cadence.usualPauseUs).toBeLessThanOrEqual(Math.max(0, ...pauses));
    }));
  });
});
