import { describe, expect, it } from 'vitest';
import type { PathId, SubscriberId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { withSettings, type Settings } from '../../../core/config/settings.ts';
import { anonymous, vouchedFor, type PeerRights } from '../../../core/links/peers/peer.ts';
import { streamIdOfKey } from '../../../core/links/paths/stream-ids.ts';
import { transports } from '../../../core/links/transport.ts';
import type { RelayEvent } from '../../../core/relay/events.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { Deframer } from '../../../core/wire/deframer.ts';
import { encodeSource } from '../../../core/wire/messages/extensions.ts';
import { decodeMessage, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { newTitle, encodeTitle } from '../../../core/wire/messages/set-title.ts';
import { numbered, range } from '../support/frames.ts';
import { announce, data, framed, message, ofKey, streamId } from '../support/messages.ts';

/** Up to the one before `to`. */
const frames = (from: number, to: number, stream = 1): Uint8Array[] => range(from, to - 1).map((n) => data(n, numbered(n), { stream }));

/** The id of the stream of this number that belongs to this key. */
const idOf = (key: string, stream: number): Uint8Array => streamIdOfKey(streamId(stream), key);

/** The same messages in streams with ids of this key. */
function of(key: string, ...messages: readonly Uint8Array[]): Uint8Array[] {
  return messages.map((one) => ofKey(key, one));
}

/** A relay whose subscriber hears all that it passes on. */
class Rig {
  now = 0 as Micros;
  readonly relay: Relay;
  readonly events: RelayEvent[] = [];
  readonly #ear: SubscriberId | undefined;
  readonly #heard: Message[] = [];
  readonly #deframer = new Deframer((all, start, end) => this.#heard.push(decodeMessage(all.slice(start, end)) as Message));

  constructor(settings: Partial<Settings> = {}) {
    this.relay = new Relay({ settings: withSettings(settings) }, { send: (id, bytes) => void (id === this.#ear && this.#deframer.push(bytes)), backlogBytes: () => 0, cut: () => {}, drop: () => {}, event: (event) => this.events.push(event) });
    this.#ear = this.relay.subscribe(this.now, anonymous('subscriber', 'ear'));
  }

  keyed(key: string, rights: Partial<PeerRights> = {}, from = '192.0.2.1:4000'): PathId {
    return this.relay.openPath(this.now, transports.tcp, vouchedFor('source', key, from, { mounts: undefined, ...rights }))!;
  }

  /** A sender whose datagrams are sealed. */
  sealed(key: string, from = '192.0.2.1:4000'): PathId {
    return this.relay.openPath(this.now, transports.udp, vouchedFor('source', key, from, { mounts: undefined }))!;
  }

  shoot(path: PathId, ...messages: Uint8Array[]): void {
    for (const one of messages) this.relay.receive(this.now, path, one);
    this.pass(20);
  }

  plain(from: string): PathId {
    return this.relay.openPath(this.now, transports.tcp, anonymous('source', from))!;
  }

  upstream(): PathId {
    return this.relay.openPath(this.now, transports.tcp, anonymous('relay', '198.51.100.1:9002'))!;
  }

  push(path: PathId, ...messages: Uint8Array[]): void {
    this.relay.receive(this.now, path, framed(...messages));
    this.pass(20);
  }

  pass(forMs: number): void {
    const end = this.now + forMs * 1_000;
    while (this.relay.deadline <= end) {
      this.now = Math.max(this.now, this.relay.deadline) as Micros;
      this.relay.advance(this.now);
    }
    this.now = end as Micros;
  }

  /** The numbers of the audio that was passed on. */
  get audio(): number[] {
    return this.#heard.filter(({ type }) => type === MessageType.DATA).map(({ sequence }) => sequence);
  }

  heard(type: number): Message[] {
    return this.#heard.filter((one) => one.type === type);
  }

  dropped(path: PathId): Readonly<Record<string, number>> {
    return this.relay.stats.paths.find(({ id }) => id === path)!.dropped;
  }
}

describe('a peer with a key', () => {
  it('sends nothing of a stream that it has not announced', () => {
    const rig = new Rig();
    const path = rig.keyed('studio-a');
    rig.push(path, ...of('studio-a', ...frames(1, 6), announce(6, 'jazz'), ...frames(7, 10)));
    expect(rig.audio).toEqual([7, 8, 9]);
    expect(rig.dropped(path)).toEqual({ 'not-announced': 5 });
    expect(rig.events.filter(({ kind }) => kind === 'rights-exceeded')).toEqual([{ kind: 'rights-exceeded', label: 'studio-a 192.0.2.1:4000', reason: 'not-announced', messages: 1 }]);
  });

  it('is told of with the mountpoint that it may not send', () => {
    const rig = new Rig();
    rig.push(rig.keyed('studio-a', { mounts: ['jazz'] }), ...of('studio-a', announce(1, 'rock')));
    expect(rig.events.filter(({ kind }) => kind === 'rights-exceeded')).toEqual([{ kind: 'rights-exceeded', label: 'studio-a 192.0.2.1:4000', mount: 'rock', reason: 'not-allowed', messages: 1 }]);
  });

  it('is told of once a minute, by however many connections it sends what it may not', () => {
    const rig = new Rig();
    for (let second = 0; second < 130; second++) {
      const path = rig.keyed('studio-a', { mounts: ['jazz'] }, `192.0.2.1:${4_000 + second}`);
      rig.push(path, ...of('studio-a', announce(1, 'rock'), ...frames(2, 12)));
      rig.relay.closePath(rig.now, path, 'closed by peer');
      rig.pass(980);
    }
    const told = rig.events.flatMap((event) => (event.kind === 'rights-exceeded' ? [[event.reason, event.messages]] : []));
    expect(told).toEqual([['not-allowed', 1], ['not-announced', 1], ['not-allowed', 60], ['not-announced', 600], ['not-allowed', 60], ['not-announced', 600]]);
  });

  it('sends a stream by two ways, whichever is ahead', () => {
    const rig = new Rig();
    const [tcp, udp] = [rig.keyed('studio-a'), rig.sealed('studio-a', '192.0.2.1:4001')];
    const [announced, ...rest] = of('studio-a', announce(1, 'jazz'), ...frames(2, 40));
    rig.push(tcp, announced!);
    for (const [index, one] of rest.entries()) {
      // From the 20th on the connection brings nothing more.
      rig.shoot(udp, one);
      if (index < 20) rig.push(tcp, one);
    }
    expect(rig.audio).toEqual(range(2, 39));
    expect(rig.dropped(udp)).toEqual({});
    expect(rig.dropped(tcp)).toEqual({ duplicate: 20 });
    expect(rig.events.filter(({ kind }) => kind === 'stream-contested')).toEqual([]);
  });

  it('announces the mountpoints of its patterns, and of others nothing is passed on', () => {
    const rig = new Rig();
    const path = rig.keyed('studio-a', { mounts: ['jazz', 'news/*'] });
    rig.push(path, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 4), announce(1, 'news/hd', { stream: 2 }), ...frames(2, 4, 2), announce(1, 'rock', { stream: 3 }), ...frames(2, 6, 3)));
    expect(rig.audio).toEqual([2, 3, 2, 3]);
    expect(rig.dropped(path)).toEqual({ 'not-allowed': 1, 'not-announced': 4 });
  });

  it('may bring nothing of a stream of another key, whatever silence there is, and not what that has left out', () => {
    const rig = new Rig();
    const [owner, other] = [rig.keyed('studio-a'), rig.keyed('studio-b', {}, '192.0.2.1:4001')];
    rig.push(owner, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 5), ...frames(8, 10)));
    rig.push(other, ...of('studio-a', announce(1, 'jazz'), ...frames(5, 8), ...frames(10, 20)));
    rig.pass(9_000);
    rig.push(other, ...of('studio-a', ...frames(10, 20)));
    rig.relay.closePath(rig.now, owner, 'closed');
    rig.push(other, ...of('studio-a', ...frames(10, 20)));
    expect(rig.audio).toEqual([2, 3, 4, 8, 9]);
    expect(rig.dropped(other)).toEqual({ 'not-owner': 34 });
    rig.push(rig.keyed('studio-a', {}, '203.0.113.9:5000'), ...of('studio-a', announce(1, 'jazz'), ...frames(2, 12)));
    expect(rig.audio.slice(5)).toEqual([5, 6, 7, 10, 11]);
  });

  it('goes on by a second connection, from wherever that is', () => {
    const rig = new Rig();
    const [one, two] = [rig.keyed('studio-a'), rig.keyed('studio-a', {}, '203.0.113.9:5000')];
    rig.push(one, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 12)));
    rig.push(two, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 12), ...frames(12, 20)));
    expect(rig.audio).toEqual(range(2, 19));
    expect(rig.dropped(two)['not-owner']).toBeUndefined();
  });

  it('is named to subscribers also when it only sends datagrams, and its connection when it has one', () => {
    const rig = new Rig();
    const said = (): string[] => rig.heard(MessageType.SOURCE).map(({ payload: [isOpen, hops, ...address] }) => `${isOpen} ${hops} ${Buffer.from(address).toString()}`);
    const datagrams = rig.sealed('studio-a');
    rig.shoot(datagrams, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 5)));
    expect(said()).toEqual(['1 0 key:studio-a']);
    const connection = rig.keyed('studio-a', {}, '192.0.2.1:4001');
    rig.push(connection, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 5)));
    rig.relay.closePath(rig.now, connection, 'closed');
    rig.shoot(datagrams, ...of('studio-a', ...frames(5, 8)));
    // Its datagrams may still come: nobody is told that it has gone.
    expect(said()).toEqual(['1 0 key:studio-a']);
    expect(rig.audio).toEqual([2, 3, 4, 5, 6, 7]);
  });

  it('takes a stream from those who have none, and they bring nothing of it any more', () => {
    const rig = new Rig();
    const [stranger, owner] = [rig.plain('192.0.2.66:1'), rig.keyed('studio-a')];
    rig.push(stranger, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 5)));
    rig.push(owner, ...of('studio-a', announce(1, 'jazz'), ...frames(5, 8)));
    rig.push(stranger, ...of('studio-a', ...frames(8, 12)));
    expect(rig.audio).toEqual(range(2, 7));
    expect(rig.dropped(stranger)).toEqual({ 'not-owner': 4 });
  });

  it('keeps its stream also where streams without a key are anybody’s', () => {
    const rig = new Rig({ ownerIdleMs: 0 });
    const [stranger, another, owner] = [rig.plain('192.0.2.66:1'), rig.plain('192.0.2.67:1'), rig.keyed('studio-a')];
    rig.push(stranger, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 4)));
    rig.push(another, ...of('studio-a', ...frames(4, 6)));
    rig.push(owner, ...of('studio-a', announce(1, 'jazz'), ...frames(6, 8)));
    rig.push(stranger, ...of('studio-a', ...frames(8, 12)));
    rig.push(rig.keyed('studio-b'), ...of('studio-a', announce(1, 'jazz'), ...frames(8, 12)));
    expect(rig.audio).toEqual(range(2, 7));
  });

  it('cannot use an id that it has heard of another key, also at a relay that does not know it', () => {
    const rig = new Rig();
    const hostile = rig.keyed('studio-b');
    rig.push(hostile, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 5)));
    expect(rig.relay.stats.streams).toBe(0);
    rig.push(rig.keyed('studio-a'), ...of('studio-a', announce(1, 'jazz'), ...frames(2, 5)));
    rig.push(hostile, ...of('studio-a', ...frames(5, 9)));
    expect(rig.audio).toEqual([2, 3, 4]);
    expect(rig.dropped(hostile)).toEqual({ 'not-owner': 8 });
  });

  it('may not announce for itself the stream of a mountpoint that it has no part in', () => {
    const rig = new Rig();
    const [relay, hostile] = [rig.upstream(), rig.keyed('studio-b', { mounts: ['rock'] })];
    rig.push(relay, ...of('studio-b', announce(1, 'jazz'), ...frames(2, 5)));
    rig.push(hostile, ...of('studio-b', announce(5, 'rock'), ...frames(6, 10)));
    expect(rig.audio).toEqual([2, 3, 4]);
    expect(rig.dropped(hostile)).toEqual({ 'not-allowed': 5 });
  });

  it('is named to subscribers, and no encoder can say so of itself', () => {
    const rig = new Rig();
    const path = rig.keyed('studio-a');
    rig.push(path, ...of('studio-a', announce(1, 'jazz'), ...frames(2, 4), message(MessageType.SOURCE, 1, encodeSource({ isOpen: true, hops: 0, address: 'key:studio-b' }))));
    expect(rig.heard(MessageType.SOURCE).map(({ payload }) => Buffer.from(payload).toString('latin1', 2))).toEqual(['key:studio-a']);
    expect(rig.dropped(path)).toEqual({ 'bad-source': 1 });
    expect(rig.relay.peers.map(({ peer }) => peer)).toEqual(['key:studio-a']);
  });

  it('has as many streams as it may have, and others have theirs', () => {
    const rig = new Rig();
    const [greedy, other] = [rig.keyed('studio-a', { maxStreams: 2 }), rig.keyed('studio-b')];
    for (const stream of range(1, 5)) rig.push(greedy, ...of('studio-a', announce(1, 'x', { stream }), data(2, numbered(2), { stream })));
    expect(rig.relay.stats.streams).toBe(2);
    expect(rig.dropped(greedy)).toEqual({ 'too-many-streams': 3, 'not-announced': 3 });
    rig.push(other, ...of('studio-b', announce(1, 'y', { stream: 9 }), data(2, numbered(2), { stream: 9 })));
    expect(rig.relay.stats.streams).toBe(3);
    rig.pass(25_000);
    rig.push(greedy, ...of('studio-a', announce(1, 'x', { stream: 5 })));
    expect(rig.relay.stats.streams).toBe(1);
  });
});

it('takes titles of a subscriber with a key for the mountpoints of its patterns', () => {
  const rig = new Rig();
  rig.push(rig.keyed('studio-a'), ...of('studio-a', announce(1, 'jazz'), announce(1, 'rock', { stream: 2 })));
  const edge = rig.relay.subscribe(rig.now, vouchedFor('subscriber', 'edge-1', '192.0.2.5:1', { mounts: ['jazz'] }))!;
  for (const stream of [1, 2]) {
    const title = encodeTitle({ ...newTitle('now', 1, undefined), isOrdered: false });
    rig.relay.subscriberSaid(rig.now, edge, framed(...of('studio-a', message(MessageType.TITLE, 0, title, { stream }))));
  }
  rig.pass(20);
  expect(rig.heard(MessageType.TITLE).map(({ streamId: id }) => Buffer.from(id))).toEqual([Buffer.from(idOf('studio-a', 1))]);
});
