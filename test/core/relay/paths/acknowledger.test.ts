import { describe, expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../../core/links/transport.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { Relay } from '../../../../core/relay/relay.ts';
import { withSettings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { announce, data, framed, hex, origin, parts, streamId, unframed } from '../../support/messages.ts';

class Rig {
  nowMs = 0;
  readonly told: Map<PathId, Uint8Array[]> = new Map();
  readonly toldAtMs: number[] = [];
  readonly closed: PathId[] = [];
  readonly relay: Relay = new Relay({ settings: withSettings({ acknowledgeMs: 250 }) }, {
    send: () => undefined,
    backlogBytes: () => 0,
    cut: () => undefined,
    acknowledge: (path, bytes) => {
      this.toldAtMs.push(this.nowMs);
      this.told.set(path, [...(this.told.get(path) ?? []), bytes.slice()]);
    },
    drop: (path, reason) => {
      expect(reason).toBe('silent');
      this.closed.push(path);
    },
    event: () => undefined,
  });

  get now(): Micros {
    return Math.round(this.nowMs * 1000) as Micros;
  }

  open({ transport = 'tcp' as TransportName, isUpstream = false } = {}): PathId {
    return this.relay.openPath(this.now, transports[transport], anonymous(isUpstream ? 'relay' : 'source', '192.0.2.1:4000'))!;
  }

  until(atMs: number): void {
    while (this.relay.deadline <= atMs * 1000) {
      this.nowMs = Math.max(this.nowMs, this.relay.deadline / 1000);
      this.relay.advance(this.now);
    }
    this.nowMs = atMs;
  }

  push(path: PathId, ...messages: Uint8Array[]): void {
    this.relay.receive(this.now, path, framed(...messages));
  }

  /** What an encoder was told by its connection: stream and number. */
  acks(path: PathId): string[] {
    const messages = unframed(join(...(this.told.get(path) ?? []))).map(parts);
    expect(messages.every(({ type, payload }) => type === MessageType.ACK && payload.length === 0)).toBe(true);
    return messages.map(({ id, sequence }) => `${id.slice(0, 4)} ${sequence}`);
  }
}

const name = (stream: number): string => hex(streamId(stream)).slice(0, 4);

describe('what a relay acknowledges', () => {
  it('is the newest message of an encoder that says what it is called, as often as the setting says, while more comes', () => {
    const rig = new Rig();
    const path = rig.open();
    rig.push(path, announce(1, 'jazz'), origin(2, 'studio'));
    for (let sequence = 3; sequence <= 102; sequence++) {
      rig.until(sequence * 25);
      rig.push(path, data(sequence, new Uint8Array(10)));
    }
    rig.until(60_000);
    const acks = rig.acks(path);
    expect(acks.length).toBeGreaterThan(8);
    expect(acks.length).toBeLessThan(13);
    expect(acks.at(-1)).toBe(`${name(1)} 102`);
    for (let i = 1; i < rig.toldAtMs.length; i++) expect(rig.toldAtMs[i]! - rig.toldAtMs[i - 1]!).toBeGreaterThanOrEqual(250);
  });

  it('is nothing of one that does not say so, that sends datagrams, or that is another relay', () => {
    const rig = new Rig();
    const silent = rig.open();
    const datagrams = rig.open({ transport: 'udp' });
    const upstream = rig.open({ isUpstream: true });
    rig.push(silent, announce(1, 'jazz'), data(2, new Uint8Array(10)));
    rig.relay.receive(rig.now, datagrams, origin(3, 'studio'));
    rig.push(upstream, origin(4, 'studio'), data(5, new Uint8Array(10)));
    rig.until(60_000);
    expect(rig.told.size).toBe(0);
    expect(rig.closed).toEqual([]);
  });

  it('counts second copies, for they have come', () => {
    const rig = new Rig();
    const [first, second] = [rig.open(), rig.open()];
    for (const path of [first, second]) rig.push(path, origin(1, 'studio'), data(2, new Uint8Array(10)));
    rig.until(1_000);
    expect(rig.acks(first)).toEqual([`${name(1)} 2`]);
    expect(rig.acks(second)).toEqual([`${name(1)} 2`]);
  });

  it('begins anew with each connection', () => {
    const rig = new Rig();
    const first = rig.open();
    rig.push(first, origin(50, 'studio'), data(51, new Uint8Array(10)));
    rig.until(1_000);
    rig.relay.closePath(rig.now, first, 'closed');
    const second = rig.open();
    rig.push(second, origin(40, 'studio'), data(41, new Uint8Array(10)));
    rig.until(2_000);
    expect(rig.acks(first)).toEqual([`${name(1)} 51`]);
    expect(rig.acks(second)).toEqual([`${name(1)} 41`]);
  });

  it('is kept apart by stream, in one piece for all of a connection', () => {
    const rig = new Rig();
    const path = rig.open();
    const streams = Array.from({ length: 250 }, (_, n) => n + 1);
    for (const stream of streams) rig.push(path, origin(stream, 'studio', { stream }));
    rig.until(300);
    rig.told.clear();
    for (const stream of streams) rig.push(path, data(1_000 + stream, new Uint8Array(10), { stream }));
    rig.until(600);
    expect(rig.told.get(path)).toHaveLength(1);
    expect(rig.acks(path).sort()).toEqual(streams.map((stream) => `${name(stream)} ${1_000 + stream}`).sort());
  });

  it('is of no more streams of a connection than 1,024, of which the oldest go first', () => {
    const rig = new Rig();
    const path = rig.open();
    const streams = Array.from({ length: 1_030 }, (_, n) => n + 1);
    for (const stream of streams) rig.push(path, announce(1, 'jazz', { stream }), origin(2, 'studio', { stream }));
    rig.until(300);
    const acknowledged = rig.acks(path);
    expect(acknowledged).toHaveLength(1_024);
    expect(acknowledged).not.toContain(`${name(6)} 2`);
    expect(acknowledged).toContain(`${name(1_030)} 2`);
  });

  it('is forgotten of a source that ended, and begins again with what says who it is', () => {
    const rig = new Rig();
    const path = rig.open();
    rig.push(path, origin(1, 'studio', { stream: 1 }), origin(1, 'studio', { stream: 2 }));
    for (let second = 1; second <= 25; second++) {
      rig.until(second * 1_000);
      rig.push(path, data(1 + second, new Uint8Array(10), { stream: 2 }));
    }
    rig.told.clear();
    rig.push(path, data(2, new Uint8Array(10), { stream: 1 }));
    rig.until(26_000);
    expect(rig.acks(path)).toEqual([`${name(2)} 26`]);
    rig.push(path, origin(3, 'studio', { stream: 1 }), data(4, new Uint8Array(10), { stream: 1 }));
    rig.until(27_000);
    expect(rig.acks(path)).toEqual([`${name(2)} 26`, `${name(1)} 4`]);
  });

  it('is closed when nothing has come by it for as long as keep-alive would have taken', () => {
    const rig = new Rig();
    const path = rig.open();
    rig.push(path, origin(1, 'studio'));
    rig.until(14_000);
    rig.push(path, data(2, new Uint8Array(10)));
    rig.until(28_900);
    expect(rig.closed).toEqual([]);
    rig.until(29_100);
    expect(rig.closed).toEqual([path]);
    expect(rig.relay.stats.paths).toEqual([]);
    // The socket closes then, which is nothing new.
    rig.relay.closePath(rig.now, path, 'closed');
  });

  it('is closed only once', () => {
    const rig = new Rig();
    const path = rig.open();
    rig.push(path, origin(1, 'studio'));
    rig.until(1_000);
    rig.relay.closePath(rig.now, path, 'closed');
    rig.until(60_000);
    expect(rig.closed).toEqual([]);
  });
});
