import { describe, expect, it } from 'vitest';
import { ms, type Micros } from '../../../core/base/units.ts';
import type { PathId, SubscriberId } from '../../../core/base/machine.ts';
import { anonymous } from '../../../core/links/peers/peer.ts';
import { transports } from '../../../core/links/transport.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { StateReader, StateWriter } from '../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../core/recording/file/wire.ts';
import type { RelayEvent } from '../../../core/relay/events.ts';
import { Relay } from '../../../core/relay/relay.ts';
import { encodeHello, HELLO_TAKES_MOMENTS } from '../../../core/wire/messages/extensions.ts';
import { decodeBreaks, encodeBreaks, type Breaks } from '../../../core/wire/messages/breaks-message.ts';
import { decodeMoment, encodeMoment, type Moment } from '../../../core/wire/messages/moment-message.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { join } from '../codec/build.ts';
import { announce, data, framed, hex, message, parts, streamId, unframed } from '../support/messages.ts';

const FIRST: Moment = { sequence: 8, anchorUs: 1_800_000_000_000_000, sinceSamples: 4_608, onAirUs: 0 };

/** A relay with an encoder of one stream, of messages 1 to 40, and another relay that it subscribes to, which has the same stream. */
class Rig {
  now = 1_000 as Micros;
  readonly events: RelayEvent[] = [];
  readonly sent = new Map<SubscriberId, Uint8Array[]>();
  readonly back: [PathId, Uint8Array][] = [];
  relay: Relay;
  readonly #refusesTitles: boolean;
  readonly encoder: PathId;
  readonly upstream: PathId;

  constructor({ saysTime = false, refusesTitles = false, takesMoments = true } = {}) {
    this.#refusesTitles = refusesTitles;
    this.relay = this.#newRelay();
    this.encoder = this.relay.openPath(this.now, transports.tcp, anonymous('source', 'encoder'))!;
    this.upstream = this.relay.openPath(this.now, transports.tcp, anonymous('relay', 'other'))!;
    this.relay.receive(this.now, this.upstream, framed(message(MessageType.HELLO, 2, encodeHello({ side: 'out', peerPort: 1 }), { stream: 999, replica: takesMoments ? HELLO_TAKES_MOMENTS : 0 })));
    this.relay.receive(this.now, this.encoder, framed(announce(1, 'live')));
    if (saysTime) this.relay.receive(this.now, this.encoder, framed(message(MessageType.TIMELINE, 2, encodeMoment(FIRST)!.subarray(8))));
    for (let sequence = 3; sequence <= 40; sequence++) this.relay.receive(this.now, this.encoder, framed(data(sequence, Uint8Array.of(sequence))));
  }

  subscribe(): SubscriberId {
    const id = this.relay.subscribe(this.now, anonymous('subscriber', 'edge'))!;
    this.sent.set(id, []);
    return id;
  }

  say(by: SubscriberId, moment: Moment): void {
    this.relay.subscriberSaid(this.now, by, framed(message(MessageType.MOMENT, 0, encodeMoment(moment)!)));
    this.flush();
  }

  flush(): void {
    this.now = (this.now + ms(100)) as Micros;
    this.relay.advance(this.now);
  }

  /** The moments that a subscriber has been sent since it was asked last. */
  got(id: SubscriberId): (Moment | undefined)[] {
    this.flush();
    const all = unframed(join(...this.sent.get(id)!));
    this.sent.set(id, []);
    const moments = all.filter((one) => one[0] === MessageType.MOMENT);
    // Whoever does not know the type takes it for a second copy of the ANNOUNCE.
    for (const one of moments) expect(parts(one)).toMatchObject({ sequence: 1, replica: 0 });
    return moments.map((one) => decodeMoment(one.subarray(26)));
  }

  sayBreaks(by: SubscriberId, breaks: Breaks): void {
    this.relay.subscriberSaid(this.now, by, framed(message(MessageType.BREAKS, 0, encodeBreaks(breaks))));
    this.flush();
  }

  /** What a subscriber was told of discontinuities since it was asked last. */
  breaksOf(id: SubscriberId): (Breaks | undefined)[] {
    this.flush();
    const all = unframed(join(...this.sent.get(id)!));
    this.sent.set(id, []);
    return all.filter((one) => one[0] === MessageType.BREAKS).map((one) => decodeBreaks(one.subarray(26)));
  }

  restart(): void {
    const writer = new ByteWriter();
    this.relay.snapshot(new StateWriter(writer, 'whole'));
    this.relay = this.#newRelay();
    this.relay.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
  }

  #newRelay(): Relay {
    return new Relay({ settings: defaultSettings, refusesTitles: this.#refusesTitles }, {
      send: (id, bytes) => this.sent.get(id)?.push(bytes.slice()),
      backlogBytes: () => 0,
      cut: () => {},
      drop: () => {},
      acknowledge: (path, bytes) => this.back.push([path, bytes.slice()]),
      event: (event) => this.events.push(event),
    });
  }
}

const dropped = ({ relay }: Rig, label: string): Record<string, number> => ({ ...relay.stats.paths.find((path) => path.label === label)!.dropped });

describe('what edges say of when a stream was recorded', () => {
  it('goes to all of them, and first to those that come later, also from the next process', () => {
    const rig = new Rig();
    const [one, other] = [rig.subscribe(), rig.subscribe()];
    rig.say(one, FIRST);
    expect([rig.got(one), rig.got(other)]).toEqual([[FIRST], [FIRST]]);
    rig.now = (rig.now + ms(12_000)) as Micros;
    rig.restart();
    expect(rig.got(rig.subscribe())).toEqual([FIRST]);
  });

  it('goes no further when it is no news', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    const later = { ...FIRST, sequence: 16 };
    for (const moment of [FIRST, later, FIRST, later, { ...later, anchorUs: later.anchorUs + 1 }, { ...later, anchorUs: later.anchorUs - 1 }, { ...FIRST, sequence: 8_000_000 }]) rig.say(edge, moment);
    expect(rig.got(edge)).toEqual([FIRST, later, { ...later, anchorUs: later.anchorUs - 1 }]);
  });

  it('of a message that comes in a minute and a half does not keep what others say from going on', () => {
    const rig = new Rig();
    const [hostile, edge] = [rig.subscribe(), rig.subscribe()];
    const faraway = { ...FIRST, sequence: 40 + 4_096 };
    rig.say(hostile, faraway);
    rig.say(edge, FIRST);
    rig.say(edge, { ...FIRST, sequence: 16 });
    expect(rig.got(hostile)).toEqual([faraway, FIRST, { ...FIRST, sequence: 16 }]);
    rig.now = (rig.now + ms(12_000)) as Micros;
    rig.restart();
    expect(rig.got(rig.subscribe())).toEqual([{ ...FIRST, sequence: 16 }]);
  });

  it('is not wanted of a stream that says so itself, nor of one that is not known, nor where subscribers are not believed', () => {
    for (const rig of [new Rig({ saysTime: true }), new Rig({ refusesTitles: true })]) {
      const edge = rig.subscribe();
      rig.say(edge, FIRST);
      rig.relay.subscriberSaid(rig.now, edge, framed(message(MessageType.MOMENT, 0, encodeMoment(FIRST)!, { stream: 7 })));
      expect(rig.got(edge)).toEqual([]);
    }
  });

  it('goes to relays that take it, and comes from them', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.say(edge, FIRST);
    expect(rig.back.filter(([, bytes]) => bytes[2] === MessageType.MOMENT).map(([path]) => path)).toEqual([rig.upstream]);
    rig.back.length = 0;
    const later = { ...FIRST, sequence: 24 };
    rig.relay.receive(rig.now, rig.upstream, framed(message(MessageType.MOMENT, 0, encodeMoment(later)!)));
    expect(rig.got(edge)).toEqual([FIRST, later]);
    expect(rig.back.filter(([, bytes]) => bytes[2] === MessageType.MOMENT)).toEqual([]);
    const older = new Rig({ takesMoments: false });
    older.say(older.subscribe(), FIRST);
    expect(older.back.filter(([, bytes]) => bytes[2] === MessageType.MOMENT)).toEqual([]);
  });

  it('is believed of no encoder, and of nobody who says what cannot be', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.relay.receive(rig.now, rig.encoder, framed(message(MessageType.MOMENT, 0, encodeMoment(FIRST)!)));
    rig.relay.receive(rig.now, rig.upstream, framed(message(MessageType.MOMENT, 0, new Uint8Array(32))));
    expect([dropped(rig, 'encoder'), dropped(rig, 'other')]).toEqual([{ 'bad-moment': 1 }, { 'bad-moment': 1 }]);
    rig.relay.subscriberSaid(rig.now, edge, framed(message(MessageType.MOMENT, 0, new Uint8Array(32))));
    rig.say(edge, FIRST);
    expect(rig.got(edge)).toEqual([]);
  });

  it('is bounded for each subscriber', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    for (let i = 0; i < 1_100; i++) rig.relay.subscriberSaid(rig.now, edge, framed(message(MessageType.MOMENT, 0, encodeMoment({ ...FIRST, anchorUs: FIRST.anchorUs - i })!)));
    expect(rig.got(edge)).toHaveLength(1_024);
    expect(rig.events).toContainEqual(expect.objectContaining({ kind: 'bound-hit', bound: 'momentsPerSubscriber' }));
  });
});

describe('what edges have counted of discontinuities', () => {
  const one: Breaks = { number: 300_000_000, slotMs: 6_000, count: 3 };
  const more: Breaks = { number: 300_000_007, slotMs: 6_000, count: 4 };

  it('goes to all of them if it is more than was known, and first to those that come later, also from the next process', () => {
    const rig = new Rig();
    const [edge, other] = [rig.subscribe(), rig.subscribe()];
    for (const breaks of [one, one, more, one, { ...more, number: more.number + 8 }]) rig.sayBreaks(edge, breaks);
    expect([rig.breaksOf(edge), rig.breaksOf(other)]).toEqual([[one, more], [one, more]]);
    expect(rig.back.filter(([, bytes]) => bytes[2] === MessageType.BREAKS).map(([path]) => path)).toEqual([rig.upstream, rig.upstream]);
    rig.now = (rig.now + ms(12_000)) as Micros;
    rig.restart();
    expect(rig.breaksOf(rig.subscribe())).toEqual([more]);
  });

  it('goes to a relay by a stream of the mountpoint that comes from there', () => {
    const rig = new Rig();
    rig.relay.receive(rig.now, rig.upstream, framed(announce(1, 'live', { stream: 2 })));
    rig.sayBreaks(rig.subscribe(), one);
    const told = unframed(join(...rig.back.map(([, bytes]) => bytes))).filter(([type]) => type === MessageType.BREAKS);
    expect(told.map((message) => parts(message).id)).toEqual([hex(streamId(2))]);
  });

  it('is no news again when another was said of segments of another length: both go to those that come later', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    const other: Breaks = { number: 450_000_000, slotMs: 4_000, count: 2 };
    for (const breaks of [one, other, one, other]) rig.sayBreaks(edge, breaks);
    expect(rig.breaksOf(edge)).toEqual([one, other]);
    rig.now = (rig.now + ms(12_000)) as Micros;
    rig.restart();
    expect(rig.breaksOf(rig.subscribe())).toEqual([one, other]);
  });

  it('comes from relays, and is believed of no encoder, nor of subscribers where these are not believed', () => {
    const rig = new Rig();
    const edge = rig.subscribe();
    rig.relay.receive(rig.now, rig.upstream, framed(message(MessageType.BREAKS, 0, encodeBreaks(one))));
    rig.relay.receive(rig.now, rig.encoder, framed(message(MessageType.BREAKS, 0, encodeBreaks(more))));
    rig.relay.receive(rig.now, rig.upstream, framed(message(MessageType.BREAKS, 0, new Uint8Array(16))));
    expect(rig.breaksOf(edge)).toEqual([one]);
    expect([dropped(rig, 'encoder'), dropped(rig, 'other')]).toEqual([{ 'bad-breaks': 1 }, { 'bad-breaks': 1 }]);
    const strict = new Rig({ refusesTitles: true });
    const subscriber = strict.subscribe();
    strict.sayBreaks(subscriber, one);
    expect(strict.breaksOf(subscriber)).toEqual([]);
  });
});
