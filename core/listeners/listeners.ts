import { Bounds } from '../base/memory/bounds.ts';
import type { MemoryBudget } from '../base/memory/budget.ts';
import { LISTENER_BYTES } from '../base/memory/costs.ts';
import type { ListenerId, Machine, MountId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { assert } from '../base/assert.ts';
import { TimerQueue, type Timer } from '../base/timers.ts';
import { later, ms, toMs, type Micros } from '../base/units.ts';
import type { FrameFormat } from '../codec/format/format.ts';
import type { Settings } from '../config/settings.ts';
import { nobody, type Audience } from './audience.ts';
import { Broadcast, IN_FLIGHT_BYTES } from './broadcast.ts';
import type { Intro } from './intros/intro.ts';
import { IntroListeners } from './intros/intro-listeners.ts';
import { BEFORE_STREAM, Listener, NO_ICY, type JoinOptions } from './listener.ts';
import type { ListenersSink } from './sink.ts';
import { LOOK_US, Slices } from './slices.ts';

type ListenersReason = 'listener-flush' | 'listener-burst' | 'listener-intro';

export type MoveResult = 'moved' | 'no-such-listener' | 'no-such-mount';

export interface ListenersOptions {
  readonly settings: Settings;
  /** Where the memory of bursts is taken from, and that of connections is set aside. */
  readonly budget: MemoryBudget;
}

/** What all mountpoints give out, each by its number. */
export interface ListenersInput {
  /** A mountpoint is there, and can be joined by its name. */
  opened(now: Micros, mount: MountId, name: string): void;
  /** Its next frames have another format than those before; its first have one. */
  format(now: Micros, mount: MountId, format: FrameFormat): void;
  /** The ICY metadata of its next frames. */
  title(now: Micros, mount: MountId, text: string): void;
  /** Its next frame. `bytes` is borrowed for the call. */
  frame(now: Micros, mount: MountId, bytes: Uint8Array, durationUs: number): void;
  /** It is over. */
  ended(now: Micros, mount: MountId): void;
  /** What new listeners of a mountpoint of this name hear first from now on, also when it is there later; undefined: nothing. */
  intro(now: Micros, name: string, intro: Intro | undefined): void;
}

/**
 * The listeners of all mountpoints, and what they are given. It needs to know nothing of streams, relays or switches: all that it does
 * follows from these calls, of numbers, texts and bytes, which can come from another process.
 *
 *     opened, format, title, frame, ended     of a mountpoint, by its number
 *     join, leave                             of a listener
 *
 * A new listener is given its burst at once. Where its mountpoint has an intro, that is its burst, and goes on as it plays; behind it the listener is where one
 * would be who had joined without it. Until then it is apart from the others, who are served as if there were no intros.
 * After that it is written to when its slice is served: once in `listenerFlushMs`, or more often where there are few.
 */
export class Listeners implements Machine, ListenersInput {
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: ListenersSink;
  readonly #timers: TimerQueue<ListenersReason> = new TimerQueue();
  readonly #flush: Timer<ListenersReason>;
  readonly #burst: Timer<ListenersReason>;
  readonly #bounds: Bounds;
  #mounts: Map<MountId, Broadcast> = new Map();
  readonly #byName: Map<string, Broadcast> = new Map();
  #listeners: Map<ListenerId, Listener> = new Map();
  readonly #slices: Slices;
  /** Those who hear an intro, who are not in the slices. */
  readonly #intros: IntroListeners;
  /** Those who have not been given their burst yet. */
  #fresh: Listener[] = [];
  /** When there was last something to give to somebody. */
  #newsAt = 0 as Micros;
  #joined = 0;

  constructor({ settings, budget }: ListenersOptions, sink: ListenersSink) {
    this.#settings = settings;
    this.#budget = budget;
    this.#sink = sink;
    this.#slices = new Slices(settings.listenerFlushMs);
    this.#flush = this.#timers.timer('listener-flush', (now) => this.#serveDue(now));
    this.#burst = this.#timers.timer('listener-burst', (now) => this.#serveFresh(now));
    this.#intros = new IntroListeners({
      settings,
      sink,
      timer: (fire) => this.#timers.timer('listener-intro', fire),
      drop: (now, listener, lagBytes) => this.#drop(now, listener, lagBytes),
      begins: (now, listener) => this.#beginStream(now, listener),
      served: () => this.#trim(),
    });
    this.#bounds = new Bounds((hit) => sink.event(hit));
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  /** How many listeners there are, of all mountpoints. */
  get size(): number {
    return this.#listeners.size;
  }

  /** Memory of what is kept for them. */
  get heldBytes(): number {
    let sum = 0;
    for (const broadcast of this.#mounts.values()) sum += broadcast.heldBytes;
    return sum;
  }

  /** Those that are there. */
  get mounts(): Iterable<MountId> {
    return this.#mounts.keys();
  }

  /** The mountpoint where a listener is. */
  mountOf(listener: ListenerId): string | undefined {
    return this.#listeners.get(listener)?.broadcast.mount;
  }

  /** Of a mountpoint, also of one that is not there. */
  audience(mount: MountId): Audience {
    return this.#mounts.get(mount)?.audience ?? nobody;
  }

  /** How much of what its mountpoint has given out has not been given to this listener's connection yet. */
  behindBytes(id: ListenerId): number {
    const listener = this.#listeners.get(id);
    return listener === undefined || listener.position === BEFORE_STREAM ? 0 : listener.broadcast.head - listener.position;
  }

  opened(_now: Micros, mount: MountId, name: string): void {
    assert(!this.#byName.has(name), 'two mountpoints have the same name');
    this.#open(mount, name);
  }

  format(_now: Micros, mount: MountId, format: FrameFormat): void {
    this.#of(mount).format(format);
  }

  title(_now: Micros, mount: MountId, text: string): void {
    this.#of(mount).title(text);
  }

  frame(now: Micros, mount: MountId, bytes: Uint8Array, durationUs: number): void {
    const broadcast = this.#of(mount);
    broadcast.frame(now, bytes, durationUs);
    if (broadcast.isHeard) this.#haveNews(now);
  }

  /** Each of its listeners gets what its connection takes of the rest, and the end. */
  ended(now: Micros, mount: MountId): void {
    const broadcast = this.#of(mount);
    this.#mounts.delete(mount);
    this.#byName.delete(broadcast.mount);
    for (const listener of this.#listeners.values()) {
      if (listener.broadcast !== broadcast) continue;
      this.#give(listener);
      this.#remove(listener, false);
      this.#reportLeft(now, listener, 'mount-ended');
      this.#sink.end(listener.id, 'mount-ended');
    }
    broadcast.dispose();
  }

  /** Those who hear the one before go on with the stream. */
  intro(now: Micros, name: string, intro: Intro | undefined): void {
    this.#intros.change(now, name, intro, this.#listeners.values());
    this.#byName.get(name)?.introChanged(intro !== undefined);
  }

  /** A listener; its burst is sent at the next `advance`, so that a head can be written first. */
  join(now: Micros, name: string, options: JoinOptions): ListenerId | 'no-such-mount' | 'full' {
    const broadcast = this.#byName.get(name);
    if (broadcast === undefined) return 'no-such-mount';
    if (this.#listeners.size >= this.#settings.maxListeners) {
      this.#bounds.hit('maxListeners');
      return 'full';
    }
    this.#joined++;
    const id = this.#joined as ListenerId;
    const { icy, label, burstMs = this.#settings.burstMs } = options;
    const intro = this.#intros.of(broadcast);
    const position = intro === undefined ? broadcast.burstFrom(burstMs) : BEFORE_STREAM;
    const listener = new Listener(id, broadcast, label, now, position, icy ? this.#settings.icyIntervalBytes : NO_ICY);
    this.#add(listener);
    broadcast.joined();
    if (intro === undefined) this.#intoSlices(now, listener);
    else this.#intros.begin(now, listener, intro, burstMs);
    this.#fresh.push(listener);
    this.#burst.setEarlier(now);
    this.#sink.event({ kind: 'listener-joined', listener: id, mount: name, label, burstMs });
    return id;
  }

  leave(now: Micros, id: ListenerId, reason: string): void {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    this.#remove(listener, false);
    this.#reportLeft(now, listener, reason);
  }

  /**
   * A listener goes on at another mountpoint, by the same connection: behind its last whole frame comes one of that. Titles go on at the same
   * interval. Whether a player can go on with what that gives out is for the caller to know.
   */
  move(now: Micros, id: ListenerId, name: string): MoveResult {
    const [listener, to] = [this.#listeners.get(id), this.#byName.get(name)];
    if (listener === undefined) return 'no-such-listener';
    if (to === undefined) return 'no-such-mount';
    const from = listener.broadcast;
    if (from === to) return 'moved';
    this.#give(listener);
    const behindUs = listener.intro === undefined ? from.behindUs(listener.position) : this.#leaveIntro(now, listener);
    from.left(false);
    listener.goTo(to, behindUs === 0 ? to.head : to.burstFrom(toMs(behindUs as Micros)));
    to.joined();
    this.#fresh.push(listener);
    this.#burst.setEarlier(now);
    this.#sink.event({ kind: 'listener-moved', listener: id, mount: from.mount, label: listener.label, to: name });
    return 'moved';
  }

  advance(now: Micros): void {
    this.#timers.run(now);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#mounts = new Map(a.list(this.#mounts, (entry) => {
      const id = a.number(entry?.[0] ?? (0 as MountId));
      const name = a.text(entry?.[1].mount ?? '');
      const broadcast = entry?.[1] ?? this.#open(id, name);
      broadcast.snapshot(a);
      return [id, broadcast];
    }));
    this.#listeners = new Map(a.list(this.#listeners, (entry) => this.#snapshotListener(a, entry?.[1])));
    if (a.isLoading) for (const listener of this.#listeners.values()) this.#add(listener);
    this.#slices.snapshot(a, (id) => this.#listeners.get(id)!);
    this.#intros.snapshot(a, (id) => this.#listeners.get(id)!);
    const fresh = a.list(this.#fresh.filter(({ id }) => this.#listeners.has(id)).map(({ id }) => id), (id) => a.number(id ?? (0 as ListenerId)));
    if (a.isLoading) this.#fresh = fresh.map((id) => this.#listeners.get(id)!);
    this.#newsAt = a.number(this.#newsAt);
    this.#flush.snapshot(a);
    this.#burst.snapshot(a);
    this.#joined = a.number(this.#joined);
    this.#bounds.snapshot(a);
    this.#timers.snapshot(a);
  }

  #open(mount: MountId, name: string): Broadcast {
    const broadcast = new Broadcast({ id: mount, mount: name, settings: this.#settings, budget: this.#budget });
    broadcast.introChanged(this.#intros.has(name));
    this.#mounts.set(mount, broadcast);
    this.#byName.set(name, broadcast);
    return broadcast;
  }

  #of(mount: MountId): Broadcast {
    const broadcast = this.#mounts.get(mount);
    // Only then: the text of an error is not made for every frame.
    if (broadcast === undefined) assert(false, `there is no mountpoint ${mount}`);
    return broadcast;
  }

  #snapshotListener(a: Snapshot, saved: Listener | undefined): [ListenerId, Listener] {
    const id = a.number(saved?.id ?? (0 as ListenerId));
    const mount = a.number(saved?.broadcast.id ?? (0 as MountId));
    const label = a.text(saved?.label ?? '');
    const listener = saved ?? new Listener(id, this.#of(mount), label, 0 as Micros, 0, 0);
    listener.snapshot(a);
    return [id, listener];
  }

  #add(listener: Listener): void {
    this.#listeners.set(listener.id, listener);
    // They come first: what they take is left to them by all others who share the budget.
    this.#budget.setAside(LISTENER_BYTES);
  }

  #remove(listener: Listener, isSlow: boolean): void {
    this.#listeners.delete(listener.id);
    (listener.intro === undefined ? this.#slices : this.#intros).delete(listener);
    listener.broadcast.left(isSlow);
    this.#budget.setAside(-LISTENER_BYTES);
  }

  /** There is something that somebody has not got yet: in the time that follows each slice is served once. */
  #haveNews(now: Micros): void {
    this.#newsAt = now;
    if (this.#flush.armed) return;
    this.#slices.skip(now);
    this.#flush.set(this.#slices.next(now));
  }

  #serveFresh(now: Micros): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const listener of fresh) {
      if (!this.#listeners.has(listener.id)) continue;
      if (listener.intro === undefined) this.#serve(now, listener);
      else this.#intros.serve(now, listener);
    }
  }

  #serveDue(now: Micros): void {
    const hasEnded = this.#slices.run(now, (listener) => this.#serve(now, listener));
    if (hasEnded) this.#trim();
    const flushUs = ms(this.#settings.listenerFlushMs);
    if (this.#flush.armed || flushUs === 0 || now - this.#newsAt > flushUs) return;
    this.#flush.set(this.#slices.next(now));
  }

  #intoSlices(now: Micros, listener: Listener): void {
    this.#slices.add(listener);
    if (this.#flush.armed) this.#flush.setEarlier(this.#slices.next(now));
  }

  /** There is something of the stream for one who has heard the intro. */
  #beginStream(now: Micros, listener: Listener): void {
    this.#leaveIntro(now, listener);
    const first = listener.broadcast.first(listener);
    if (first !== undefined) this.#sink.send(listener.id, first);
    this.#haveNews(now);
    this.#serve(now, listener);
  }

  /** It is one of the others from now on. Gives what it is behind by then. */
  #leaveIntro(now: Micros, listener: Listener): number {
    const behindUs = this.#intros.leave(now, listener);
    this.#intoSlices(now, listener);
    return behindUs;
  }

  /** Writes what a listener's connection takes, and drops one that is too far behind. */
  #serve(now: Micros, listener: Listener): void {
    const { broadcast } = listener;
    const backlogBytes = this.#give(listener);
    const lagBytes = broadcast.head - listener.position + backlogBytes;
    const tooManyBytes = lagBytes - this.#settings.listenerQueueBytes - listener.burstBytes;
    if (tooManyBytes > 0 && tooManyBytes > broadcast.aheadBytes(now)) this.#drop(now, listener, lagBytes);
    else if (listener.position < broadcast.head) this.#isBehind(now);
  }

  /** Returns what is not taken by the system. */
  #give(listener: Listener): number {
    const { broadcast, id } = listener;
    let backlogBytes = this.#sink.backlogBytes(id);
    while (listener.position < broadcast.head && backlogBytes < IN_FLIGHT_BYTES) {
      this.#sink.send(id, broadcast.next(listener));
      backlogBytes = this.#sink.backlogBytes(id);
    }
    return backlogBytes;
  }

  /** One could not take all, and is looked at again. */
  #isBehind(now: Micros): void {
    if (this.#settings.listenerFlushMs > 0) this.#haveNews(now);
    else this.#flush.setEarlier(later(now, LOOK_US));
  }

  #drop(now: Micros, listener: Listener, lagBytes: number): void {
    const { id, broadcast, label, bytes, joinedAt } = listener;
    this.#remove(listener, true);
    const connectedMs = toMs((now - joinedAt) as Micros);
    this.#sink.event({ kind: 'listener-dropped', listener: id, mount: broadcast.mount, label, lagBytes, connectedMs, bytes });
    this.#sink.end(id, 'too-slow');
  }

  #reportLeft(now: Micros, { id, broadcast, label, bytes, joinedAt }: Listener, reason: string): void {
    const connectedMs = toMs((now - joinedAt) as Micros);
    this.#sink.event({ kind: 'listener-left', listener: id, mount: broadcast.mount, label, reason, connectedMs, bytes });
  }

  /** Each mountpoint lets go of what none of its listeners needs. */
  #trim(): void {
    for (const { broadcast, position } of this.#listeners.values()) broadcast.isNeededFrom(position);
    for (const broadcast of this.#mounts.values()) broadcast.trim();
  }
}
