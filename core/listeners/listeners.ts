import { Bounds } from '../base/bounds.ts';
import type { MemoryBudget } from '../base/budget.ts';
import { LISTENER_BYTES } from '../base/costs.ts';
import type { ListenerId, Machine, MountId } from '../base/machine.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { assert } from '../base/assert.ts';
import { TimerQueue } from '../base/timers.ts';
import type { Micros } from '../base/units.ts';
import type { Settings } from '../config/settings.ts';
import { nobody, type Audience } from './audience.ts';
import { Broadcast, type BroadcastReason, type BroadcastSink, type JoinOptions } from './broadcast.ts';
import type { ListenersEvent } from './events.ts';

export interface ListenersSink extends BroadcastSink {
  event(event: ListenersEvent): void;
}

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
  format(now: Micros, mount: MountId): void;
  /** The ICY metadata of its next frames. */
  title(now: Micros, mount: MountId, text: string): void;
  /** Its next frame. `bytes` is borrowed for the call. */
  frame(now: Micros, mount: MountId, bytes: Uint8Array, durationUs: number): void;
  /** It is over. */
  ended(now: Micros, mount: MountId): void;
}

/**
 * The listeners of all mountpoints, and what they are given. It needs to know nothing of streams, relays or switches: all that it does
 * follows from these calls, of numbers, texts and bytes, which can come from another process.
 *
 *     opened, format, title, frame, ended     of a mountpoint, by its number
 *     join, leave                             of a listener
 */
export class Listeners implements Machine, ListenersInput {
  readonly #settings: Settings;
  readonly #budget: MemoryBudget;
  readonly #sink: ListenersSink;
  readonly #timers: TimerQueue<BroadcastReason> = new TimerQueue();
  readonly #bounds: Bounds;
  #mounts: Map<MountId, Broadcast> = new Map();
  readonly #byName: Map<string, Broadcast> = new Map();
  readonly #listeners: Map<ListenerId, Broadcast> = new Map();
  #joined = 0;

  constructor({ settings, budget }: ListenersOptions, sink: ListenersSink) {
    this.#settings = settings;
    this.#budget = budget;
    this.#sink = sink;
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

  /** Of a mountpoint, also of one that is not there. */
  audience(mount: MountId): Audience {
    return this.#mounts.get(mount)?.audience ?? nobody;
  }

  /** How much of what its mountpoint has given out has not been given to this listener's connection yet. */
  behindBytes(listener: ListenerId): number {
    return this.#listeners.get(listener)?.behindBytes(listener) ?? 0;
  }

  opened(_now: Micros, mount: MountId, name: string): void {
    assert(!this.#byName.has(name), 'two mountpoints have the same name');
    this.#open(mount, name);
  }

  format(_now: Micros, mount: MountId): void {
    this.#of(mount).format();
  }

  title(_now: Micros, mount: MountId, text: string): void {
    this.#of(mount).title(text);
  }

  frame(now: Micros, mount: MountId, bytes: Uint8Array, durationUs: number): void {
    this.#of(mount).frame(now, bytes, durationUs);
  }

  /** Each of its listeners gets what its connection takes of the rest, and the end. */
  ended(now: Micros, mount: MountId): void {
    const broadcast = this.#of(mount);
    this.#mounts.delete(mount);
    this.#byName.delete(broadcast.mount);
    broadcast.end(now);
    broadcast.dispose();
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
    this.#add(id, broadcast);
    broadcast.join(now, id, options);
    return id;
  }

  leave(now: Micros, id: ListenerId, reason: string): void {
    this.#listeners.get(id)?.leave(now, id, reason);
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
      if (a.isLoading) for (const listener of broadcast.listenerIds) this.#add(listener, broadcast);
      return [id, broadcast];
    }));
    this.#joined = a.number(this.#joined);
    this.#bounds.snapshot(a);
    this.#timers.snapshot(a);
  }

  #open(mount: MountId, name: string): Broadcast {
    const broadcast = new Broadcast({
      mount: name,
      settings: this.#settings,
      sink: this.#sink,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => this.#sink.event(event),
      budget: this.#budget,
      gone: (listener) => this.#forget(listener),
    });
    this.#mounts.set(mount, broadcast);
    this.#byName.set(name, broadcast);
    return broadcast;
  }

  #of(mount: MountId): Broadcast {
    const broadcast = this.#mounts.get(mount);
    assert(broadcast !== undefined, `there is no mountpoint ${mount}`);
    return broadcast;
  }

  #add(id: ListenerId, broadcast: Broadcast): void {
    this.#listeners.set(id, broadcast);
    // They come first: what they take is left to them by all others who share the budget.
    this.#budget.setAside(LISTENER_BYTES);
  }

  #forget(id: ListenerId): void {
    this.#listeners.delete(id);
    this.#budget.setAside(-LISTENER_BYTES);
  }
}
