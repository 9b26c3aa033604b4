import type { Archive } from '../base/archive.ts';
import { assert } from '../base/assert.ts';
import { Deframer } from '../wire/deframer.ts';
import { decodeAnnouncement } from '../wire/announce.ts';
import type { PathEvent, PathFigures } from './events.ts';
import type { PathId } from '../base/machine.ts';
import { archivePeer, mayAnnounce, type Peer } from './peer.ts';
import { isTooLongFor } from '../wire/payloads.ts';
import { TokenBucket } from './token-bucket.ts';
import { transports, type Transport } from './transport.ts';
import type { Micros } from '../base/units.ts';
import { emptyMessageView, PDU_HEADER_BYTES, readMessage, type MessageView, type PduProblem } from '../wire/pdu.ts';

/** Why a message did not get further. */
export type DropReason =
  | PduProblem
  /** Longer than anything of its type. */
  | 'too-long-for-type'
  | 'duplicate'
  | 'stale'
  | 'late'
  | 'far-off'
  | 'too-many-streams'
  | 'bad-announce'
  | 'bad-header'
  | 'bad-origin'
  | 'bad-source'
  /** Its peer may not announce that mountpoint. */
  | 'not-allowed'
  | 'not-owner';

export interface PathOptions {
  readonly id: PathId;
  readonly transport: Transport;
  readonly peer: Peer;
  readonly openedAt: Micros;
  /** Is told of each message. */
  readonly message: (path: Path, bytes: Uint8Array, start: number, end: number) => void;
  /** Is told of messages without a byte. */
  readonly empty?: (path: Path) => void;
}

/**
 * Streams that one path may bring which nobody knew: all encoders of a large site at once, by one socket for datagrams, and then as many
 * as start anew in a bad hour. Who invents more is not passed on.
 */
const NEW_STREAMS_AT_ONCE = 1_024;
const NEW_STREAMS_PER_SECOND = 16;

/** Whether it is a connection that somebody has made to us. */
export function isPushed({ transport, peer }: Pick<PathOptions, 'transport' | 'peer'>): boolean {
  return transport.tellsClose && peer.role !== 'relay';
}

/** An incoming connection, or the datagrams that one address sends to a socket, with its counts. */
export class Path {
  readonly id: PathId;
  readonly transport: Transport;
  readonly peer: Peer;
  /** The peer's. */
  readonly address: string;
  /** A relay that we subscribe to; otherwise whoever pushes to us. */
  readonly isUpstream: boolean;
  isOpen = true;
  openedAt: Micros;
  /** When it said last, by an empty message, that it waits for something to say; before, when it was opened. */
  waitsSince: Micros;
  /** When a message of a stream came by it last; undefined before the first. */
  usedAt: Micros | undefined;
  /** Streams that it may still bring which nobody knew: `mayBringStream` counts. */
  readonly #newStreams: TokenBucket = new TokenBucket(NEW_STREAMS_AT_ONCE, NEW_STREAMS_PER_SECOND);
  messages = 0;
  bytes = 0;
  dropped: Map<DropReason, number> = new Map();
  readonly #deframer: Deframer;

  constructor({ id, transport, peer, openedAt, message, empty }: PathOptions) {
    this.id = id;
    this.transport = transport;
    this.peer = peer;
    this.address = peer.address;
    this.isUpstream = peer.role === 'relay';
    this.openedAt = openedAt;
    this.waitsSince = openedAt;
    this.#deframer = new Deframer((bytes, start, end) => message(this, bytes, start, end), () => empty?.(this));
  }

  drop(reason: DropReason, count = 1): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
  }

  /** Whether it may bring one more stream that nobody knew. */
  mayBringStream(now: Micros): boolean {
    return this.#newStreams.take(now);
  }

  /** Whether its peer may announce what this ANNOUNCE does. One that cannot be read announces nothing. */
  mayAnnounce({ bytes, start, end }: MessageView): boolean {
    if (this.peer.mounts === undefined) return true;
    const announced = decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end));
    return announced === undefined || mayAnnounce(this.peer, announced.mountpoint);
  }

  get figures(): PathFigures {
    return { messages: this.messages, bytes: this.bytes, dropped: Object.fromEntries(this.dropped) };
  }

  /** Bytes of an unfinished message. */
  get heldBytes(): number {
    return this.#deframer.pendingBytes;
  }

  /** An unfinished message; borrowed. */
  get pending(): Uint8Array {
    return this.#deframer.pending;
  }

  /** Saves or restores what is not given at construction. */
  archive(a: Archive): void {
    this.openedAt = a.number(this.openedAt);
    this.waitsSince = a.number(this.waitsSince);
    this.usedAt = a.maybeNumber(this.usedAt);
    this.#newStreams.archive(a);
    this.messages = a.number(this.messages);
    this.bytes = a.number(this.bytes);
    this.dropped = new Map(a.list(this.dropped, (drop) => [a.text(drop?.[0] ?? 'late'), a.number(drop?.[1] ?? 0)]));
    this.#deframer.archive(a);
  }

  /** @internal */
  push(bytes: Uint8Array): void {
    this.#deframer.push(bytes);
  }
}

export interface IntakeOptions {
  readonly maxPaths: number;
  /** One message, read and counted; the view is borrowed for the call. */
  readonly message: (path: Path, view: MessageView) => void;
  /** A path says by a message without a byte that it is there. */
  readonly empty?: (path: Path) => void;
  readonly event: (event: PathEvent) => void;
}

/** The incoming side that relay and edge share: paths, from bytes to messages, with everything malformed counted. */
export class Intake {
  readonly #options: IntakeOptions;
  #paths = new Map<PathId, Path>();
  readonly #view = emptyMessageView();
  #bounds = new Map<string, number>();
  #opened = 0;

  constructor(options: IntakeOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#paths.size;
  }

  get isFull(): boolean {
    return this.#paths.size >= this.#options.maxPaths;
  }

  get paths(): Iterable<Path> {
    return this.#paths.values();
  }

  get heldBytes(): number {
    let sum = 0;
    for (const path of this.#paths.values()) sum += path.heldBytes;
    return sum;
  }

  /** One that is open. */
  path(id: PathId): Path {
    const path = this.#paths.get(id);
    assert(path !== undefined, `there is no path ${id}`);
    return path;
  }

  open(now: Micros, transport: Transport, peer: Peer): Path | undefined {
    if (this.isFull) {
      this.boundHit('maxPaths');
      return undefined;
    }
    this.#opened++;
    const path = new Path({ id: this.#opened as PathId, transport, peer, openedAt: now, message: this.#message, empty: this.#empty });
    this.#paths.set(path.id, path);
    this.#options.event({ kind: 'path-opened', path: path.id, label: peer.name, transport: transport.name });
    return path;
  }

  close(id: PathId, reason: string): Path | undefined {
    const path = this.#paths.get(id);
    if (path === undefined) return undefined;
    this.#paths.delete(id);
    path.isOpen = false;
    this.#options.event({ kind: 'path-closed', path: id, label: path.peer.name, reason, ...path.figures });
    return path;
  }

  receive(id: PathId, bytes: Uint8Array): void {
    const path = this.path(id);
    path.bytes += bytes.length;
    if (path.transport.framing === 'stream') path.push(bytes);
    else this.#message(path, bytes, 0, bytes.length);
  }

  /** Counts a bound that was reached, and reports it at powers of two: a flood does not fill the log. */
  boundHit(bound: string, holders?: () => string): void {
    const count = (this.#bounds.get(bound) ?? 0) + 1;
    this.#bounds.set(bound, count);
    if (isPowerOfTwo(count)) {
      this.#options.event({ kind: 'bound-hit', bound, count, ...(holders && { holders: holders() }) });
    }
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#opened = a.number(this.#opened);
    this.#bounds = new Map(a.list(this.#bounds, (bound) => [a.text(bound?.[0] ?? ''), a.number(bound?.[1] ?? 0)]));
    this.#paths = new Map(a.list(this.#paths, (entry) => this.#archivePath(a, entry?.[1])));
  }

  #archivePath(a: Archive, saved: Path | undefined): [PathId, Path] {
    const id = a.number(saved?.id ?? (0 as PathId));
    const transport = transports[a.text(saved?.transport.name ?? 'tcp')];
    const peer = archivePeer(a, saved?.peer);
    const path = saved ?? new Path({ id, transport, peer, openedAt: 0 as Micros, message: this.#message, empty: this.#empty });
    path.archive(a);
    return [id, path];
  }

  readonly #empty = (path: Path): void => this.#options.empty?.(path);

  readonly #message = (path: Path, bytes: Uint8Array, start: number, end: number): void => {
    path.messages++;
    const problem = readMessage(this.#view, bytes, start, end);
    if (problem !== undefined) path.drop(problem);
    else if (isTooLongFor(this.#view.type, end - start - PDU_HEADER_BYTES)) path.drop('too-long-for-type');
    else this.#options.message(path, this.#view);
  };
}

/** What is told so often does not fill a log, however long it goes on. */
export function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}
