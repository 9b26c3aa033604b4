import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import { Bounds } from '../../base/memory/bounds.ts';
import type { Settings } from '../../config/settings.ts';
import type { PathEvent } from '../events.ts';
import type { PathId } from '../../base/machine.ts';
import { Path } from './path.ts';
import { PastPaths, type PeerFigures } from './peer-figures.ts';
import { snapshotPeer, type Peer } from '../peers/peer.ts';
import { HELLO_TAKES_MOMENTS, HELLO_TAKES_TITLES, HELLO_TAKES_TITLES_AND_WANTS } from '../../wire/messages/extensions.ts';
import { isTooLongFor } from '../../wire/messages/payloads.ts';
import { transports, type Transport } from '../transport.ts';
import type { Micros } from '../../base/units.ts';
import { emptyMessageView, MessageType, PDU_HEADER_BYTES, readMessage, type MessageView } from '../../wire/pdu.ts';

export interface PathReceiverOptions {
  readonly settings: Pick<Settings, 'maxPaths'>;
  /** One message, read and counted; the view is borrowed for the call. */
  readonly message: (path: Path, view: MessageView) => void;
  /** The relay at the other end of a path has said what it reads by it. */
  readonly greeted?: (path: Path) => void;
  /** A path says by a message without a byte that it is there. */
  readonly empty?: (path: Path) => void;
  readonly event: (event: PathEvent) => void;
}

/** The incoming side that relay and edge share: paths, from bytes to messages, with everything malformed counted. */
export class PathReceiver {
  readonly #options: PathReceiverOptions;
  #paths = new Map<PathId, Path>();
  readonly #view = emptyMessageView();
  readonly #bounds: Bounds;
  readonly #past = new PastPaths();
  #opened = 0;

  constructor(options: PathReceiverOptions) {
    this.#options = options;
    this.#bounds = new Bounds(options.event);
  }

  get size(): number {
    return this.#paths.size;
  }

  get isFull(): boolean {
    return this.#paths.size >= this.#options.settings.maxPaths;
  }

  get paths(): Iterable<Path> {
    return this.#paths.values();
  }

  /** What came in since the start, by peer. */
  get peers(): readonly PeerFigures[] {
    return this.#past.with(this.#paths.values());
  }

  get heldBytes(): number {
    let sum = 0;
    for (const path of this.#paths.values()) sum += path.heldBytes;
    return sum;
  }

  /** One that is open. */
  path(id: PathId): Path {
    const path = this.#paths.get(id);
    // Only then: the text of an error is not made for every read.
    if (path === undefined) assert(false, `there is no path ${id}`);
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
    this.#past.closed(path);
    this.#options.event({ kind: 'path-closed', path: id, label: path.peer.name, reason, ...path.figures });
    return path;
  }

  receive(id: PathId, bytes: Uint8Array): void {
    const path = this.path(id);
    path.bytes += bytes.length;
    if (path.transport.framing === 'stream') path.push(bytes);
    else this.#message(path, bytes, 0, bytes.length);
  }

  /** Counts a bound that was reached, and reports it. */
  boundHit(bound: string, holders?: () => string): void {
    this.#bounds.hit(bound, holders);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#opened = a.number(this.#opened);
    this.#bounds.snapshot(a);
    this.#paths = new Map(a.list(this.#paths, (entry) => this.#snapshotPath(a, entry?.[1])));
  }

  #snapshotPath(a: Snapshot, saved: Path | undefined): [PathId, Path] {
    const id = a.number(saved?.id ?? (0 as PathId));
    const transport = transports[a.text(saved?.transport.name ?? 'tcp')];
    const peer = snapshotPeer(a, saved?.peer);
    const path = saved ?? new Path({ id, transport, peer, openedAt: 0 as Micros, message: this.#message, empty: this.#empty });
    path.snapshot(a);
    return [id, path];
  }

  readonly #empty = (path: Path): void => this.#options.empty?.(path);

  readonly #message = (path: Path, bytes: Uint8Array, start: number, end: number): void => {
    path.messages++;
    const problem = readMessage(this.#view, bytes, start, end);
    if (problem !== undefined) path.drop(problem);
    else if (isTooLongFor(this.#view.type, end - start - PDU_HEADER_BYTES)) path.drop('too-long-for-type');
    // A relay says that to whoever is connected to it: it is of no stream, and goes no further.
    else if (this.#view.type !== MessageType.HELLO) this.#options.message(path, this.#view);
    else if (path.messages === 1) this.#greeted(path, this.#view);
  };

  #greeted(path: Path, { sequence: says, replica }: MessageView): void {
    path.takesTitles = says === HELLO_TAKES_TITLES || says === HELLO_TAKES_TITLES_AND_WANTS;
    path.takesWants = says >= HELLO_TAKES_TITLES_AND_WANTS;
    path.takesMoments = replica === HELLO_TAKES_MOMENTS;
    this.#options.greeted?.(path);
  }
}
