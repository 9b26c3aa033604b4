import { describe, expect, it } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { range } from '../../support/frames.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

/** A source that sends so many frames at once. */
function inBursts(frames: number): readonly number[] {
  return range(0, frames - 1).map((index) => 5 + (frames - 1 - index) * FRAME_MS);
}

describe('a source that sends in bursts', () => {
  it.each([5, 20, 40])('of %d frames is replaced within 300 ms of the burst that does not come', (frames) => {
    const rig = new EdgeRig();
    const [live, backup] = [1, 2].map((stream) => new Source([rig.open(), rig.open()], { stream, phaseMs: 3 * stream, delayMs: inBursts(frames) }));
    onAir(rig, [live!, backup!], 12_000);
    const dueMs = live!.nextMs;
    onAir(rig, [backup!], 16_000);
    expect(rig.of('switch')).toMatchObject([{ from: live!.name, to: backup!.name, reason: 'stalled' }]);
    const lateMs = rig.eventTimes[rig.events.findIndex(({ kind }) => kind === 'switch')]! / 1_000 - dueMs;
    expect(lateMs).toBeGreaterThan(100);
    expect(lateMs).toBeLessThanOrEqual(300);
  });

  it('is not left for that, from the first burst on', () => {
    const rig = new EdgeRig();
    const sources = [1, 2].map((stream) => new Source([rig.open(), rig.open()], { stream, phaseMs: 900 * stream, delayMs: inBursts(103) }));
    onAir(rig, sources, 40_000);
    expect(rig.of('stalled')).toEqual([]);
    expect(rig.of('switch')).toEqual([]);
  });
});

describe('a live stream whose paths are in trouble', () => {
  it('is given longer when one of them has stopped before the other, and no longer than that', () => {
    const rig = new EdgeRig();
    const [a, b] = [rig.open(), rig.open()];
    const live = new Source([a, b], { stream: 1 });
    const backup = new Source([a, b], { stream: 2, phaseMs: 3 });
    onAir(rig, [live, backup], 12_000);
    live.paths = [b];
    onAir(rig, [live, backup], 12_100);
    const lastMs = live.nextMs - FRAME_MS;
    onAir(rig, [backup], lastMs + 440);
    expect(rig.of('switch')).toEqual([]);
    onAir(rig, [backup], lastMs + 460);
    expect(rig.of('switch')).toMatchObject([{ reason: 'stalled' }]);
  });

  it('is not left when it comes back by then', () => {
    const rig = new EdgeRig();
    const [a, b] = [rig.open(), rig.open()];
    const live = new Source([a, b], { stream: 1, delayMs: [5] });
    const backup = new Source([a, b], { stream: 2, phaseMs: 3 });
    onAir(rig, [live, backup], 12_000);
    live.paths = [b];
    onAir(rig, [live, backup], 12_100);
    onAir(rig, [backup], 12_480);
    onAir(rig, [live, backup], 14_000);
    expect(rig.of('stalled')).toEqual([]);
    expect(rig.of('switch')).toEqual([]);
  });
});

describe('a live stream that has stalled with nothing to take over', () => {
  it('is waited for once a new stream is there, whose first frame a loss has held up until then', () => {
    const rig = new EdgeRig();
    const live = new Source(rig.open(), { stream: 1 });
    const fresh = new Source(rig.open(), { stream: 2, phaseMs: 2_000 });
    onAir(rig, [live], 2_010);
    onAir(rig, [fresh], fresh.nextMs);
    fresh.lose(18);
    onAir(rig, [fresh], 2_550);
    expect(rig.of('backup-added')).toHaveLength(1);
    expect(rig.of('switch')).toEqual([]);
    onAir(rig, [live, fresh], 3_000);
    expect(rig.of('resumed')).toHaveLength(1);
    expect(rig.of('switch')).toEqual([]);
  });
});
