import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import type { PathId } from '../../../../core/base/machine.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, numbered, range } from '../../support/frames.ts';
import { announce, data, framed, source } from '../../support/messages.ts';
import { onAir, Source } from '../../support/station.ts';
import { RelayRig, World } from '../../support/world.ts';

class Rig extends RelayRig {
  get now(): Micros {
    return this.world.now as Micros;
  }

  open(address: string): PathId | undefined {
    return this.relay.openPath(this.now, transports.tcp, anonymous('source', address));
  }

  say(path: PathId, ...messages: Uint8Array[]): void {
    this.relay.receive(this.now, path, framed(...messages));
  }

  /** An encoder that has sent audio. */
  encoder(address: string, stream: number): PathId {
    const path = this.open(address)!;
    this.say(path, announce(1, `m${stream}`, { stream }), data(2, numbered(0), { stream }));
    return path;
  }

  get openPaths(): PathId[] {
    return this.relay.stats.paths.map(({ id }) => id);
  }
}

describe('a connection to a relay by which nothing of use comes', () => {
  it('is closed after its time, and one of use is not', () => {
    const world = new World();
    const rig = new Rig(world);
    const silent = rig.open('192.0.2.1:1')!;
    const noisy = rig.open('192.0.2.1:2')!;
    rig.say(noisy, new Uint8Array(5));
    const encoder = rig.encoder('192.0.2.2:1', 1);
    const datagrams = rig.relay.openPath(rig.now, transports.udp, anonymous('source', 'udp'))!;
    const upstream = rig.relay.openPath(rig.now, transports.tcp, anonymous('relay', '192.0.2.3:1'))!;
    world.run(9_999);
    expect(rig.drops).toEqual([]);
    world.run(10_001);
    expect(rig.drops).toEqual([[silent, 'silent'], [noisy, 'silent']]);
    expect(rig.events.filter(({ kind }) => kind === 'path-closed')).toMatchObject([{ path: silent, reason: 'nothing of use in 10000 ms' }, { path: noisy }]);
    expect(rig.openPaths).toEqual([encoder, datagrams, upstream]);
  });

  it('is not closed while its other end says that it waits, but makes room as any other', () => {
    const world = new World({ maxPaths: 2 });
    const rig = new Rig(world);
    const waiting = rig.open('192.0.2.1:1')!;
    const silent = rig.open('192.0.2.2:1')!;
    for (let at = 5_000; at <= 60_000; at += 5_000) {
      world.run(at);
      rig.relay.receive(rig.now, waiting, new Uint8Array(2));
    }
    expect(rig.drops).toEqual([[silent, 'silent']]);
    world.run(69_999);
    expect(rig.openPaths).toEqual([waiting]);
    rig.encoder('192.0.2.3:1', 1);
    rig.encoder('192.0.2.4:1', 2);
    expect(rig.drops.at(-1)).toEqual([waiting, 'replaced']);
  });

  it('makes room at once for an encoder when all are taken, the oldest first, and for ever', () => {
    const rig = new Rig(new World({ maxPaths: 8 }));
    const silent = range(1, 8).map((port) => rig.open(`192.0.2.${port}:1`)!);
    const first = rig.encoder('198.51.100.1:1', 1);
    const second = rig.encoder('198.51.100.1:2', 2);
    for (const port of range(10, 60)) rig.open(`192.0.2.1:${port}`);
    expect(rig.drops.slice(0, 2)).toEqual([[silent[0], 'replaced'], [silent[1], 'replaced']]);
    expect(rig.openPaths).toContain(first);
    expect(rig.openPaths).toContain(second);
    expect(rig.encoder('198.51.100.1:3', 3)).toBeDefined();
    const hits = rig.events.filter((event) => event.kind === 'bound-hit');
    expect(hits[0]).toMatchObject({ bound: 'maxPaths', count: 1, holders: '192.0.2.1 (1), 192.0.2.2 (1), 192.0.2.3 (1)' });
    expect(rig.relay.stats.pathHolders[0]).toEqual(['198.51.100.1', 3]);
  });

  it('counts less than one that was of use, and an idle one less than a busy one', () => {
    const world = new World({ maxPaths: 2 });
    const rig = new Rig(world);
    const idle = rig.encoder('192.0.2.1:1', 1);
    world.run(21_000);
    const busy = rig.encoder('192.0.2.2:1', 2);
    const third = rig.open('192.0.2.3:1')!;
    expect(rig.drops).toEqual([[idle, 'replaced']]);
    const fourth = rig.encoder('192.0.2.4:1', 4);
    expect(rig.drops.at(-1)).toEqual([third, 'replaced']);
    expect(rig.openPaths).toEqual([busy, fourth]);
    expect(rig.open('192.0.2.5:1')).toBeUndefined();
  });
});

describe('busy connections to a relay', () => {
  it('of the address that holds most give way to those of one that holds less', () => {
    const rig = new Rig(new World({ maxPaths: 6 }));
    const flood = range(1, 6).map((n) => rig.encoder(`192.0.2.1:${n}`, n));
    const encoder = rig.encoder('198.51.100.1:1', 10);
    expect(rig.drops).toEqual([[flood.at(-1), 'replaced']]);
    expect(rig.open('192.0.2.1:9')).toBeUndefined();
    expect(rig.openPaths).toContain(encoder);
  });

  it('of one address are so many at most, of which one that is silent for two seconds goes for the next', () => {
    const world = new World({ maxPathsPerAddress: 2 });
    const rig = new Rig(world);
    const dead = rig.encoder('192.0.2.1:1', 1);
    world.run(1_000);
    rig.encoder('192.0.2.1:2', 2);
    expect(rig.open('192.0.2.1:3')).toBeUndefined();
    expect(rig.open('192.0.2.2:3')).toBeDefined();
    world.run(2_500);
    expect(rig.open('192.0.2.1:4')).toBeDefined();
    expect(rig.drops).toEqual([[dead, 'replaced']]);
  });

  it('younger than a minute give way to one from an address that has carried for longer', () => {
    const world = new World({ maxPaths: 2 });
    const rig = new Rig(world);
    const encoder = rig.encoder('198.51.100.1:1', 1);
    world.run(61_000);
    rig.say(encoder, data(3, numbered(1), { stream: 1 }));
    rig.relay.closePath(rig.now, encoder, 'closed by peer');
    rig.encoder('192.0.2.1:1', 2);
    const youngest = rig.encoder('192.0.2.2:1', 3);
    expect(rig.open('192.0.2.3:1')).toBeUndefined();
    expect(rig.open('198.51.100.1:2')).toBeDefined();
    expect(rig.drops).toEqual([[youngest, 'replaced']]);
  });
});

describe('subscribers of a relay', () => {
  it('of the address that holds most give way to those of one that holds less', () => {
    const rig = new Rig(new World({ maxSubscribers: 6 }));
    const flood = range(1, 6).map((n) => rig.relay.subscribe(rig.now, anonymous('subscriber', `192.0.2.1:${n}`))!);
    const edge = rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:1'))!;
    expect(rig.cuts).toEqual([flood.at(-1)]);
    for (const n of range(10, 60)) rig.relay.subscribe(rig.now, anonymous('subscriber', `192.0.2.1:${n}`));
    expect(rig.cuts).not.toContain(edge);
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:2'))).toBeDefined();
    expect(rig.events.filter((event) => event.kind === 'bound-hit')[0]).toMatchObject({ bound: 'maxSubscribers', holders: '192.0.2.1 (6)' });
  });

  it('that take nothing any more give way when the same address comes again', () => {
    const world = new World({ maxSubscribers: 2 });
    const rig = new Rig(world);
    const other = rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.2:1'))!;
    const dead = rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:1'))!;
    world.run(10_000);
    rig.backlog.set(dead, 70_000);
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.3:1'))).toBeUndefined();
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:2'))).toBeDefined();
    expect(rig.cuts).toEqual([dead]);
    expect(rig.cuts).not.toContain(other);
  });

  it('are replaced by the same address after ten seconds, also where nothing can be seen of that yet', () => {
    const world = new World({ maxSubscribersPerAddress: 1 });
    const rig = new Rig(world);
    const first = rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:1'))!;
    world.run(9_000);
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:2'))).toBeUndefined();
    world.run(10_000);
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:3'))).toBeDefined();
    expect(rig.cuts).toEqual([first]);
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:4'))).toBeUndefined();
  });

  it('that were there first stay, whatever comes from the same address', () => {
    const world = new World({ maxSubscribersPerAddress: 8 });
    const rig = new Rig(world);
    const edge = rig.relay.subscribe(rig.now, anonymous('subscriber', '198.51.100.1:1'))!;
    for (let seconds = 0; seconds < 600; seconds++) {
      world.run(1_000 * seconds);
      rig.relay.subscribe(rig.now, anonymous('subscriber', `198.51.100.1:${100 + seconds}`));
    }
    expect(rig.cuts.length).toBeGreaterThan(20);
    expect(rig.cuts).not.toContain(edge);
  });

  it('of the same process make room for nobody, not even when all others are known', () => {
    const world = new World({ maxSubscribers: 2 });
    const rig = new Rig(world);
    rig.relay.subscribe(rig.now, { name: 'edge of this process', address: '', role: 'subscriber', mounts: undefined });
    const subscribe = (address: string) => rig.relay.subscribe(rig.now, anonymous('subscriber', address));
    for (const [index, address] of ['198.51.100.1:1', '198.51.100.2:1'].entries()) {
      const id = subscribe(address)!;
      world.run(61_000 * (index + 1));
      rig.relay.unsubscribe(rig.now, id, 'closed by peer');
    }
    expect(subscribe('198.51.100.1:2')).toBeDefined();
    expect(subscribe('198.51.100.2:2')).toBeUndefined();
    expect(rig.cuts).toEqual([]);
  });
});

describe('invented stream ids', () => {
  it('at a relay make no encoder a stranger: neither one that is there nor one that comes', () => {
    const world = new World({ maxStreams: 64 });
    const rig = new Rig(world);
    const flood = rig.open('192.0.2.1:1')!;
    const encoder = rig.open('198.51.100.1:1')!;
    let invented = 1_000;
    for (let n = 0; n < 600; n++) {
      world.run(n * 26);
      rig.say(encoder, n % 50 === 0 ? announce(n + 1, 'jazz', { stream: 1 }) : data(n + 1, numbered(n), { stream: 1 }));
      rig.say(flood, ...range(1, 26).flatMap(() => [announce(1, 'x', { stream: ++invented }), data(2, numbered(0), { stream: invented })]));
    }
    const late = rig.encoder('198.51.100.2:1', 2);
    rig.say(flood, ...range(1, 100).map(() => announce(1, 'x', { stream: ++invented })));
    const streams = (kind: 'stream-forgotten' | 'stream-announced'): string[] => rig.events.flatMap((event) => (event.kind === kind ? [event.mount] : []));
    expect(streams('stream-forgotten')).not.toContain('jazz');
    expect(streams('stream-forgotten')).not.toContain('m2');
    expect(streams('stream-announced')).toContain('m2');
    expect(rig.relay.stats.streams).toBeLessThanOrEqual(64);
    // Beyond a thousand at once and sixteen a second they go no further.
    const figures = rig.relay.stats.paths.find(({ id }) => id === flood)!;
    expect(figures.dropped['too-many-streams']).toBeGreaterThan(20_000);
    expect(rig.openPaths).toContain(late);
  });

  it('by another relay are not limited: a history of hundreds comes at once', () => {
    const rig = new Rig(new World());
    const upstream = rig.relay.openPath(rig.now, transports.tcp, anonymous('relay', '192.0.2.1:1'))!;
    rig.say(upstream, ...range(1, 3_000).map((stream) => announce(1, `m${stream}`, { stream })));
    expect(rig.relay.stats.streams).toBe(3_000);
  });

  it.each([[false], [true]])('at an edge take no listener off the air, and let in who comes (with a little audio: %s)', (withAudio) => {
    const rig = new EdgeRig({ maxStreams: 64, maxUnannouncedStreams: 32 });
    const path = rig.open();
    const jazz = new Source(path, { stream: 1, mount: 'jazz' });
    onAir(rig, [jazz], 500);
    const listener = rig.join('jazz');
    const rock = new Source(path, { stream: 2, mount: 'rock', phaseMs: 4_000 });
    let invented = 1_000;
    for (let at = 500; at < 8_000; at += 20) {
      onAir(rig, [jazz, rock], at);
      for (let i = 0; i < 10; i++) {
        const stream = ++invented;
        rig.tcp(path, withAudio ? announce(1, `x${stream}`, { stream }) : data(1, numbered(0), { stream }), source(1, { isOpen: true, hops: 0, address: '192.0.2.1' }, { stream }));
        if (withAudio) rig.tcp(path, data(2, numbered(0), { stream }), data(3, numbered(1), { stream }));
      }
    }
    expect(rig.edge.mounts().map(({ name }) => name)).toEqual(expect.arrayContaining(['jazz', 'rock']));
    expect(rig.audio(listener).length / FRAME_BYTES).toBeGreaterThan(280);
    expect(rig.longestPauseMs(listener, 500)).toBeLessThan(100);
    expect(rig.of('mount-ended').map(({ mount }) => mount)).not.toContain('rock');
    expect(rig.edge.stats.streams).toBeLessThanOrEqual(64);
  });
});

describe('the memory of an edge', () => {
  it('counts what streams and mountpoints cost besides their audio, and lets the least useful go when it is spent', () => {
    const limit = 16_777_216;
    const rig = new EdgeRig({ edgeBytes: limit });
    const path = rig.open();
    const jazz = new Source(path, { stream: 1, mount: 'jazz' });
    onAir(rig, [jazz], 3_000);
    const listener = rig.join('jazz');
    for (let n = 0; n < 40; n++) {
      onAir(rig, [jazz], 3_000 + n * 100);
      for (const stream of range(2 + n * 50, 51 + n * 50)) rig.tcp(path, announce(1, `x${stream}`, { stream }), data(2, numbered(0), { stream }), data(3, numbered(1), { stream }));
      expect(rig.edge.stats.countedBytes).toBeLessThan(limit + 200_000);
    }
    expect(rig.edge.stats.streams).toBeLessThan(400);
    expect(rig.of('bound-hit').some(({ bound }) => bound === 'edgeBytes')).toBe(true);
    expect(rig.longestPauseMs(listener, 3_100)).toBeLessThan(100);
    rig.close(path);
    rig.until(rig.now / 1000 + 40_000);
    expect(rig.edge.stats).toMatchObject({ streams: 0, mounts: 0, countedBytes: 0 });
  });

  it('is left to listeners by streams', () => {
    const budget = new MemoryBudget(1_000);
    budget.take(600);
    expect(budget.isSpent).toBe(false);
    budget.setAside(400);
    expect(budget.isSpent).toBe(true);
    budget.setAside(-400);
    expect(budget.isSpent).toBe(false);
  });
});

describe('the memory of a relay', () => {
  it('that streams take is not there for the history', () => {
    const rig = new Rig(new World({ historyBytes: 1_048_576 }));
    const path = rig.open('192.0.2.1:1')!;
    rig.say(path, ...range(1, 300).map((stream) => data(1, new Uint8Array(8_000), { stream })));
    expect(rig.relay.heldBytes).toBeLessThan(1_048_576 - 300 * 2_048 + 3 * 131_072);
    expect(rig.relay.heldBytes).toBeGreaterThan(1_048_576 / 2 - 131_072);
  });
});
