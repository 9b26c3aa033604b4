import { describe, expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import type { MountFigures } from '../../../../core/edge/mountpoint/figures.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { onAir, Source } from '../../support/station.ts';

function figures(rig: EdgeRig): MountFigures {
  return rig.edge.figuresOf(rig.now as Micros, 'test')!;
}

describe('the figures of a mountpoint', () => {
  it('tell who is on air and who stands by, and change nothing', () => {
    const rig = new EdgeRig();
    const path = rig.open();
    const [live, backup] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 7 })];
    onAir(rig, [live, backup], 5_000);
    expect(figures(rig).redundancyLostUs).toBeUndefined();
    onAir(rig, [live, backup], 20_000);
    expect(rig.edge.mountNames).toEqual(['test']);
    expect(figures(rig).redundancyLostUs).toBe(0);
    expect(figures(rig)).toMatchObject({ name: 'test', state: 'live', switches: 0, silencedUs: 0, experience: { stalls: 0, missingUs: { switch: 0 } } });
    expect(figures(rig).streams).toMatchObject([{ id: live.name, isOnAir: true, isStandingBy: false }, { id: backup.name, isOnAir: false, isStandingBy: true }]);
    expect(figures(rig)).toEqual(figures(rig));
    // The backup dies: nobody stands by.
    onAir(rig, [live], 25_000);
    expect(figures(rig).streams.filter(({ isStandingBy }) => isStandingBy)).toEqual([]);
    const [lost] = rig.of('backup-lost');
    const toldMs = rig.eventTimes[rig.events.indexOf(lost!)]! / 1_000;
    expect(figures(rig).redundancyLostUs! / 1_000).toBeCloseTo(25_000 - (toldMs - lost!.forMs), 0);
  });

  it('tell of a switch what listeners noticed of it, and of an outage how long they heard nothing', () => {
    const rig = new EdgeRig({ burstMs: 2_000 });
    const path = rig.open();
    const [live, backup] = [new Source(path, { stream: 1 }), new Source(path, { stream: 2, phaseMs: 7 })];
    onAir(rig, [live, backup], 10_000);
    onAir(rig, [backup], 15_000);
    const [event] = rig.of('switch');
    const { switches, experience } = figures(rig);
    expect(switches).toBe(1);
    // The stall was shorter than the burst: nobody heard it.
    expect(experience.stalls).toBe(0);
    expect((experience.missingUs.switch - experience.repeatedUs.switch) / 1_000).toBeCloseTo(event!.offByMs, 1);
    rig.until(18_500);
    expect(figures(rig)).toMatchObject({ state: 'stalled', experience: { stalls: 1 } });
    expect(figures(rig).experience.stalledUs / 1_000_000).toBeCloseTo(1.5, 1);
  });

  it('are not there for a mountpoint that is not', () => {
    const rig = new EdgeRig();
    expect(rig.edge.figuresOf(0 as Micros, 'test')).toBeUndefined();
    expect(rig.edge.mountNames).toEqual([]);
  });

  it('count what a datagram path brings out of its order, and how late the slower relay is', () => {
    const rig = new EdgeRig();
    const [near, far] = [rig.open('tcp', 'near:8001'), rig.open('tcp', 'far:8001')];
    const first = new Source(near, { stream: 1, delayMs: [5] });
    const second = new Source(far, { stream: 1, delayMs: [65] });
    onAir(rig, [first, second], 30_000);
    rig.close(far);
    expect(rig.edge.peers).toMatchObject([{ peer: 'far:8001', open: 0, isUpstream: true }, { peer: 'near:8001', open: 1, lagUs: 0, reordered: 0 }]);
    const again = rig.open('tcp', 'far:8001');
    second.paths = [again];
    onAir(rig, [first, second], 60_000);
    const [farther] = rig.edge.peers;
    expect(farther).toMatchObject({ peer: 'far:8001', open: 1, reordered: 0 });
    expect(farther!.lagUs! / 1_000).toBeCloseTo(60, 0);
    expect(farther!.dropped.get('duplicate')).toBeGreaterThan(2_000);
  });
});
