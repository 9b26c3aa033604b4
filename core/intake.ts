import type { Archive } from './archive.ts';
import { assert } from './assert.ts';
import { Deframer } from './deframer.ts';
import type { PathEvent, PathFigures } from './events.ts';
import type { PathId, Transport } from './machine.ts';
import { emptyMessageView, readMessage, type MessageView, type PduProblem } from './pdu.ts';

/** Why a message did not get further. */
export type DropReason =
  | PduProblem
  | 'duplicate'
  | 'stale'
  | 'late'
  | 'far-off'
  | 'too-many-streams'
  | 'bad-announce'
  | 'announce-conflict'
  | 'bad-header'
  | 'bad-origin'
  | 'bad-source';

export interface PathOptions {
  readonly id: PathId;
  readonly transport: Transport;
  readonly label: string;
  readonly isUpstream: boolean;
  /** Is told of each message. */
  readonly message: (path: Path, bytes: Uint8Array, start: number, end: number) => void;
}

/** An incoming connection, or a socket that datagrams come to, with its counts. */
export class Path {
  readonly id: PathId;
  readonly transport: Transport;
  readonly label: string;
  /** A relay that we subscribe to; otherwise whoever pushes to us. */
  readonly isUpstream: boolean;
  messages = 0;
  bytes = 0;
  dropped: Map<DropReason, number> = new Map();
  readonly #deframer: Deframer;

  constructor({ id, transport, label, isUpstream, message }: PathOptions) {
    this.id = id;
    this.transport = transport;
    this.label = label;
    this.isUpstream = isUpstream;
    this.#deframer = new Deframer((bytes, start, end) => message(this, bytes, start, end));
  }

  drop(reason: DropReason, count = 1): void {
    this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
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

  open(transport: Transport, label: string, isUpstream: boolean): Path | undefined {
    if (this.#paths.size >= this.#options.maxPaths) {
      this.boundHit('maxPaths');
      return undefined;
    }
    this.#opened++;
    const path = new Path({ id: this.#opened as PathId, transport, label, isUpstream, message: this.#message });
    this.#paths.set(path.id, path);
    this.#options.event({ kind: 'path-opened', path: path.id, label, transport });
    return path;
  }

  close(id: PathId, reason: string): Path | undefined {
    const path = this.#paths.get(id);
    if (path === undefined) return undefined;
    this.#paths.delete(id);
    this.#options.event({ kind: 'path-closed', path: id, label: path.label, reason, ...path.figures });
    return path;
  }

  receive(id: PathId, bytes: Uint8Array): void {
    const path = this.path(id);
    path.bytes += bytes.length;
    if (path.transport === 'tcp') path.push(bytes);
    else this.#message(path, bytes, 0, bytes.length);
  }

  /** Counts a bound that was reached, and reports it at powers of two: a flood does not fill the log. */
  boundHit(bound: string): void {
    const count = (this.#bounds.get(bound) ?? 0) + 1;
    this.#bounds.set(bound, count);
    if ((count & (count - 1)) === 0) this.#options.event({ kind: 'bound-hit', bound, count });
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#opened = a.number(this.#opened);
    this.#bounds = new Map(a.list(this.#bounds, (bound) => [a.text(bound?.[0] ?? ''), a.number(bound?.[1] ?? 0)]));
    this.#paths = new Map(a.list(this.#paths, (entry) => this.#archivePath(a, entry?.[1])));
  }

  #archivePath(a: Archive, saved: Path | undefined): [PathId, Path] {
    const id = a.number(saved?.id ?? (0 as PathId));
    const transport = a.text(saved?.transport ?? 'tcp');
    const label = a.text(saved?.label ?? '');
    const isUpstream = a.flag(saved?.isUpstream ?? false);
    const path = saved ?? new Path({ id, transport, label, isUpstream, message: this.#message });
    path.archive(a);
    return [id, path];
  }

  readonly #message = (path: Path, bytes: Uint8Array, start: number, end: number): void => {
    path.messages++;
    const problem = readMessage(this.#view, bytes, start, end);
    if (problem === undefined) this.#options.message(path, this.#view);
    else path.drop(problem);
  };
}
