import { describe, expect, it } from 'vitest';
import { Pace } from '../../../../core/arrival/timing/pace.ts';
import type { Micros } from '../../../../core/base/units.ts';

const FRAME_US = 26_122;

class Rig {
  readonly pace = new Pace(40_000_000 as Micros);
  nowUs = 0;
  readonly changes: [atS: number, isUnpaced: boolean][] = [];

  frame(): void {
    if (this.pace.take(Math.round(this.nowUs) as Micros, FRAME_US)) this.changes.push([this.nowUs / 1e6, this.pace.isUnpaced]);
  }

  /** So much programme, at so many times the speed at which it plays. */
  play(programmeS: number, speed = 1): void {
    for (let us = 0; us < programmeS * 1e6; us += FRAME_US) {
      this.nowUs += FRAME_US / speed;
      this.frame();
    }
  }
}

describe('a stream is no faster', () => {
  it('for what the process could not hear while it was suspended, and is after that as soon as any other', () => {
    const rig = new Rig();
    rig.play(60);
    rig.pace.suspended(50_000_000);
    rig.play(50, 1_000);
    rig.play(60);
    expect(rig.changes).toEqual([]);
    rig.play(50, 1_000);
    expect(rig.changes).toEqual([[expect.any(Number), true]]);
  });
});

describe('a stream is unpaced', () => {
  it('that brings hours in seconds, from its first forty seconds on', () => {
    const rig = new Rig();
    rig.play(7_200, 360);
    expect(rig.changes).toEqual([[expect.any(Number), true]]);
    expect(rig.changes[0]![0]).toBeLessThan(0.2);
    expect(rig.pace.lately.programmeUs).toBeCloseTo(7_200e6, -5);
    expect(rig.pace.lately.withinUs).toBeCloseTo(20e6, -5);
  });

  it.each([1.02, 1.3, 3])('that comes %s times too fast, in the end', (speed) => {
    const rig = new Rig();
    rig.play(4_000, speed);
    expect(rig.changes[0]).toEqual([expect.any(Number), true]);
    expect(rig.changes[0]![0]).toBeLessThan((40 / (speed - 1.006)) * 1.02);
  });

  it('that begins to hurry after a day', () => {
    const rig = new Rig();
    rig.play(86_400);
    rig.play(60, 100);
    expect(rig.changes).toHaveLength(1);
  });

  it('until it has come at its pace for some minutes', () => {
    const rig = new Rig();
    rig.play(600, 100);
    const unpacedUntilS = rig.nowUs / 1e6;
    rig.play(600);
    expect(rig.changes.map(([, isUnpaced]) => isUnpaced)).toEqual([true, false]);
    expect(rig.changes[1]![0] - unpacedUntilS).toBeLessThan(240);
    // One more burst would be one too many.
    rig.play(20, 1_000);
    expect(rig.changes).toHaveLength(3);
  });
});

describe('a stream is not unpaced', () => {
  it('that begins with all that an encoder, a relay and an Icecast keep', () => {
    const rig = new Rig();
    rig.play(32, 1_000);
    rig.play(3_600);
    expect(rig.changes).toEqual([]);
  });

  it.each([-0.001, -0.0004, 0.0004, 0.001])('whose clock is off by a share of %s, for a month', (share) => {
    const rig = new Rig();
    const pieceUs = 5_000_000;
    let changes = 0;
    for (let us = 0; us < 30 * 86_400e6; us += pieceUs) {
      rig.nowUs += pieceUs * (1 - share);
      if (rig.pace.take(Math.round(rig.nowUs) as Micros, pieceUs)) changes++;
    }
    expect(changes).toBe(0);
    // And it is still seen when it hurries.
    rig.play(200, 100);
    expect(rig.changes).toHaveLength(1);
  });

  it('that was away for as long as anybody keeps programme, again and again, and brings all of it at once', () => {
    const rig = new Rig();
    rig.play(20, 1_000);
    for (let time = 0; time < 200; time++) {
      rig.play(10);
      rig.nowUs += 100e6;
      rig.play(100, 500);
    }
    expect(rig.changes).toEqual([]);
  });

  it('that comes in bursts of ten seconds', () => {
    const rig = new Rig();
    for (let time = 0; time < 400; time++) {
      rig.nowUs += 10e6;
      for (let us = 0; us < 10e6; us += FRAME_US) rig.frame();
    }
    expect(rig.changes).toEqual([]);
  });
});
