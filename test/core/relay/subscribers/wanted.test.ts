import { describe, expect, it } from 'vitest';
import { ms, type Micros } from '../../../../core/base/units.ts';
import type { PathId, SubscriberId } from '../../../../core/base/machine.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { transports } from '../../../../core/links/transport.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import type { RelayEvent } from '../../../../core/relay/events.ts';
import { Relay, type RelayOptions } from '../../../../core/relay/relay.ts';
import { prefixed } from '../../../../core/wire/framing.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { encodeTitle } from '../../../../core/wire/messages/set-title.ts';
import { encodeWants } from '../../../../core/wire/messages/wants.ts';
import { join } from '../../codec/build.ts';
import { range } from '../../support/frames.ts';
import { announce, data, framed, hello, message, metadata, parts, unframed } from '../../support/messages.ts';

const mounts = ['live', 'talk', 'jazz'];
const streams = new Map(mounts.map((mount, index) => [mount, index + 1]));

/** A relay with an encoder of three mountpoints: each sends an ANNOUNCE, a title and audio, of which every tenth message is an ANNOUNCE again. */
class Rig {
  nowMs = 0;
  sequence = 0;
  readonly events: RelayEvent[] = [];
  readonly sent: Map<SubscriberId, Uint8Array[]> = new Map();
  readonly backlog: Map<SubscriberId, number> = new Map();
  /** What goes back by each path. */
  readonly back: Map<PathId, Uint8Array[]> = new Map();
  relay: Relay;
  readonly options: Omit<RelayOptions, 'settings'>;
  readonly path: PathId;

  constructor(options: Omit<RelayOptions, 'settings'> = {}) {
    this.options = options;
    this.relay = this.#newRelay();
    this.path = this.relay.openPath(this.now, transports.tcp, anonymous('source', 'encoder'))!;
  }

  get now(): Micros {
    return ms(this.nowMs);
  }

  until(atMs: number): void {
    while (this.relay.deadline <= ms(atMs)) {
      this.nowMs = Math.max(this.nowMs, this.relay.deadline / 1_000);
      this.relay.advance(this.now);
    }
    this.nowMs = atMs;
  }

  /** One message of each mountpoint every 20 ms. */
  play(forMs: number, by: PathId = this.path): void {
    for (const endMs = this.nowMs + forMs; this.nowMs < endMs; this.until(this.nowMs + 20)) {
      this.sequence++;
      const { sequence } = this;
      for (const [mount, stream] of streams) {
        const one = sequence % 10 === 1 ? announce(sequence, mount, { stream }) : sequence % 10 === 2 ? metadata(sequence, `StreamTitle='${mount}';`, { stream }) : data(sequence, Uint8Array.of(sequence), { stream });
        this.relay.receive(this.now, by, framed(one));
      }
    }
  }

  subscribe(): SubscriberId {
    const id = this.relay.subscribe(this.now, anonymous('subscriber', 'edge'))!;
    this.sent.set(id, []);
    return id;
  }

  /** A subscriber that wants `live` alone. @param beforeMs how long there are messages before it comes; @param afterMs and since then. */
  choosy(beforeMs: number, afterMs: number): SubscriberId {
    this.play(beforeMs);
    const edge = this.subscribe();
    this.want(edge, 1, 'live');
    this.play(afterMs);
    return edge;
  }

  want(id: SubscriberId, version: number, ...names: string[]): void {
    this.relay.subscriberSaid(this.now, id, prefixed(encodeWants(version, names)));
  }

  /** What a subscriber has been sent since it was asked last, without what the relay says of sources. */
  got(id: SubscriberId): ReturnType<typeof parts>[] {
    const all = unframed(join(...this.sent.get(id)!)).map(parts).filter(({ type }) => type !== MessageType.SOURCE);
    this.sent.set(id, []);
    return all;
  }

  restart(): void {
    const writer = new ByteWriter();
    this.relay.snapshot(new StateWriter(writer, 'whole'));
    this.relay = this.#newRelay();
    this.relay.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
  }

  #newRelay(): Relay {
    return new Relay({ settings: defaultSettings, ...this.options }, {
      send: (id, bytes) => this.sent.get(id)?.push(bytes.slice()),
      backlogBytes: (id) => this.backlog.get(id) ?? 0,
      cut: () => {},
      drop: () => {},
      acknowledge: (path, bytes) => this.back.set(path, [...(this.back.get(path) ?? []), bytes.slice()]),
      event: (event) => this.events.push(event),
    });
  }
}

type Parts = ReturnType<typeof parts>;

function of(all: readonly Parts[], mount: string): Parts[] {
  const id = parts(data(1, Uint8Array.of(), { stream: streams.get(mount)! })).id;
  return all.filter((one) => one.id === id);
}

const numbers = (all: readonly Parts[], mount: string): number[] => of(all, mount).map(({ sequence }) => sequence);
/** Of each WANTS that the relay says it has taken. */
const versionsTaken = (all: readonly Parts[]): number[] => all.filter(({ type }) => type === MessageType.WANTS).map(({ sequence }) => sequence);
const isAnnounce = ({ type }: Parts): boolean => type === MessageType.ANNOUNCE;

describe('a subscriber that wants some mountpoints', () => {
  it('gets everything before it says so, and then these, and the ANNOUNCE of all others', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.play(400);
    expect(numbers(rig.got(edge), 'talk')).toEqual(range(1, 20));
    rig.want(edge, 1, 'live');
    rig.play(400);
    const got = rig.got(edge);
    expect(numbers(got, 'live')).toEqual(range(21, 40));
    expect(of(got, 'talk').map(({ sequence, type }) => [sequence, type])).toEqual([[21, MessageType.ANNOUNCE], [31, MessageType.ANNOUNCE]]);
    expect(versionsTaken(got)).toEqual([1]);
    expect(rig.relay.stats).toMatchObject({ subscribers: 1, choosySubscribers: 1 });
  });

  it('gets the openings and the history of what is new at once, each message once and in order, and loses nothing of the others', () => {
    const rig = new Rig();
    const edge = rig.choosy(4_000, 1_000);
    rig.got(edge);
    rig.want(edge, 2, 'live', 'ja*');
    rig.until(rig.nowMs + 6);
    const atOnce = rig.got(edge);
    // The newest of each kind, what says that it is taken, and all of the history.
    expect(of(atOnce, 'jazz').slice(0, 2).map(({ type, sequence }) => [type, sequence])).toEqual([[MessageType.ANNOUNCE, 241], [MessageType.METADATA, 242]]);
    expect(numbers(atOnce, 'jazz').slice(2)).toEqual(range(1, 250));
    rig.play(1_000);
    const later = rig.got(edge);
    expect(numbers(later, 'jazz')).toEqual(range(251, 300));
    expect([...numbers(atOnce, 'live'), ...numbers(later, 'live')]).toEqual(range(251, 300));
    expect([...atOnce, ...later].filter((one) => of([one], 'talk').length > 0).every(isAnnounce)).toBe(true);
  });

  it('gets what comes meanwhile behind the history, where that does not go out at once', () => {
    const rig = new Rig();
    const edge = rig.choosy(4_000, 200);
    rig.got(edge);
    rig.backlog.set(edge, Infinity);
    rig.want(edge, 2, 'live', 'talk');
    rig.play(1_000);
    rig.want(edge, 3, 'live', 'talk', 'jazz');
    rig.play(1_000);
    rig.backlog.delete(edge);
    rig.play(200);
    const got = rig.got(edge);
    expect(numbers(got, 'live')).toEqual(range(211, 320));
    for (const mount of ['talk', 'jazz']) expect(numbers(got, mount).slice(2)).toEqual(range(1, 320));
  });

  it('gets nothing more of what it does not want any more, and its history when it wants it again', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.play(200);
    rig.want(edge, 1, 'live', 'talk');
    rig.play(200);
    rig.want(edge, 2, 'live');
    rig.got(edge);
    rig.play(400);
    expect(of(rig.got(edge), 'talk').every(isAnnounce)).toBe(true);
    rig.want(edge, 3, 'live', 'talk');
    rig.play(200);
    expect(numbers(rig.got(edge), 'talk').slice(2)).toEqual(range(1, 50));
  });

  it('that changes its mind while a history goes out gets none of it twice', () => {
    const rig = new Rig();
    const edge = rig.choosy(1_000, 100);
    rig.backlog.set(edge, Infinity);
    rig.want(edge, 2, 'live', 'talk');
    rig.want(edge, 3, 'live');
    rig.want(edge, 4, 'live', 'talk');
    rig.got(edge);
    rig.backlog.delete(edge);
    rig.play(100);
    expect(numbers(rig.got(edge), 'talk').filter((sequence, index, all) => all.indexOf(sequence) === index)).toEqual([51, 52, ...range(1, 50), ...range(53, 60)]);
  });

  it('is heard again and again, and taken once', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.play(200);
    for (const version of [2, 2, 1]) rig.want(edge, version, 'live');
    rig.play(100);
    expect(versionsTaken(rig.got(edge))).toEqual([2, 2, 1]);
    expect(rig.events.filter(({ kind }) => kind === 'bound-hit')).toEqual([]);
  });

  it('may want something else as often as a busy edge does, and no more', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.play(100);
    for (const version of range(1, 200)) {
      rig.want(edge, version, `m${version}`);
      rig.until(rig.nowMs + 1);
    }
    expect(rig.events).toContainEqual(expect.objectContaining({ kind: 'bound-hit', bound: 'wantsPerSubscriber' }));
    expect(versionsTaken(rig.got(edge)).length).toBeLessThan(75);
  });

  it('that says anything that is no WANTS is not read any more, and gets what it got before', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.play(100);
    rig.want(edge, 1, 'live');
    rig.relay.subscriberSaid(rig.now, edge, framed(message(MessageType.WANTS, 2, Uint8Array.of(7))));
    rig.want(edge, 3, 'talk');
    rig.got(edge);
    rig.play(200);
    const got = rig.got(edge);
    expect(numbers(got, 'live')).toEqual(range(6, 15));
    expect(of(got, 'talk').every(isAnnounce)).toBe(true);
  });

  it('gets the title of what is new that was set before', () => {
    const rig = new Rig();
    const edge = rig.choosy(400, 100);
    rig.relay.setTitle(rig.now, 'talk', 'Set', 1);
    rig.play(100);
    expect(rig.got(edge).filter(({ type }) => type === MessageType.TITLE)).toEqual([]);
    rig.want(edge, 2, 'talk');
    rig.play(100);
    // In front of the history, and where it was set in that.
    expect(of(rig.got(edge), 'talk').filter(({ type }) => type === MessageType.TITLE)).toHaveLength(2);
  });

  it('is gone on with where the state of a relay is restored, in the middle of a history', () => {
    const [one, other] = [new Rig(), new Rig()];
    const ends = [one, other].map((rig) => {
      const edge = rig.choosy(1_000, 100);
      rig.backlog.set(edge, Infinity);
      rig.want(edge, 2, 'live', 'talk');
      if (rig === other) rig.restart();
      rig.backlog.delete(edge);
      rig.play(500);
      return rig.got(edge);
    });
    expect(ends[1]).toEqual(ends[0]);
  });

  it('gets what is of no mountpoint yet, for it may turn out to want it', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.play(100);
    rig.want(edge, 1, 'live');
    rig.until(rig.nowMs + 10);
    rig.got(edge);
    rig.relay.receive(rig.now, rig.path, framed(data(1, Uint8Array.of(1), { stream: 9 })));
    rig.until(rig.nowMs + 10);
    expect(rig.got(edge)).toHaveLength(1);
  });
});

describe('a relay that refuses titles', () => {
  it('reads what is wanted all the same', () => {
    const rig = new Rig({ refusesTitles: true });
    const edge = rig.subscribe();
    rig.play(100);
    rig.relay.subscriberSaid(rig.now, edge, framed(message(MessageType.TITLE, 0, encodeTitle({ version: 5, title: 'Set', isOrdered: false }))));
    rig.want(edge, 1, 'live');
    rig.play(200);
    const got = rig.got(edge);
    expect(got.filter(({ type }) => type === MessageType.TITLE)).toEqual([]);
    expect(numbers(got, 'talk')).toEqual([1, 2, 3, 4, 5, 11]);
  });
});

describe('a relay that takes in some mountpoints of another one', () => {
  function upstreamOf(rig: Rig): PathId {
    return rig.relay.openPath(rig.now, transports.tcp, anonymous('relay', 'upstream'))!;
  }

  it('says so, again until that has taken it, and passes nothing else on', () => {
    const rig = new Rig({ mounts: ['li*'] });
    const upstream = upstreamOf(rig);
    const edge = rig.subscribe();
    rig.relay.receive(rig.now, upstream, framed(message(MessageType.HELLO, 3, parts(hello({ side: 'out', peerPort: 1 })).payload)));
    rig.play(3_000, upstream);
    const told = rig.back.get(upstream)!;
    expect(told).toHaveLength(3);
    expect(new Set(told.map((one) => one.join())).size).toBe(1);
    expect(told[0]).toEqual(prefixed(encodeWants(1, ['li*'])));
    rig.relay.receive(rig.now, upstream, framed(message(MessageType.WANTS, 1, Uint8Array.of())));
    rig.play(2_000, upstream);
    expect(rig.back.get(upstream)).toHaveLength(3);
    const got = rig.got(edge);
    expect(numbers(got, 'live')).toEqual(range(1, 250));
    expect(of(got, 'talk')).toEqual([]);
    expect(rig.relay.stats.streams).toBe(1);
    const { dropped } = rig.relay.stats.paths.find(({ label }) => label === 'upstream')!;
    // Of each of the two others: all but every tenth, which are announcements.
    expect(dropped).toEqual({ 'not-wanted': 2 * 225 });
  });

  it('says nothing to one that does not read it, and takes in what encoders push, whatever it is', () => {
    const rig = new Rig({ mounts: ['li*'] });
    const upstream = upstreamOf(rig);
    rig.relay.receive(rig.now, upstream, framed(hello({ side: 'out', peerPort: 1 })));
    const edge = rig.subscribe();
    rig.play(1_000);
    expect(rig.back.get(upstream)).toBeUndefined();
    expect(numbers(rig.got(edge), 'talk')).toEqual(range(1, 50));
  });

  it('counts a WANTS of anybody else as what it is', () => {
    const rig = new Rig();
    rig.relay.receive(rig.now, rig.path, framed(message(MessageType.WANTS, 1, Uint8Array.of(0))));
    expect(rig.relay.stats.paths[0]!.dropped).toEqual({ 'bad-wants': 1 });
  });
});
