import { describe, expect, it } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, numbered } from '../../support/frames.ts';
import { data } from '../../support/messages.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

describe("an edge's buffers", () => {
  it('are those of each stream, with what it has beyond the listeners', () => {
    const rig = new EdgeRig();
    const [first, second] = [1, 2].map((stream) => new Source(rig.open(), { stream, phaseMs: stream * 5 }));
    onAir(rig, [first!, second!], 20_000);
    const [live, backup] = rig.edge.buffers;
    expect(live).toMatchObject({ stream: first!.name, mount: 'test', isLive: true, earlyMessages: 0, aheadMs: 0 });
    expect(backup).toMatchObject({ stream: second!.name, mount: 'test', isLive: false, earlyMessages: 0 });
    for (const { ringMs } of [live!, backup!]) {
      expect(ringMs).toBeLessThanOrEqual(10_000);
      expect(ringMs).toBeGreaterThan(10_000 - 2 * FRAME_MS);
    }
    expect(Math.abs(backup!.aheadMs!)).toBeLessThan(FRAME_MS);

    // The live one stops, and nothing takes over yet: what the backup goes on to have is what a switch would draw on.
    onAir(rig, [second!], 20_200);
    expect(rig.of('switch')).toEqual([]);
    expect(rig.edge.buffers[1]!.aheadMs).toBeGreaterThan(200 - 2 * FRAME_MS);
    onAir(rig, [second!], 21_000);
    expect(rig.edge.buffers.map(({ isLive }) => isLive)).toEqual([false, true]);
    expect(rig.edge.buffers[0]!.aheadMs).toBeLessThan(-500);
  });

  it('count messages that wait for one before them', () => {
    const rig = new EdgeRig();
    const path = rig.open('udp');
    rig.open('udp');
    rig.udp(path, data(1, numbered(0)), data(3, numbered(2)), data(4, numbered(3)));
    expect(rig.edge.buffers).toMatchObject([{ mount: '', isLive: false, earlyMessages: 2, aheadMs: undefined }]);
  });

  it('know how far a listener is behind', () => {
    const rig = new EdgeRig({ listenerQueueBytes: 500_000 });
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 2_000);
    const [good, slow] = [rig.join('test'), rig.join('test')];
    rig.stuck.add(slow);
    onAir(rig, [source], 20_000);
    expect(rig.edge.behindBytes(good)).toBeLessThanOrEqual(4 * FRAME_BYTES);
    expect(rig.edge.behindBytes(slow)).toBeGreaterThan(100_000);
    rig.edge.leave(rig.now as Parameters<typeof rig.edge.leave>[0], slow, 'gone');
    expect(rig.edge.behindBytes(slow)).toBe(0);
  });
});
