import { describe, expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { anonymous, snapshotPeer, vouchedFor, isAnonymous, mayAnnounce, type Peer, type PeerRole } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { Relay } from '../../../../core/relay/relay.ts';
import type { RelayEvent } from '../../../../core/relay/events.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { numbered, range } from '../../support/frames.ts';
import { announce, data, framed, message } from '../../support/messages.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';

function limited(role: PeerRole, ...mounts: string[]): Peer {
  return { ...anonymous(role, '192.0.2.1:4000'), mounts };
}

const frames = (from: number, count: number, stream = 1): Uint8Array[] => range(from, from + count).map((n) => data(n, numbered(n), { stream }));

describe('a peer of which only the address is known', () => {
  it('is named by where it connects from, and may announce everything', () => {
    expect(anonymous('source', '192.0.2.1:4000')).toEqual({ name: '192.0.2.1:4000', address: '192.0.2.1', role: 'source', mounts: undefined });
    expect(anonymous('relay', '[2001:db8::1]:80').address).toBe('2001:db8::1');
    expect(mayAnnounce(anonymous('source', 'x'), 'jazz')).toBe(true);
  });
});

describe('at a relay, a peer that may announce one mountpoint', () => {
  const rig = (peer: Peer): { relay: Relay; events: RelayEvent[]; path: PathId; sent: Uint8Array[] } => {
    const events: RelayEvent[] = [];
    const sent: Uint8Array[] = [];
    const relay = new Relay({ settings: defaultSettings }, { send: (_, bytes) => sent.push(bytes.slice()), backlogBytes: () => 0, cut: () => {}, drop: () => {}, event: (event) => events.push(event) });
    const path = relay.openPath(0 as Micros, transports.tcp, peer)!;
    relay.subscribe(0 as Micros, anonymous('subscriber', 'edge'));
    return { relay, events, path, sent };
  };
  const announced = (events: readonly RelayEvent[]): string[] => events.flatMap((event) => (event.kind === 'stream-announced' ? [event.mount] : []));

  it('announces that, and of any other its ANNOUNCE is counted and goes no further', () => {
    const { relay, events, path, sent } = rig(limited('source', 'jazz'));
    relay.receive(0 as Micros, path, framed(announce(1, 'jazz'), data(2, numbered(2)), announce(1, 'rock', { stream: 2 }), announce(3, 'rock', { stream: 2 }), announce(3, 'rock')));
    relay.advance(1_000_000 as Micros);
    expect(announced(events)).toEqual(['jazz']);
    expect(events.filter(({ kind }) => kind === 'stream-new')).toHaveLength(1);
    expect(relay.stats.paths[0]!.dropped).toEqual({ 'not-allowed': 3 });
    expect(Buffer.concat(sent).includes('rock')).toBe(false);
    expect(Buffer.concat(sent).includes('jazz')).toBe(true);
  });

  it('may be a relay that we subscribe to, or one that sends datagrams', () => {
    const { relay, events } = rig(anonymous('source', 'x'));
    const upstream = relay.openPath(0 as Micros, transports.tcp, limited('relay', 'jazz'))!;
    const datagrams = relay.openPath(0 as Micros, transports.udp, limited('source', 'jazz'))!;
    relay.receive(0 as Micros, upstream, framed(announce(1, 'rock')));
    relay.receive(0 as Micros, datagrams, announce(1, 'rock', { stream: 2 }));
    expect(announced(events)).toEqual([]);
    expect(relay.stats.paths.slice(1).map(({ dropped }) => dropped)).toEqual([{ 'not-allowed': 1 }, { 'not-allowed': 1 }]);
    relay.receive(0 as Micros, datagrams, announce(2, 'jazz', { stream: 2 }));
    expect(announced(events)).toEqual(['jazz']);
  });

  it('has an ANNOUNCE that cannot be read counted as that', () => {
    const { relay, path } = rig(limited('source', 'jazz'));
    relay.receive(0 as Micros, path, framed(message(MessageType.ANNOUNCE, 1, new Uint8Array(1))));
    expect(relay.stats.paths[0]!.dropped).toEqual({ 'bad-announce': 1 });
  });
});

describe('at an edge, a relay that may announce one mountpoint', () => {
  const open = (rig: EdgeRig, ...mounts: string[]): PathId => rig.edge.openPath(0 as Micros, transports.tcp, limited('relay', ...mounts))!;

  it('puts that on air and no other, until somebody announces it who may', () => {
    const rig = new EdgeRig();
    const path = open(rig, 'jazz');
    rig.tcp(path, announce(1, 'rock'), ...frames(2, 30), announce(1, 'jazz', { stream: 2 }), ...frames(2, 30, 2));
    rig.until(1_000);
    expect(rig.edge.mounts().map(({ name }) => name)).toEqual(['jazz']);
    expect(rig.edge.stats.paths[0]!.dropped).toEqual({ 'not-allowed': 1 });
    const other = open(rig, 'rock');
    rig.tcp(other, announce(1, 'rock'), ...frames(2, 60));
    expect(rig.edge.mounts().map(({ name }) => name)).toEqual(['jazz', 'rock']);
    expect(rig.of('gap')).toEqual([]);
  });

  it('gets a stream in that nobody names only as long as there is room for those', () => {
    const rig = new EdgeRig({ maxUnannouncedStreams: 1 });
    const path = open(rig, 'jazz');
    rig.tcp(path, announce(1, 'rock', { stream: 1 }), announce(1, 'rock', { stream: 2 }), announce(1, 'jazz', { stream: 3 }));
    expect(rig.of('stream-new')).toHaveLength(3);
    expect(rig.of('stream-forgotten')).toHaveLength(1);
    expect(rig.edge.stats.streams).toBe(2);
  });
});

describe('what is known of a peer', () => {
  const restored = (peer: Peer): [Peer, Uint8Array] => {
    const writer = new ByteWriter();
    snapshotPeer(new StateWriter(writer, 'whole'), peer);
    return [snapshotPeer(new StateReader(new ByteReader(writer.written), 'whole'), undefined), writer.written];
  };

  it.each([limited('source', 'jazz', 'rock'), limited('relay'), { ...anonymous('source', 'studio 1'), address: '192.0.2.9' }, vouchedFor('source', 'studio', 'a:1', { mounts: ['x*'], maxStreams: 7 })])('is saved with its path: %o', (peer) => {
    expect(isAnonymous(peer)).toBe(false);
    expect(restored(peer)[0]).toEqual(peer);
  });

  it('is its name and its role where there is no more, as before there were peers', () => {
    for (const role of ['source', 'relay'] as const) {
      const peer = anonymous(role, 'a:1');
      const [again, bytes] = restored(peer);
      expect(again).toEqual(peer);
      expect([...bytes]).toEqual([3, 0x61, 0x3a, 0x31, role === 'relay' ? 1 : 0]);
    }
  });
});
