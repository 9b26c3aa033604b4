import { isPowerOfTwo } from '../../base/memory/bounds.ts';
import type { ListenerId } from '../../base/machine.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, NEVER, toMs, type Micros } from '../../base/units.ts';
import type { Settings } from '../../config/settings.ts';
import { IN_FLIGHT_BYTES, type Broadcast } from '../broadcast.ts';
import type { Intro } from './intro.ts';
import { IntroPlace } from './intro-place.ts';
import type { Listener } from '../listener.ts';
import type { ListenersSink } from '../sink.ts';
import { LOOK_US, Slices } from '../slices.ts';

export interface IntroListenersOptions {
  readonly settings: Settings;
  readonly sink: ListenersSink;
  readonly timer: (fire: (now: Micros) => void) => Timer<string>;
  /** One is too far behind. */
  readonly drop: (now: Micros, listener: Listener, lagBytes: number) => void;
  /** There is something of the stream for one who has heard the intro: it is one of the others from now on. */
  readonly begins: (now: Micros, listener: Listener) => void;
  /** All of them have been given something since this was last called. */
  readonly served: () => void;
}

/** The intros of all mountpoints, and those listeners who hear one: each is given it as it plays, and then goes over to the stream. */
export class IntroListeners {
  readonly #options: IntroListenersOptions;
  /** By the names of their mountpoints. */
  readonly #intros: Map<string, Intro> = new Map();
  readonly #slices: Slices;
  readonly #due: Timer<string>;

  constructor(options: IntroListenersOptions) {
    this.#options = options;
    this.#slices = new Slices(options.settings.listenerFlushMs);
    this.#due = options.timer((now) => this.#serveDue(now));
  }

  /** Whether new listeners of a mountpoint hear one. */
  has(name: string): boolean {
    return this.#intros.has(name);
  }

  /** What new listeners of a mountpoint of this name hear first from now on. @param listeners those who hear the one before go on with the stream. */
  change(now: Micros, name: string, intro: Intro | undefined, listeners: Iterable<Listener>): void {
    const before = this.#intros.get(name);
    if (before !== undefined) {
      for (const listener of listeners) if (listener.broadcast.mount === name && listener.intro?.isOver === false) this.#enter(now, listener, before);
    }
    if (intro === undefined) this.#intros.delete(name);
    else this.#intros.set(name, intro);
  }

  /** What a listener who joins now hears first; nothing, where the stream behind it has another format than what was configured for it. */
  of(broadcast: Broadcast): Intro | undefined {
    if (this.#intros.size === 0) return undefined;
    const { mount } = broadcast;
    const intro = this.#intros.get(mount);
    const canFollow = intro && broadcast.canFollow(intro);
    if (canFollow === true) return intro;
    if (canFollow === undefined) return undefined;
    const count = broadcast.skippedIntro();
    if (isPowerOfTwo(count)) this.#options.sink.event({ kind: 'intro-skipped', mount, count });
    return undefined;
  }

  /** It begins with the intro; what is due of it at once is given by `serve`. */
  begin(now: Micros, listener: Listener, intro: Intro, burstMs: number): void {
    const burstUs = ms(burstMs);
    listener.intro = new IntroPlace(now, burstUs);
    listener.burstBytes = intro.endAt(burstUs);
    this.#slices.add(listener);
    if (!this.#due.armed) this.#slices.skip(now);
    this.#arm(now);
  }

  /** Writes what is due of the intro, as far as the connection takes it; behind that, it goes on with the stream. */
  serve(now: Micros, listener: Listener): void {
    const { settings, sink, drop, begins } = this.#options;
    const { broadcast, id, intro: place } = listener;
    const intro = this.#intros.get(broadcast.mount);
    if (!place!.isOver && intro !== undefined) {
      const dueBytes = intro.endAt(place!.dueUs(now));
      let backlogBytes = sink.backlogBytes(id);
      while (place!.given < dueBytes && backlogBytes < IN_FLIGHT_BYTES) {
        const end = Math.min(dueBytes, intro.pieceEnd(place!.given, IN_FLIGHT_BYTES));
        sink.send(id, broadcast.nextOfIntro(listener, intro, place!.given, end));
        place!.given = end;
        backlogBytes = sink.backlogBytes(id);
      }
      const lagBytes = dueBytes - place!.given + backlogBytes;
      if (lagBytes > settings.listenerQueueBytes + listener.burstBytes) return drop(now, listener, lagBytes);
      if (place!.given < intro.bytes.length) return;
      this.#enter(now, listener, intro);
    }
    if (listener.position < broadcast.head) begins(now, listener);
  }

  /** It is none of those who hear an intro any more. Gives what it is behind by then. */
  leave(now: Micros, listener: Listener): number {
    const { broadcast, intro: place } = listener;
    const intro = this.#intros.get(broadcast.mount);
    const behindUs = place!.isOver || intro === undefined ? broadcast.behindUs(listener.position) : place!.owedUs(now, intro);
    this.delete(listener);
    listener.intro = undefined;
    return behindUs;
  }

  /** It is gone. */
  delete(listener: Listener): void {
    this.#slices.delete(listener);
  }

  /** Saves or restores who hears one; the listeners themselves are known, and the intros are given anew. */
  snapshot(a: Snapshot, listenerOf: (id: ListenerId) => Listener): void {
    this.#slices.snapshot(a, listenerOf);
    this.#due.snapshot(a);
  }

  #arm(now: Micros): void {
    const next = this.#slices.next(now);
    if (next !== NEVER) this.#due.setEarlier(this.#options.settings.listenerFlushMs === 0 ? later(now, LOOK_US) : next);
  }

  #serveDue(now: Micros): void {
    const hasEnded = this.#slices.run(now, (listener) => this.serve(now, listener));
    if (hasEnded) this.#options.served();
    this.#arm(now);
  }

  /** It has heard enough of the intro: the next is that of the stream which it would be given now without it. */
  #enter(now: Micros, listener: Listener, intro: Intro): void {
    const { broadcast, intro: place } = listener;
    const owedUs = place!.owedUs(now, intro);
    place!.isOver = true;
    listener.position = broadcast.burstFrom(toMs(owedUs as Micros));
    listener.burstBytes += broadcast.head - listener.position;
  }
}
