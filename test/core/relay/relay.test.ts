import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RelayEvent } from '../../../core/relay/events.ts';
import type { PathId, SubscriberId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports, type TransportName } from '../../../core/links/transport.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { StateReader, StateWriter } from '../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../core/recording/file/wire.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { range } from '../support/frames.ts';
import { announce, chunked, data, framed, headers, hex, message, metadata, origin, parts, streamId, unframed } from '../support/messages.ts';

class Rig {
  nowMs = 0;
  readonly events: RelayEvent[] = [];
  readonly sent: Map<SubscriberId, { atMs: number; bytes: Uint8Array }[]> = new Map();
  readonly backlog: Map<SubscriberId, number> = new Map();
  readonly slow: Set<SubscriberId> = new Set();
  readonly cuts: SubscriberId[] = [];
  readonly drops: [PathId, string][] = [];
  readonly relay: Relay;

  constructor(settings: Partial<Settings> = {}) {
    this.relay = new Relay({ settings: { ...defaultSettings, ...settings } }, {
      send: (subscriber, bytes) => {
        if (!this.sent.has(subscriber)) this.sent.set(subscriber, []);
        this.sent.get(subscriber)!.push({ atMs: this.nowMs, bytes: bytes.slice() });
        if (this.slow.has(subscriber)) this.backlog.set(subscriber, (this.backlog.get(subscriber) ?? 0) + bytes.length);
      },
      backlogBytes: (subscriber) => this.backlog.get(subscriber) ?? 0,
      cut: (subscriber) => this.cuts.push(subscriber),
      drop: (path, reason) => this.drops.push([path, reason]),
      event: (event) => this.events.push(event),
    });
  }

  get now(): Micros {
    return Math.round(this.nowMs * 1000) as Micros;
  }

  path(transport: TransportName = 'tcp', label = 'encoder'): PathId {
    return this.relay.openPath(this.now, transports[transport], anonymous('source', label))!;
  }

  subscribe(label = 'edge'): SubscriberId {
    const id = this.relay.subscribe(this.now, anonymous('subscriber', label))!;
    this.sent.set(id, []);
    return id;
  }

  tcp(path: PathId, ...messages: Uint8Array[]): void {
    this.relay.receive(this.now, path, framed(...messages));
  }

  until(atMs: number): void {
    for (let turns = 0; this.relay.deadline <= Math.round(atMs * 1000); turns++) {
      if (turns > 300_000) throw new Error(`the deadline ${this.relay.deadlineReason} never passes`);
      this.nowMs = Math.max(this.nowMs, this.relay.deadline / 1000);
      this.relay.advance(this.now);
    }
    this.nowMs = Math.max(this.nowMs, atMs);
  }

  after(spanMs: number): void {
    this.until(this.nowMs + spanMs);
  }

  /** What was passed on: the relay's own words left out. */
  got(subscriber: SubscriberId): Uint8Array[] {
    return this.all(subscriber).filter((one) => parts(one).type !== MessageType.SOURCE);
  }

  all(subscriber: SubscriberId): Uint8Array[] {
    return unframed(join(...this.sent.get(subscriber)!.map(({ bytes }) => bytes)));
  }

  sequences(subscriber: SubscriberId): number[] {
    return this.got(subscriber).map((one) => parts(one).sequence);
  }

  of<Kind extends RelayEvent['kind']>(kind: Kind): Extract<RelayEvent, { kind: Kind }>[] {
    return this.events.filter((event): event is Extract<RelayEvent, { kind: Kind }> => event.kind === kind);
  }

  dropped(path: number): Readonly<Record<string, number>> {
    return this.relay.stats.paths[path]!.dropped;
  }
}

const payload = (n: number, length = 20): Uint8Array => new Uint8Array(length).fill(n);

describe('the relay', () => {
  it('forwards every message byte for byte, unknown types and empty payloads too, soon and to everybody', () => {
    const rig = new Rig();
    const subscribers = [rig.subscribe(), rig.subscribe()];
    const path = rig.path();
    const messages = [announce(1, 'jazz'), data(2, payload(1)), message(16, 3, payload(3)), message(255, 4, new Uint8Array(0), { replica: 200 }), data(5, payload(5, 65_000))];
    rig.tcp(path, ...messages);
    expect(rig.relay.deadline).toBeLessThanOrEqual(rig.now + 5_000);
    rig.after(5);
    for (const subscriber of subscribers) expect(rig.got(subscriber).map(hex)).toEqual(messages.map(hex));
  });

  it('takes in what datagrams bring, one message each', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const path = rig.path('udp');
    rig.relay.receive(rig.now, path, data(1, payload(1)));
    rig.relay.receive(rig.now, path, framed(data(2, payload(2)))); // not a message: its prefix is taken for type and replica
    rig.relay.receive(rig.now, path, new Uint8Array(10));
    rig.relay.receive(rig.now, path, new Uint8Array(0));
    rig.after(5);
    expect(hex(rig.got(subscriber)[0]!)).toBe(hex(data(1, payload(1))));
    expect(rig.dropped(0)).toMatchObject({ 'too-short': 2 });
  });

  it('drops second copies, whatever their replica number and path', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const [a, b] = [rig.path(), rig.path('udp')];
    const copies = (replica: number): Uint8Array[] => [announce(1, 'x', { replica }), data(2, payload(2), { replica }), data(3, payload(3), { replica })];
    rig.tcp(a, ...copies(0));
    for (const one of copies(1)) rig.relay.receive(rig.now, b, one);
    rig.after(5);
    expect(rig.sequences(subscriber)).toEqual([1, 2, 3]);
    expect(rig.dropped(1)).toEqual({ duplicate: 3 });
    expect(rig.relay.stats.messagesIn).toBe(6);
  });

  it.each([
    { first: [464, 463], last: 463, apartMs: 20 },
    { first: [464, 463, 461, 462], last: 463, apartMs: 20 },
    { first: [464, 460, 462], last: 463, apartMs: 20 },
    { first: [344, 343, 341], last: 350, apartMs: 0 },
  ])('passes nothing on twice when $first came first, by datagram, and the history of another relay, to $last, $apartMs ms behind them', ({ first, last, apartMs }) => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const datagrams = rig.path('udp', 'studio-1');
    for (const n of first) rig.relay.receive(rig.now, datagrams, data(n, payload(n)));
    if (apartMs > 0) rig.after(apartMs);
    const upstream = rig.relay.openPath(rig.now, transports.tcp, anonymous('relay', 'relay-1'))!;
    rig.tcp(upstream, ...range(1, last).map((n) => data(n, payload(n))));
    rig.after(100);
    expect(rig.sequences(subscriber).toSorted((a, b) => a - b)).toEqual(range(1, Math.max(last, ...first)));
  });

  it('passes nothing on twice that came before such a history, however late another copy comes', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const direct = rig.path('udp');
    rig.relay.receive(rig.now, direct, data(344, payload(1)));
    const upstream = rig.relay.openPath(rig.now, transports.tcp, anonymous('relay', 'relay'))!;
    rig.tcp(upstream, ...range(1, 343).map((sequence) => data(sequence, payload(1))));
    for (const sequence of range(345, 800)) {
      rig.after(26);
      rig.tcp(upstream, data(sequence, payload(1)));
    }
    rig.tcp(rig.relay.openPath(rig.now, transports.tcp, anonymous('relay', 'another relay'))!, data(344, payload(1)));
    rig.after(100);
    expect(rig.sequences(subscriber).toSorted((a, b) => a - b)).toEqual(range(1, 800));
  });

  it('passes on all that comes at once behind a long loss, also when that is more than a path may keep', () => {
    const rig = new Rig({ windowBytes: 65_536 });
    const subscriber = rig.subscribe();
    const path = rig.path();
    rig.tcp(path, ...range(1, 10).map((sequence) => data(sequence, payload(1, 400))));
    rig.tcp(path, ...range(100, 400).map((sequence) => data(sequence, payload(1, 400))));
    rig.after(100);
    expect(rig.sequences(subscriber)).toEqual([...range(1, 10), ...range(100, 400)]);
  });

  it('passes on what comes behind a long loss when its path closes at once', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const path = rig.path();
    rig.tcp(path, ...[...range(1, 10), ...range(100, 110)].map((sequence) => data(sequence, payload(1))));
    rig.relay.closePath(rig.now, path, 'closed');
    rig.after(100);
    expect(rig.sequences(subscriber)).toEqual([...range(1, 10), ...range(100, 110)]);
  });

  it('passes on what its only path has brought between two long losses', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const path = rig.path();
    const sequences = [...range(1, 100), ...range(1_000, 1_020), ...range(1_200, 1_250)];
    for (const sequence of sequences) {
      if (sequence < 1_000 || sequence > 1_210) rig.after(26);
      rig.tcp(path, data(sequence, payload(1)));
    }
    rig.after(1_000);
    expect(rig.sequences(subscriber)).toEqual(sequences);
  });

  it('passes titles that lay far ahead on before what comes behind them', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const path = rig.path();
    rig.tcp(path, data(1, payload(1)));
    rig.tcp(path, ...range(150, 153).map((sequence) => metadata(sequence, 'title')));
    for (const sequence of [...range(2, 149), 154, 155]) {
      rig.after(60);
      rig.tcp(path, data(sequence, payload(1)));
    }
    rig.after(100);
    expect(rig.sequences(subscriber)).toEqual(range(1, 155));
  });

  it('deduplicates each stream by itself', () => {
    const rig = new Rig();
    const subscriber = rig.subscribe();
    const path = rig.path();
    for (const n of range(1, 5)) rig.tcp(path, data(n, payload(n), { stream: 1 }), data(n, payload(n), { stream: 2 }), data(n, payload(n), { stream: 1 }));
    rig.after(5);
    expect(rig.got(subscriber)).toHaveLength(10);
  });

  it('gives the same to a subscriber whatever the chunking of what came in', () => {
    const all = framed(...range(1, 30).map((n) => data(n, payload(n, 10 * n))));
    fc.assert(fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 10 }), (cuts) => {
      const rig = new Rig();
      const subscriber = rig.subscribe();
      const path = rig.path();
      for (const chunk of chunked(all, cuts)) {
        rig.relay.receive(rig.now, path, chunk);
        rig.after(1);
      }
      rig.after(10);
      expect(hex(join(...rig.sent.get(subscriber)!.map(({ bytes }) => bytes)))).toBe(hex(all));
    }), { numRuns: 40 });
  });

  it('opens the history for a new subscriber with the newest ANNOUNCE, HEADERS and METADATA, then live', () => {
    const rig = new Rig();
    const path = rig.path();
    rig.tcp(path, announce(1, 'jazz'), headers(2, 'Icy-Name\rA'), metadata(3, "StreamTitle='old';"), data(4, payload(4)));
    for (let n = 5; n <= 600; n++) {
      rig.after(26);
      rig.tcp(path, n === 300 ? metadata(n, "StreamTitle='new';") : data(n, payload(n)));
    }
    const subscriber = rig.subscribe();
    rig.after(1);
    const got = rig.got(subscriber).map(parts);
    expect(got.slice(0, 3).map(({ type, sequence }) => [type, sequence])).toEqual([[2, 1], [3, 2], [1, 300]]);
    const history = got.slice(3).map(({ sequence }) => sequence);
    expect(history).toEqual(range(history[0]!, 600));
    expect(history.length * 26).toBeGreaterThanOrEqual(10_000 - 26);
    expect(history.length * 26).toBeLessThan(10_000 + 150);
    expect(rig.of('subscriber-joined')).toMatchObject([{ label: 'edge', historyMessages: history.length }]);
    rig.tcp(path, data(601, payload(1)));
    rig.after(5);
    expect(rig.sequences(subscriber).at(-1)).toBe(601);
  });

  it('opens many streams with few writes, each time as they are then', () => {
    const rig = new Rig();
    const path = rig.path();
    // As many as one connection may bring at once.
    const count = 1_024;
    for (let stream = 1; stream <= count; stream++) rig.tcp(path, announce(1, `mount-${stream}`, { stream }), metadata(2, 'before', { stream }));
    const openingOf = (subscriber: SubscriberId): number[] => {
      rig.after(10);
      const opening = unframed(join(...rig.sent.get(subscriber)!.map(({ bytes }) => bytes).slice(0, 4))).map(parts);
      return [MessageType.ANNOUNCE, MessageType.METADATA, MessageType.SOURCE].map((wanted) => opening.filter(({ type }) => type === wanted).length);
    };
    rig.until(15_000);
    expect(openingOf(rig.subscribe())).toEqual([count, count, count]);
    for (let stream = 1; stream <= count; stream++) rig.tcp(path, metadata(3, 'behind', { stream }));
    const second = rig.subscribe();
    expect(openingOf(second)).toEqual([count, 2 * count, count]);
    expect(Buffer.from(rig.sent.get(second)![0]!.bytes).toString('latin1')).not.toContain('before');
    rig.relay.closePath(rig.now, path, 'closed');
    // What it said of that stands in the opening, and in the history too.
    expect(openingOf(rig.subscribe())).toEqual([count, 2 * count, 2 * count]);
  });

  it('opens every stream, and keeps the newest opening though an older one comes later', () => {
    const rig = new Rig();
    const path = rig.path();
    rig.tcp(path, announce(10, 'one', { stream: 1 }), announce(5, 'older', { stream: 1 }), announce(7, 'two', { stream: 2 }));
    const subscriber = rig.subscribe();
    rig.after(1);
    const opening = rig.got(subscriber).slice(0, 2).map((one) => Buffer.from(parts(one).payload.subarray(1)).toString());
    expect(opening).toEqual(['one', 'two']);
    expect(rig.of('stream-announced').map(({ mount }) => mount)).toEqual(['one', 'two']);
  });

  it('has no history older than ten seconds, though nothing came since', () => {
    const rig = new Rig();
    const path = rig.path();
    rig.tcp(path, announce(1, 'jazz'), data(2, payload(2)));
    rig.after(11_000);
    const subscriber = rig.subscribe();
    rig.after(5);
    expect(rig.sequences(subscriber)).toEqual([1]);
  });

  it('forgets a stream after 20 s of silence, with its opening', () => {
    const rig = new Rig();
    const path = rig.path();
    rig.tcp(path, announce(1, 'jazz'), origin(2, 'studio-a'));
    rig.after(15_000);
    rig.tcp(path, data(3, payload(2)));
    rig.after(19_000);
    expect(rig.relay.stats.streams).toBe(1);
    rig.after(1_001);
    expect(rig.relay.stats.streams).toBe(0);
    expect(rig.of('stream-forgotten')).toMatchObject([{ stream: hex(streamId(1)), mount: 'jazz', origin: 'studio-a', source: 'encoder', silentMs: 20_000 }]);
    const subscriber = rig.subscribe();
    rig.after(5);
    expect(rig.got(subscriber)).toEqual([]);
    rig.tcp(path, data(4, payload(3)));
    rig.after(5);
    expect(rig.sequences(subscriber)).toEqual([4]);
    expect(rig.relay.heldBytes).toBeLessThan(300_000);
  });

  it('holds back what a slow subscriber does not take, and gives it later, in order, without loss', () => {
    const rig = new Rig({ subscriberInFlightBytes: 65_536 });
    const path = rig.path();
    const [slow, good] = [rig.subscribe('slow'), rig.subscribe('good')];
    rig.slow.add(slow);
    for (let n = 1; n <= 300; n++) {
      rig.after(26);
      rig.tcp(path, data(n, payload(n, 1_000)));
    }
    rig.after(10);
    expect(rig.backlog.get(slow)!).toBeLessThan(65_536 + 131_072);
    expect(rig.sequences(good)).toEqual(range(1, 300));
    rig.slow.delete(slow);
    rig.backlog.set(slow, 0);
    rig.after(50);
    expect(rig.sequences(slow)).toEqual(range(1, 300));
    expect(rig.relay.stats.lostMessages).toBe(0);
    expect(rig.cuts).toEqual([]);
  });

  it('counts what a subscriber loses that is further behind than the history, and cuts it off if it stays so', () => {
    const rig = new Rig({ subscriberInFlightBytes: 65_536 });
    const path = rig.path();
    const [slow, good] = [rig.subscribe('slow'), rig.subscribe('good')];
    rig.slow.add(slow);
    let n = 0;
    const live = (ms: number): void => {
      for (let at = 0; at < ms; at += 26) {
        rig.after(26);
        rig.tcp(path, data(++n, payload(n, 1_000)));
      }
    };
    live(14_000);
    expect(rig.of('subscriber-behind')).toMatchObject([{ label: 'slow' }]);
    expect(rig.relay.stats.lostMessages).toBeGreaterThan(0);
    // It catches up: well again.
    rig.backlog.set(slow, 0);
    rig.slow.delete(slow);
    live(200);
    expect(rig.sequences(slow).at(-1)).toBeGreaterThan(n - 3);
    expect(rig.sequences(slow).length + rig.relay.stats.lostMessages).toBeGreaterThan(n - 3);
    live(20_000);
    expect(rig.cuts).toEqual([]);
    // It does not.
    rig.slow.add(slow);
    live(25_000);
    expect(rig.cuts).toEqual([slow]);
    expect(rig.of('subscriber-cut')).toMatchObject([{ label: 'slow' }]);
    expect(rig.of('subscriber-cut')[0]!.behindMs).toBeGreaterThanOrEqual(10_000);
    expect(rig.of('subscriber-cut')[0]!.behindMs).toBeLessThan(10_100);
    expect(rig.of('subscriber-cut')[0]!.lostMessages).toBe(rig.relay.stats.lostMessages);
    expect(rig.relay.stats.subscribers).toBe(1);
    expect(rig.sequences(good)).toEqual(range(1, n - 1).concat(rig.sequences(good).length === n ? [n] : []));
    rig.relay.unsubscribe(rig.now, slow, 'closed');
    expect(rig.of('subscriber-left')).toEqual([]);
  });

  it('bounds its history by bytes, also when everything comes at once', () => {
    for (const apartMs of [0, 1, 30]) {
      const rig = new Rig({ historyBytes: 1_048_576 });
      const path = rig.path();
      for (let n = 1; n <= 600; n++) {
        rig.tcp(path, data(n, payload(n, 8_000)));
        rig.after(apartMs);
        expect(rig.relay.heldBytes).toBeLessThan(1_048_576 + 4 * 131_072);
      }
      expect(rig.of('bound-hit').some(({ bound }) => bound === 'historyBytes')).toBe(true);
      const subscriber = rig.subscribe();
      rig.after(20);
      expect(rig.sequences(subscriber)).toEqual(range(rig.sequences(subscriber)[0]!, 600));
      expect(rig.sequences(subscriber).length).toBeGreaterThan(100);
    }
  });

  it('bounds its history even when one call brings more than it may hold', () => {
    const rig = new Rig({ historyBytes: 1_048_576 });
    const path = rig.path();
    rig.tcp(path, ...range(1, 500).map((n) => data(n, payload(n, 8_000))));
    expect(rig.relay.heldBytes).toBeLessThan(1_048_576 + 4 * 131_072);
  });

  it('carries on streams beyond its bound, without remembering them', () => {
    const rig = new Rig({ maxStreams: 3 });
    const subscriber = rig.subscribe();
    const path = rig.path();
    for (const stream of range(1, 10)) rig.tcp(path, announce(1, `m${stream}`, { stream }), data(2, payload(2), { stream }));
    rig.after(5);
    expect(rig.got(subscriber)).toHaveLength(20);
    expect(rig.relay.stats.streams).toBe(3);
    expect(rig.of('bound-hit').map(({ count }) => count)).toEqual([1, 2, 4, 8]);
  });

  it('counts and bounds what it keeps to open streams with', () => {
    const rig = new Rig();
    const path = rig.path();
    const before = rig.relay.heldBytes;
    rig.tcp(path, data(1, payload(1)), ...range(1, 200).map((stream) => headers(1, 'x'.repeat(60_000), { stream })));
    rig.after(10_500);
    rig.subscribe();
    rig.after(10);
    expect(rig.relay.heldBytes - before).toBeLessThan(2 * 131_072);
    const counted = rig.relay.heldBytes;
    rig.tcp(path, ...range(1, 200).map((stream) => headers(2, 'x'.repeat(8_000), { stream })));
    rig.after(10_500);
    rig.subscribe();
    expect(rig.relay.heldBytes - counted).toBeGreaterThan(1_500_000);
    rig.after(30_000);
    expect(rig.relay.stats.streams).toBe(0);
    expect(rig.relay.heldBytes).toBeLessThanOrEqual(counted + 131_072);
  });

  it('refuses paths and subscribers beyond its bounds', () => {
    const rig = new Rig({ maxPaths: 2, maxSubscribers: 1 });
    rig.tcp(rig.path('tcp', 'first:1'), data(1, payload(1)));
    const second = rig.path('tcp', 'second:1');
    rig.tcp(second, data(2, payload(1), { stream: 2 }));
    expect(rig.relay.openPath(rig.now, transports.tcp, anonymous('source', 'third'))).toBeUndefined();
    rig.relay.closePath(rig.now, second, 'closed');
    expect(rig.relay.openPath(rig.now, transports.tcp, anonymous('source', 'third'))).toBeDefined();
    const first = rig.subscribe();
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', 'more'))).toBeUndefined();
    rig.relay.unsubscribe(rig.now, first, 'closed');
    expect(rig.relay.subscribe(rig.now, anonymous('subscriber', 'more'))).toBeDefined();
    expect(rig.of('bound-hit').map(({ bound }) => bound)).toEqual(['maxPaths', 'maxSubscribers']);
  });

  it('takes other limits and times while it runs, and another relay that goes on with its state has them', () => {
    const rig = new Rig({ maxSubscribers: 1, maxPaths: 1, firstMessageMs: 10_000, historyMs: 10_000 });
    const path = rig.path();
    for (let sequence = 1; sequence <= 8; sequence++) {
      rig.tcp(path, data(sequence, payload(sequence)));
      rig.after(1_000);
    }
    rig.subscribe();
    const another = (relay: Relay): SubscriberId | undefined => relay.subscribe(rig.now, anonymous('subscriber', 'other'));
    expect(another(rig.relay)).toBeUndefined();
    rig.relay.changeSettings(rig.now, { maxSubscribers: 3, maxPaths: 2, firstMessageMs: 500, historyMs: 3_000 });
    // What is older is not there for whoever comes now.
    const late = rig.subscribe('late');
    rig.after(100);
    expect(rig.sequences(late)).toEqual([6, 7, 8]);
    const silent = rig.path('tcp', 'silent:1');
    rig.after(600);
    expect(rig.drops).toEqual([[silent, 'silent']]);
    const writer = new ByteWriter();
    rig.relay.snapshot(new StateWriter(writer, 'whole'));
    const next = new Rig({ maxSubscribers: 1 });
    next.relay.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
    for (const relay of [rig.relay, next.relay]) expect([another(relay) === undefined, another(relay)]).toEqual([false, undefined]);
  });

  it('says what a path brought when it closes, and forgets it', () => {
    const rig = new Rig();
    const path = rig.path('tcp', '10.0.0.1:5');
    rig.tcp(path, data(1, payload(1)), data(1, payload(1)), new Uint8Array(5));
    rig.relay.closePath(rig.now, path, 'reset');
    rig.relay.closePath(rig.now, path, 'reset');
    expect(rig.of('path-opened')).toEqual([{ kind: 'path-opened', path, label: '10.0.0.1:5', transport: 'tcp' }]);
    expect(rig.of('path-closed')).toEqual([
      { kind: 'path-closed', path, label: '10.0.0.1:5', reason: 'reset', messages: 3, bytes: 46 + 2 + 46 + 2 + 5 + 2, dropped: { 'duplicate': 1, 'too-short': 1 } },
    ]);
  });

  it('is idle when there is nobody to write to and nothing to forget', () => {
    const rig = new Rig();
    expect([rig.relay.deadline, rig.relay.deadlineReason]).toEqual([NEVER, 'none']);
    rig.tcp(rig.path(), data(1, payload(1)));
    expect(rig.relay.deadlineReason).toBe('first-message');
    rig.after(10_001);
    expect(rig.relay.deadlineReason).toBe('forget-stream');
    rig.after(20_000);
    expect([rig.relay.deadline, rig.relay.deadlineReason]).toEqual([NEVER, 'none']);
  });
});
