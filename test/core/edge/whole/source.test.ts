import { describe, expect, it } from 'vitest';
import { EdgeRig } from '../../support/edge-rig.ts';
import { breaks, numbersIn } from '../../support/frames.ts';
import { announce, message, origin, source } from '../../support/messages.ts';
import { onAir, Source } from '../../support/station.ts';

const closed = { isOpen: false, hops: 0, address: '10.0.0.1' };
const open = { ...closed, isOpen: true };

/** Two streams by the same two relays; the first is on air. */
function stationWith(options: ConstructorParameters<typeof EdgeRig>[0] = {}) {
  const rig = new EdgeRig(options);
  const paths = [rig.open(), rig.open()] as const;
  const live = new Source([...paths], { stream: 1 });
  const backup = new Source([...paths], { stream: 2, phaseMs: 7 });
  onAir(rig, [live, backup], 10_000);
  return { rig, paths, live, backup };
}

describe('who a stream comes from', () => {
  it('is what its encoder and the nearest relay say', () => {
    const { rig, paths, live, backup } = stationWith();
    expect(rig.edge.mount('test')).toMatchObject({ liveOrigin: undefined, liveSource: undefined });
    rig.tcp(paths[0], origin(live.sequence++, 'studio-a'), source(1, { ...open, hops: 1, address: '192.0.2.1' }));
    rig.tcp(paths[1], source(1, open));
    onAir(rig, [live, backup], 10_100);
    expect(rig.edge.mount('test')).toMatchObject({ liveOrigin: 'studio-a', liveSource: '10.0.0.1' });
    // The first name counts, and the last address known stays.
    rig.tcp(paths[0], origin(live.sequence++, 'studio-b'));
    rig.close(paths[1]);
    expect(rig.edge.mount('test')).toMatchObject({ liveOrigin: 'studio-a', liveSource: '192.0.2.1' });
    rig.close(paths[0]);
    expect(rig.edge.mount('test')).toMatchObject({ liveSource: '192.0.2.1' });
  });

  it('is counted where it makes no sense', () => {
    const { rig, paths, live } = stationWith();
    rig.tcp(paths[0], origin(live.sequence++, 'a\nb'), message(17, 1, Uint8Array.of(7)));
    expect(rig.edge.mount('test')).toMatchObject({ liveOrigin: undefined, liveSource: undefined });
    expect(rig.edge.stats.paths[0]!.dropped).toMatchObject({ 'bad-origin': 1, 'bad-source': 1 });
  });
});

describe('that all relays say an encoder has disconnected', () => {
  it('has it left sooner, but not at once', () => {
    const { rig, paths, backup } = stationWith({ stallMinMs: 1_000 });
    for (const path of paths) rig.tcp(path, source(1, closed));
    onAir(rig, [backup], 10_190);
    expect(rig.of('switch')).toEqual([]);
    onAir(rig, [backup], 10_210);
    expect(rig.of('switch')).toMatchObject([{ reason: 'stalled' }]);
  });

  it('is counted from when they said it, not from the last frame', () => {
    const { rig, paths, backup } = stationWith({ stallMinMs: 1_000 });
    onAir(rig, [backup], 10_500);
    for (const path of paths) rig.tcp(path, source(1, closed));
    onAir(rig, [backup], 10_690);
    expect(rig.of('switch')).toEqual([]);
    onAir(rig, [backup], 10_720);
    expect(rig.of('switch')).toHaveLength(1);
  });

  it('is nothing when only one of them says so, until the other one is gone', () => {
    const { rig, paths, backup } = stationWith({ stallMinMs: 1_000 });
    rig.tcp(paths[0], source(1, closed));
    onAir(rig, [backup], 10_500);
    expect(rig.of('switch')).toEqual([]);
    rig.close(paths[1]);
    backup.paths = [paths[0]];
    onAir(rig, [backup], 10_710);
    expect(rig.of('switch')).toHaveLength(1);
  });

  it.each(['the relay', 'a message'])('is taken back by %s', (who) => {
    const { rig, paths, live, backup } = stationWith({ stallMinMs: 1_000 });
    for (const path of paths) rig.tcp(path, source(1, closed));
    onAir(rig, [backup], 10_050);
    rig.tcp(paths[1], who === 'the relay' ? source(1, open) : announce(1, 'test'));
    onAir(rig, [backup], 10_900);
    expect(rig.of('switch')).toEqual([]);
    onAir(rig, [live, backup], 12_000);
    expect(rig.of('switch')).toEqual([]);
  });

  it('costs nothing of a stream that goes on', () => {
    const { rig, paths, live, backup } = stationWith();
    const listener = rig.join('test');
    for (let turn = 1; turn <= 50; turn++) {
      for (const path of paths) rig.tcp(path, source(1 + (turn % 7), closed), source(live.sequence + turn, closed));
      onAir(rig, [live, backup], 10_000 + 100 * turn);
    }
    expect(rig.of('switch')).toEqual([]);
    expect(rig.of('gap')).toEqual([]);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
  });

  it('makes no stream known, and keeps none from being forgotten', () => {
    const { rig, paths, backup } = stationWith();
    rig.tcp(paths[0], source(1, closed, { stream: 9 }));
    expect(rig.edge.stats.streams).toBe(2);
    for (let turn = 1; turn <= 25; turn++) {
      rig.tcp(paths[0], source(1, open));
      onAir(rig, [backup], 10_000 + 1_000 * turn);
    }
    expect(rig.edge.stats.streams).toBe(1);
  });
});
