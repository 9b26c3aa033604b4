import { describe, expect, it } from 'vitest';
import { Pace } from '../../../core/probe/pace.ts';
import { micros } from '../../../core/base/units.ts';

const FRAME_US = 24_000;

/** Frames of 24 ms, after a burst of four seconds. */
class Programme {
  readonly steps: number[] = [];
  readonly pace = new Pace((us) => this.steps.push(Math.round(us / 1000)));
  nowUs = 0;
  #noise = 1;

  constructor() {
    for (let i = 0; i < 167; i++) this.pace.frame(micros(0), FRAME_US);
  }

  /** @param rate of the encoder's clock. */
  goesOn(seconds: number, { rate = 1, jitterMs = 0 } = {}): this {
    for (const endUs = this.nowUs + seconds * 1_000_000; this.nowUs < endUs; ) {
      this.nowUs += FRAME_US / rate;
      this.#noise = (this.#noise * 48_271) % 2_147_483_647;
      this.pace.frame(micros(this.nowUs + (jitterMs * 1000 * this.#noise) / 2_147_483_647), FRAME_US);
    }
    return this;
  }

  /** Nothing comes; `caughtUpMs` of it follows at once. */
  outage(outageMs: number, caughtUpMs: number): this {
    this.nowUs += 1000 * outageMs;
    for (let us = 0; us < 1000 * caughtUpMs; us += FRAME_US) this.pace.frame(micros(this.nowUs), FRAME_US);
    return this;
  }
}

describe('Pace', () => {
  it('finds no fault with jitter, nor with outages that are made up for', () => {
    const { steps, pace } = new Programme().goesOn(60, { jitterMs: 80 }).outage(2_400, 2_400).goesOn(60, { jitterMs: 80 });
    expect(steps).toEqual([]);
    expect(pace.missingUs).toBe(0);
  });

  it.each([1, 2, 40])('finds %d frames that never came', (frames) => {
    const programme = new Programme().goesOn(40, { jitterMs: 30 }).outage(24 * frames, 0).goesOn(40, { jitterMs: 30 });
    expect(Math.abs(programme.pace.missingUs! / 1000 - 24 * frames)).toBeLessThan(5);
    expect(programme.steps).toHaveLength(1);
  });

  it('finds programme that comes twice', () => {
    const { pace } = new Programme().goesOn(40).outage(0, 480).goesOn(40);
    expect(pace.missingUs! / 1000).toBeCloseTo(-480, 0);
  });

  it('finds it a second time, after an outage that hid it at first', () => {
    const { steps } = new Programme().goesOn(40).outage(5_000, 4_512).goesOn(40).outage(96, 0).goesOn(40);
    expect(steps).toEqual([488, 96]);
  });

  it.each([-200, -50, 80, 300])('tells a clock that is %d ppm off from programme that is missing', (ppm) => {
    const { steps, pace } = new Programme().goesOn(1_200, { rate: 1 + ppm / 1_000_000, jitterMs: 20 });
    expect(steps).toEqual([]);
    expect(Math.abs(pace.driftPpm! - ppm)).toBeLessThan(5);
  });

  it('does not say how clocks differ before 75 s', () => {
    expect(new Programme().goesOn(74).pace.driftPpm).toBeUndefined();
    expect(new Programme().goesOn(76).pace.driftPpm).toBeDefined();
  });

  it('does not say what is missing before it has compared anything', () => {
    expect(new Programme().goesOn(24).pace.missingUs).toBeUndefined();
    expect(new Programme().goesOn(26).pace.missingUs).toBe(0);
  });

  it('does not compare across connections', () => {
    const programme = new Programme().goesOn(40);
    programme.pace.restart();
    expect(programme.outage(8_000, 0).goesOn(40).steps).toEqual([]);
  });
});
