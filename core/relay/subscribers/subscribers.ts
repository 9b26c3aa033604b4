import type { Snapshot } from '../../base/snapshot.ts';
import type { Journal } from '../../base/memory/journal.ts';
import type { SubscriberId } from '../../base/machine.ts';
import { subscriberOfText, textOfSubscriber, type Peer } from '../../links/peers/peer.ts';
import type { Settings } from '../../config/settings.ts';
import { Subscriber, type RelaySink } from './subscriber.ts';
import type { StreamsOfRelay } from './wanted.ts';
import { SubscriberSlots } from './subscriber-slots.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, toMs, type Micros } from '../../base/units.ts';

export interface RelaySubscribersOptions {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly streams: StreamsOfRelay;
  readonly sink: RelaySink;
  readonly timer: (reason: 'flush', fire: (now: Micros) => void) => Timer<string>;
  /** There is no room for one more, unless another one goes. */
  readonly full: (bound: 'maxSubscribers' | 'maxSubscribersPerAddress', holders: () => string) => void;
}

/** All that get the streams of a relay: who may, and when they are given what has come. */
export class RelaySubscribers {
  readonly #options: RelaySubscribersOptions;
  readonly #settings: Settings;
  readonly #all = new Map<SubscriberId, Subscriber>();
  readonly #slots: SubscriberSlots;
  readonly #flush: Timer<string>;
  #subscribed = 0;
  #lostMessages = 0;

  constructor(options: RelaySubscribersOptions) {
    const { settings, sink, timer } = options;
    this.#options = options;
    this.#settings = settings;
    this.#slots = new SubscriberSlots(settings, ({ id }) => sink.backlogBytes(id));
    this.#flush = timer('flush', (now) => this.#pumpAll(now));
  }

  get size(): number {
    return this.#all.size;
  }

  /** What those lost that were too slow, all together. */
  get lostMessages(): number {
    return this.#lostMessages;
  }

  /** How many connections each address has made to us, those with most first. */
  get holders(): readonly (readonly [address: string, count: number])[] {
    return this.#slots.holders;
  }

  /** False when one from this address must be refused. */
  makeRoom(now: Micros, address: string): boolean {
    const isFull = this.#all.size >= this.#settings.maxSubscribers;
    const admission = this.#slots.admit(now, address, isFull);
    if (admission.kind === 'room') return true;
    this.#options.full(admission.bound, () => this.#slots.told());
    if (admission.kind === 'refused') return false;
    this.leave(now, admission.of.id, `made room for ${address}`);
    this.#options.sink.cut(admission.of.id, 'replaced');
    return true;
  }

  /** One for which there is room. @param opening sent before anything of the journal. */
  join(now: Micros, peer: Peer, opening: Uint8Array[]): SubscriberId {
    this.#subscribed++;
    const id = this.#subscribed as SubscriberId;
    const subscriber = this.#newSubscriber(id, peer, now, opening);
    this.#all.set(id, subscriber);
    this.#slots.joined(subscriber);
    const { journal, sink } = this.#options;
    sink.event({ kind: 'subscriber-joined', subscriber: id, label: peer.name, historyMessages: journal.headRecord - journal.tailRecord });
    this.#flush.setEarlier(now);
    return id;
  }

  get(id: SubscriberId): Subscriber | undefined {
    return this.#all.get(id);
  }

  leave(now: Micros, id: SubscriberId, reason: string): void {
    const subscriber = this.#all.get(id);
    if (subscriber === undefined) return;
    this.#forget(now, subscriber);
    this.#options.sink.event({ kind: 'subscriber-left', subscriber: id, label: subscriber.peer.name, reason, lostMessages: subscriber.lostMessages });
  }

  /** How many get what they want and nothing else. */
  get choosy(): number {
    let count = 0;
    for (const { isChoosy } of this.#all.values()) if (isChoosy) count++;
    return count;
  }

  /** One of them has something to get at once. */
  pumpNow(now: Micros): void {
    this.#flush.setEarlier(now);
  }

  /** The journal may have grown: what has come by then goes out in `relayFlushMs`. */
  pumpSoon(now: Micros): void {
    if (this.#all.size > 0 && !this.#flush.armed) this.#flush.set(later(now, ms(this.#settings.relayFlushMs)));
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    for (const one of a.list(this.#all.values(), (saved) => this.#snapshotSubscriber(a, saved))) this.#all.set(one.id, one);
    if (a.isLoading) for (const one of this.#all.values()) this.#slots.joined(one);
    this.#slots.snapshot(a);
    this.#subscribed = a.number(this.#subscribed);
    this.#lostMessages = a.number(this.#lostMessages);
    this.#flush.snapshot(a);
  }

  #snapshotSubscriber(a: Snapshot, saved: Subscriber | undefined): Subscriber {
    const id = a.number(saved?.id ?? (0 as SubscriberId));
    const text = a.text(saved === undefined ? '' : textOfSubscriber(saved.peer));
    const joinedAt = a.number(saved?.joinedAt ?? (0 as Micros));
    const subscriber = saved ?? this.#newSubscriber(id, subscriberOfText(text), joinedAt, []);
    subscriber.snapshot(a);
    return subscriber;
  }

  #newSubscriber(id: SubscriberId, peer: Peer, joinedAt: Micros, opening: Uint8Array[]): Subscriber {
    const { journal, streams, settings, sink } = this.#options;
    return new Subscriber({ id, peer, joinedAt, opening, journal, streams, settings, sink });
  }

  #pumpAll(now: Micros): void {
    let waiting = false;
    for (const subscriber of this.#all.values()) {
      const lostBefore = subscriber.lostMessages;
      const state = subscriber.pump(now);
      this.#lostMessages += subscriber.lostMessages - lostBefore;
      if (state === 'behind') waiting = true;
      else if (state === 'hopeless') this.#cut(now, subscriber);
    }
    if (waiting) this.#flush.setEarlier(later(now, ms(Math.max(1, this.#settings.relayFlushMs))));
  }

  #cut(now: Micros, subscriber: Subscriber): void {
    const { id, peer, lostMessages } = subscriber;
    this.#forget(now, subscriber);
    const { sink } = this.#options;
    sink.event({ kind: 'subscriber-cut', subscriber: id, label: peer.name, behindMs: toMs(subscriber.behindFor(now)), lostMessages });
    sink.cut(id, 'behind');
  }

  #forget(now: Micros, subscriber: Subscriber): void {
    this.#all.delete(subscriber.id);
    this.#slots.left(now, subscriber);
  }
}
