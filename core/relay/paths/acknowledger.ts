import type { Snapshot } from '../../base/snapshot.ts';
import { isPushed, type Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';
import { packed, prefixed } from '../../wire/framing.ts';
import { encodeMessage, MessageType, streamIdOf, type MessageView } from '../../wire/pdu.ts';
import type { Settings } from '../../config/settings.ts';
import { StreamTable } from '../../wire/stream-table.ts';
import type { Timer } from '../../base/timers.ts';
import { later, ms, type Micros } from '../../base/units.ts';

export interface AcknowledgerOptions {
  readonly settings: Settings;
  readonly timer: (reason: AcknowledgerReason, fire: (now: Micros) => void) => Timer<string>;
  /** Messages for the other end of this path, with their lengths. */
  readonly tell: (path: Path, messages: Uint8Array) => void;
  /** Nothing has come by this path for so long that its other end is gone: it is to be closed. */
  readonly silent: (now: Micros, path: Path) => void;
}

export type AcknowledgerReason = 'acknowledge' | 'path-silent';

/** An encoder's connection, with what has come by it. */
interface Asker {
  readonly path: Path;
  /** Each has its own, so that they are not all told at once. */
  readonly due: Timer<string>;
  readonly silence: Timer<string>;
  readonly streams: StreamTable<Taken>;
}

interface Taken {
  readonly id: Uint8Array;
  /** The number of the newest message that has come by this connection, and of the newest that was acknowledged; -1: none. */
  newest: number;
  told: number;
  /** When a message of it came by this connection last. */
  takenAt: Micros;
}

/** Streams of one connection that are acknowledged, one for each mountpoint of its encoder and each source that has just ended; beyond that the oldest is not. */
const MAX_STREAMS = 1_024;
/** Of a source that has ended nothing more comes: its stream is not acknowledged any more. */
const ENDED_AFTER_US = 20_000_000;
/** How long the system asks in vain, by keep-alive, before it gives a connection up. */
const KEEP_ALIVE_PROBES_MS = 10_000;

/**
 * Tells encoders what has come of their messages, each on its own connection, if it reads that: one that sends an ORIGIN does.
 *
 *     message by a path -> newest of its stream there -> every `acknowledgeMs`, where that has grown: ACK with its number
 *
 * An acknowledgement that is on its way to somebody who has vanished keeps the system from asking whether he is there. So
 * a connection that is acknowledged and then silent is given up here, after as long as the system would have asked.
 */
export class Acknowledger {
  readonly #options: AcknowledgerOptions;
  readonly #askers: Map<PathId, Asker> = new Map();

  constructor(options: AcknowledgerOptions) {
    this.#options = options;
  }

  /** A message has come by a path, a first copy or not. */
  took(now: Micros, path: Path, view: MessageView): void {
    if (view.type === MessageType.ORIGIN) this.#asks(now, path, view);
    const asker = this.#askers.get(path.id);
    if (asker === undefined) return;
    const { acknowledgeMs } = this.#options.settings;
    this.#isThere(now, asker);
    const taken = asker.streams.find(view.bytes, view.start);
    if (taken === undefined || view.sequence <= taken.newest) return;
    taken.newest = view.sequence;
    taken.takenAt = now;
    if (!asker.due.armed) asker.due.set(later(now, ms(acknowledgeMs)));
  }

  /** A path says that it is there, and has nothing to send. */
  waits(now: Micros, path: Path): void {
    const asker = this.#askers.get(path.id);
    if (asker !== undefined) this.#isThere(now, asker);
  }

  /** Whether whoever is at the other end of a path reads what comes back. */
  isRead(path: Path): boolean {
    return this.#askers.has(path.id);
  }

  closed(path: Path): void {
    const asker = this.#askers.get(path.id);
    if (asker === undefined) return;
    asker.due.cancel();
    asker.silence.cancel();
    this.#askers.delete(path.id);
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    for (const asker of a.list(this.#askers.values(), (saved) => this.#snapshotAsker(a, pathOf, saved))) this.#askers.set(asker.path.id, asker);
  }

  #snapshotAsker(a: Snapshot, pathOf: (id: PathId) => Path, saved: Asker | undefined): Asker {
    const path = pathOf(a.number(saved?.path.id ?? (0 as PathId)));
    const asker = saved ?? this.#newAsker(path);
    asker.due.snapshot(a);
    asker.silence.snapshot(a);
    const streams = a.list(asker.streams, (taken) => ({
      id: a.bytes(taken?.id ?? NOTHING),
      newest: a.number(taken?.newest ?? 0),
      told: a.number(taken?.told ?? 0),
      takenAt: a.number(taken?.takenAt ?? (0 as Micros)),
    }));
    if (a.isLoading) for (const taken of streams) asker.streams.add(taken);
    return asker;
  }

  #newAsker(path: Path): Asker {
    const { timer, silent } = this.#options;
    const asker: Asker = { path, due: timer('acknowledge', (now) => this.#tell(now, asker)), silence: timer('path-silent', (now) => silent(now, path)), streams: new StreamTable() };
    return asker;
  }

  #asks(now: Micros, path: Path, view: MessageView): void {
    if (!isPushed(path)) return;
    const asker = this.#askers.get(path.id) ?? this.#newAsker(path);
    this.#askers.set(path.id, asker);
    if (asker.streams.find(view.bytes, view.start) !== undefined) return;
    const [oldest] = asker.streams;
    if (asker.streams.size >= MAX_STREAMS) asker.streams.delete(oldest!);
    asker.streams.add({ id: streamIdOf(view.bytes, view.start), newest: -1, told: -1, takenAt: now });
  }

  #isThere(now: Micros, { silence }: Asker): void {
    silence.set(later(now, ms(this.#options.settings.keepAliveMs + KEEP_ALIVE_PROBES_MS)));
  }

  /** All in one piece: a write costs more than what it writes. */
  #tell(now: Micros, { path, streams }: Asker): void {
    const messages: Uint8Array[] = [];
    const ended: Taken[] = [];
    for (const taken of streams) {
      if (now - taken.takenAt > ENDED_AFTER_US) ended.push(taken);
      if (taken.newest === taken.told) continue;
      taken.told = taken.newest;
      messages.push(prefixed(encodeMessage({ type: MessageType.ACK, replica: 0, streamId: taken.id, sequence: taken.newest, payload: NOTHING })));
    }
    for (const taken of ended) streams.delete(taken);
    for (const piece of packed(messages, Infinity)) this.#options.tell(path, piece);
  }
}

const NOTHING = new Uint8Array(0);
