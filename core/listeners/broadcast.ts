import { Ahead } from '../timing/ahead.ts';
import type { Snapshot } from '../base/snapshot.ts';
import { BroadcastTexts } from './titles.ts';
import type { MemoryBudget } from '../base/budget.ts';
import type { Audience } from './audience.ts';
import type { ListenersEvent } from './events.ts';
import { IcyInterleaver } from './icy-interleaver.ts';
import { snapshotCursor, Journal, type Cursor } from '../base/journal.ts';
import type { ListenerId } from '../base/machine.ts';
import type { Settings } from '../config/settings.ts';
import type { Timer } from '../base/timers.ts';
import { later, ms, toMs, type Micros } from '../base/units.ts';

export interface BroadcastSink {
  send(listener: ListenerId, bytes: Uint8Array): void;
  backlogBytes(listener: ListenerId): number;
  end(listener: ListenerId, reason: EndReason): void;
}

export type EndReason = 'mount-ended' | 'too-slow';
export type BroadcastReason = 'listener-flush' | 'listener-burst';

export interface BroadcastOptions {
  readonly mount: string;
  readonly settings: Settings;
  readonly sink: BroadcastSink;
  readonly timer: (reason: BroadcastReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: ListenersEvent) => void;
  readonly budget: MemoryBudget;
  /** A listener is no longer there, for whatever reason. */
  readonly gone: (listener: ListenerId) => void;
}

export interface JoinOptions {
  /** Interleave metadata, every `icyIntervalBytes`. */
  readonly icy: boolean;
  /** Who it is, for events: address and port. */
  readonly label: string;
  /** Instead of the setting. */
  readonly burstMs?: number;
}

interface Listener {
  readonly id: ListenerId;
  readonly label: string;
  readonly joinedAt: Micros;
  readonly cursor: Cursor;
  readonly icy: IcyInterleaver | undefined;
  /** Its burst, which it may be behind by besides `listenerQueueBytes`. */
  readonly burstBytes: number;
  bytes: number;
}

const CHUNK_BYTES = 16_384;
/** So much of a burst is kept when memory is spent. */
const SPENT_PART = 0.25;
/** Given to the system at most before it has taken it: the rest of a slow listener's lag costs nothing here. */
const IN_FLIGHT_BYTES = 65_536;

/**
 * What the listeners of one mountpoint hear, and each one's place in it.
 *
 *     frames -> journal (burstMs, and what the slowest has yet to get) -> a cursor per listener -> ICY? -> send
 *
 * Frames are gathered for `listenerFlushMs` and written to each listener at once, without a copy per listener. The
 * journal's clock is the programme's length: a burst is so many seconds of it, whenever they came.
 */
export class Broadcast {
  readonly mount: string;
  readonly #options: BroadcastOptions;
  readonly #settings: Settings;
  readonly #journal: Journal;
  #listeners: Map<ListenerId, Listener> = new Map();
  readonly #flush: Timer<string>;
  readonly #burst: Timer<string>;
  #fresh: Listener[] = [];
  readonly #texts: BroadcastTexts = new BroadcastTexts();
  /** Where the first frame of the newest format is: a burst begins there at the earliest. */
  readonly #formatBegins: Cursor = { position: 0, record: 0 };
  #programmeUs = 0;
  /** What they were given faster than it plays is no listener's fault. */
  readonly #ahead: Ahead;
  #peak = 0;
  #slow = 0;
  #bytesOut = 0;

  constructor(options: BroadcastOptions) {
    this.mount = options.mount;
    this.#options = options;
    this.#settings = options.settings;
    this.#journal = new Journal({ chunkBytes: CHUNK_BYTES, markEveryUs: ms(options.settings.journalMarkMs), budget: options.budget });
    this.#ahead = new Ahead(ms(options.settings.unpacedMs));
    this.#flush = options.timer('listener-flush', (now) => this.#flushAll(now));
    this.#burst = options.timer('listener-burst', (now) => this.#flushFresh(now));
  }

  get audience(): Audience {
    return { listeners: this.#listeners.size, listenerPeak: this.#peak, slowListeners: this.#slow, bytesOut: this.#bytesOut };
  }

  get heldBytes(): number {
    return this.#journal.heldBytes;
  }

  /** How far a listener is behind all that was given out. */
  behindBytes(id: ListenerId): number {
    const listener = this.#listeners.get(id);
    return listener === undefined ? 0 : this.#journal.head - listener.cursor.position;
  }

  /** The next frames have another format than those before. */
  format(): void {
    Object.assign(this.#formatBegins, this.#journal.newest());
  }

  /** The metadata text of the next frames. */
  title(text: string): void {
    this.#texts.add(this.#journal.head, text);
  }

  /** The next frame on air. */
  frame(now: Micros, bytes: Uint8Array, durationUs: number): void {
    this.#journal.append(Math.floor(this.#programmeUs) as Micros, bytes, 0, bytes.length, false);
    this.#programmeUs += durationUs;
    this.#ahead.take(now, durationUs);
    if (this.#listeners.size === 0) {
      this.#ahead.clear();
      this.#trim(Infinity);
    } else if (!this.#flush.armed) this.#flush.set(later(now, ms(this.#settings.listenerFlushMs)));
  }

  /** Takes in a listener; its burst is sent when the `listener-burst` deadline is served, that is at once. */
  join(now: Micros, id: ListenerId, { icy, label, burstMs = this.#settings.burstMs }: JoinOptions): void {
    const cursor = burstMs === 0 ? this.#journal.newest() : this.#burstFrom(burstMs);
    const interleaver = icy ? new IcyInterleaver(this.#settings.icyIntervalBytes) : undefined;
    const burstBytes = this.#journal.head - cursor.position;
    const listener: Listener = { id, label, joinedAt: now, cursor, icy: interleaver, burstBytes, bytes: 0 };
    this.#listeners.set(id, listener);
    this.#peak = Math.max(this.#peak, this.#listeners.size);
    this.#fresh.push(listener);
    this.#burst.setEarlier(now);
    this.#options.event({ kind: 'listener-joined', listener: id, mount: this.#options.mount, label, burstMs });
  }

  leave(now: Micros, id: ListenerId, reason: string): void {
    const listener = this.#listeners.get(id);
    if (listener === undefined) return;
    this.#listeners.delete(id);
    this.#options.gone(id);
    this.#reportLeft(now, listener, reason);
  }

  /** The mountpoint is over: everybody gets what their connection takes of the rest, and the end. */
  end(now: Micros): void {
    for (const listener of this.#listeners.values()) {
      this.#write(listener);
      this.#listeners.delete(listener.id);
      this.#reportLeft(now, listener, 'mount-ended');
      this.#options.gone(listener.id);
      this.#options.sink.end(listener.id, 'mount-ended');
    }
    this.#flush.cancel();
    this.#burst.cancel();
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#flush.snapshot(a);
    this.#burst.snapshot(a);
    this.#journal.snapshot(a);
    this.#listeners = new Map(a.list(this.#listeners, (entry) => this.#snapshotListener(a, entry?.[1])));
    const fresh = a.list(this.#fresh.filter(({ id }) => this.#listeners.has(id)).map(({ id }) => id), (id) => a.number(id ?? (0 as ListenerId)));
    if (a.isLoading) this.#fresh = fresh.map((id) => this.#listeners.get(id)!);
    this.#texts.snapshot(a);
    snapshotCursor(a, this.#formatBegins);
    this.#programmeUs = a.number(this.#programmeUs);
    this.#ahead.snapshot(a);
    this.#peak = a.number(this.#peak);
    this.#slow = a.number(this.#slow);
    this.#bytesOut = a.number(this.#bytesOut);
  }

  /** Who listens. */
  get listenerIds(): Iterable<ListenerId> {
    return this.#listeners.keys();
  }

  #snapshotListener(a: Snapshot, saved: Listener | undefined): [ListenerId, Listener] {
    const hasIcy = a.flag(saved?.icy !== undefined);
    const icy = saved === undefined && hasIcy ? new IcyInterleaver(this.#settings.icyIntervalBytes) : saved?.icy;
    const listener: Listener = {
      id: a.number(saved?.id ?? (0 as ListenerId)),
      label: a.text(saved?.label ?? ''),
      joinedAt: a.number(saved?.joinedAt ?? (0 as Micros)),
      cursor: saved?.cursor ?? { position: 0, record: 0 },
      icy,
      burstBytes: a.number(saved?.burstBytes ?? 0),
      bytes: a.number(saved?.bytes ?? 0),
    };
    snapshotCursor(a, listener.cursor);
    icy?.snapshot(a);
    return [listener.id, saved ?? listener];
  }

  #burstFrom(burstMs: number): Cursor {
    const cursor = this.#journal.at((this.#programmeUs - ms(burstMs)) as Micros);
    return cursor.position < this.#formatBegins.position ? { ...this.#formatBegins } : cursor;
  }

  #flushFresh(now: Micros): void {
    const fresh = this.#fresh;
    this.#fresh = [];
    for (const listener of fresh) if (this.#listeners.has(listener.id)) this.#serve(now, listener);
  }

  #flushAll(now: Micros): void {
    let slowest = Infinity;
    let waiting = false;
    for (const listener of this.#listeners.values()) {
      if (!this.#serve(now, listener)) continue;
      slowest = Math.min(slowest, listener.cursor.position);
      if (listener.cursor.position < this.#journal.head) waiting = true;
    }
    this.#trim(slowest);
    if (waiting) this.#flush.setEarlier(later(now, ms(Math.max(10, this.#settings.listenerFlushMs))));
  }

  /** Writes what a listener's connection takes; false when it is too far behind, and dropped. */
  #serve(now: Micros, listener: Listener): boolean {
    this.#write(listener);
    const lagBytes = this.#journal.head - listener.cursor.position + this.#options.sink.backlogBytes(listener.id);
    const tooManyBytes = lagBytes - this.#settings.listenerQueueBytes - listener.burstBytes;
    if (tooManyBytes <= 0 || tooManyBytes <= this.#aheadBytes(now)) return true;
    this.#slow++;
    this.#listeners.delete(listener.id);
    const { id, label, bytes, joinedAt } = listener;
    const connectedMs = toMs((now - joinedAt) as Micros);
    this.#options.event({ kind: 'listener-dropped', listener: id, mount: this.#options.mount, label, lagBytes, connectedMs, bytes });
    this.#options.gone(id);
    this.#options.sink.end(id, 'too-slow');
    return false;
  }

  #aheadBytes(now: Micros): number {
    return this.#journal.head - this.#journal.at((this.#programmeUs - this.#ahead.atUs(now)) as Micros).position;
  }

  #write(listener: Listener): void {
    const { sink } = this.#options;
    while (sink.backlogBytes(listener.id) < IN_FLIGHT_BYTES) {
      const position = listener.cursor.position;
      const bytes = this.#journal.read(listener.cursor);
      if (bytes === undefined) return;
      if (listener.icy === undefined) this.#send(listener, bytes);
      else listener.icy.push(bytes, (offset) => this.#texts.at(position + offset), (piece) => this.#send(listener, piece));
    }
  }

  #send(listener: Listener, bytes: Uint8Array): void {
    listener.bytes += bytes.length;
    this.#bytesOut += bytes.length;
    this.#options.sink.send(listener.id, bytes);
  }

  /** Gives its memory back, after `end`; it is not used again. */
  dispose(): void {
    this.#journal.dispose();
  }

  /** Keeps a burst, and what lies at `keepFrom` and behind it: the slowest listener's place. */
  #trim(keepFrom: number): void {
    // Where nobody listens, and memory is spent, the next listener gets a shorter burst.
    const part = keepFrom === Infinity && this.#options.budget.isSpent ? SPENT_PART : 1;
    const burstBegins = this.#programmeUs - part * ms(this.#settings.burstMs);
    this.#journal.trimBefore(Math.floor(burstBegins) as Micros, keepFrom);
    this.#texts.trimBefore(this.#journal.tail);
  }

  #reportLeft(now: Micros, listener: Listener, reason: string): void {
    const { id, label, bytes, joinedAt } = listener;
    const connectedMs = toMs((now - joinedAt) as Micros);
    this.#options.event({ kind: 'listener-left', listener: id, mount: this.#options.mount, label, reason, connectedMs, bytes });
  }
}
