import { describe, expect, it } from 'vitest';
import { EdgeRig } from './support/edge-rig.ts';
import { numbered, range } from './support/frames.ts';
import { data } from './support/messages.ts';
import { comesBack } from './support/watchdog.ts';

describe('numbers that nobody counts to', () => {
  it.each([3_000, 1e6, 3.5e15, 9e15, Number.MAX_SAFE_INTEGER - 4])('do not stop an edge: three messages, and then five in a row from %d on', (far) => {
    const rig = new EdgeRig();
    const path = rig.open();
    comesBack(() => {
      for (const [turn, sequence] of [1, 2, 3, ...range(far, far + 4)].entries()) {
        rig.until(turn * 26);
        rig.tcp(path, data(sequence, numbered(turn)));
      }
      rig.until(60_000);
    });
    expect(rig.edge.stats.streams).toBe(0);
    expect(rig.edge.heldBytes).toBe(0);
  });
});
