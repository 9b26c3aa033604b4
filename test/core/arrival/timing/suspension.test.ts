import { expect, it } from 'vitest';
import { Suspension } from '../../../../core/arrival/timing/suspension.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { Timeline } from '../../../../core/arrival/timing/timeline.ts';

const FRAME_US = 25_000;
const JUMP_US = 20_000_000;

/** Two streams, and the clock of an edge that says that it was suspended after 3 s. */
class Rig {
  readonly timelines: readonly Timeline[] = [new Timeline(ms(12_000)), new Timeline(ms(12_000))];
  readonly suspension: Suspension = new Suspension(() => this.timelines);
  #now = 0;

  constructor() {
    this.plays(3_000);
    for (const timeline of this.timelines) timeline.suspended(JUMP_US);
    this.suspension.suspended(JUMP_US);
  }

  /** Real time. */
  plays(forMs: number): void {
    for (const until = this.#now + ms(forMs); this.#now < until; this.#now += FRAME_US) this.comes(1);
  }

  /** At once. */
  comes(frames: number, streams: readonly Timeline[] = this.timelines): void {
    this.suspension.heard(this.#now as Micros);
    for (const timeline of streams) for (let frame = 0; frame < frames; frame++) timeline.frame(this.#now as Micros, FRAME_US);
  }

  get origins(): readonly number[] {
    return this.timelines.map(({ originUs }) => originUs);
  }
}

it('takes a clock for one that was set when nothing comes sooner by it', () => {
  const rig = new Rig();
  expect(rig.origins).toEqual([-JUMP_US, -JUMP_US]);
  rig.plays(1_100);
  expect(rig.origins).toEqual([0, 0]);
  // And no arrival from before compares with one from behind.
  rig.plays(1_000);
  expect(rig.origins).toEqual([0, 0]);
});

it('takes a process for suspended where one stream has been held up', () => {
  const rig = new Rig();
  rig.comes(JUMP_US / FRAME_US, rig.timelines.slice(0, 1));
  rig.plays(1_100);
  expect(rig.origins).toEqual([-JUMP_US, -JUMP_US]);
});

it('decides nothing before something has come', () => {
  const rig = new Rig();
  rig.suspension.heard(ms(50_000));
  rig.suspension.heard(ms(52_000));
  expect(rig.origins).toEqual([-JUMP_US, -JUMP_US]);
});
