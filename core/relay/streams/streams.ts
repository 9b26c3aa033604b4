import type { Snapshot } from '../../base/snapshot.ts';
import { MemoryBudget } from '../../base/memory/budget.ts';
import { Carriage } from '../../links/carriage.ts';
import { RELAY_STREAM_BYTES } from '../../base/memory/costs.ts';
import { EndedStreams } from '../../arrival/order/ended-streams.ts';
import type { RelayEvent } from '../events.ts';
import { decodeSource } from '../../wire/messages/extensions.ts';
import type { Path } from '../../links/paths/path.ts';
import type { Journal } from '../../base/memory/journal.ts';
import type { PathId } from '../../base/machine.ts';
import { formatStreamId, PDU_HEADER_BYTES, sameStream, STREAM_ID_BYTES, streamIdOf, type MessageView } from '../../wire/pdu.ts';
import type { OpeningBytes } from './opening.ts';
import { RelayStream } from './stream.ts';
import type { Settings } from '../../config/settings.ts';
import { leastUseful, LOOK_AGAIN_US } from '../../links/slots/stream-slots.ts';
import type { SetTitle } from '../../wire/messages/set-title.ts';
import { StreamTable } from '../../wire/stream-table.ts';
import type { Timer } from '../../base/timers.ts';
import { later, toMs, type Micros } from '../../base/units.ts';

export interface RelayStreamsOptions {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly timer: (reason: 'forget-stream', fire: (now: Micros) => void) => Timer<string>;
  /** There is no room for a stream that nobody knows yet, unless another one goes. */
  readonly full: () => void;
  /** The first copy of a TITLE in a stream, by whom it has come. */
  readonly title: (stream: RelayStream, title: SetTitle, by: string) => void;
  readonly forgotten: (stream: RelayStream) => void;
  readonly event: (event: RelayEvent) => void;
}

/** What is kept of rival places takes so large a share of what the history may take, all streams together. */
const RIVAL_SHARE = 4;

/** All streams of a relay: which one a message is of, who may bring a new one, and when one is forgotten. */
export class RelayStreams implements Iterable<RelayStream> {
  readonly #options: RelayStreamsOptions;
  readonly #table = new StreamTable<RelayStream>();
  readonly #carriage = new Carriage<RelayStream>();
  readonly #rivalBudget: MemoryBudget;
  readonly #endedStreams: EndedStreams;
  readonly #openingBytes: OpeningBytes = { kept: 0, packed: 0 };
  /** No stream could go for another one: before this it is not looked again. */
  #noRoomUntil = 0 as Micros;
  /** The stream of the last message: an encoder's connection carries only one. */
  #latest: RelayStream | undefined;

  constructor(options: RelayStreamsOptions) {
    const { windowMessages, historyBytes } = options.settings;
    this.#options = options;
    this.#rivalBudget = new MemoryBudget(historyBytes / RIVAL_SHARE);
    this.#endedStreams = new EndedStreams(windowMessages);
  }

  get size(): number {
    return this.#table.size;
  }

  /** Memory of their openings and rival places. */
  get heldBytes(): number {
    return this.#openingBytes.kept + this.#openingBytes.packed + this.#rivalBudget.usedBytes;
  }

  /** What is not there for the history, because they take it. */
  get countedBytes(): number {
    return this.#openingBytes.kept + RELAY_STREAM_BYTES * this.#table.size;
  }

  /** What a new subscriber needs to know first, of every stream. */
  get openings(): readonly Uint8Array[] {
    return [...this.#table].map(({ opening }) => opening);
  }

  /** The same of the streams of these mountpoints. */
  openingsOf(mounts: ReadonlySet<string>): readonly Uint8Array[] {
    return [...this.#table].filter(({ mount }) => mounts.has(mount)).map(({ opening }) => opening);
  }

  [Symbol.iterator](): Iterator<RelayStream> {
    return this.#table[Symbol.iterator]();
  }

  /** The stream of a message, if it is known. */
  find(bytes: Uint8Array, messageStart: number): RelayStream | undefined {
    const latest = this.#latest;
    return latest !== undefined && sameStream(latest.id, bytes, messageStart) ? latest : this.#table.find(bytes, messageStart);
  }

  /** The stream of a message. Undefined when it is not remembered, which stream that is; 'too-many-streams' when it goes no further. */
  of(now: Micros, path: Path, view: MessageView): RelayStream | 'too-many-streams' | undefined {
    const known = this.find(view.bytes, view.start);
    if (known !== undefined) return (this.#latest = known);
    if (!path.isUpstream && !path.mayBringStream(now)) return 'too-many-streams';
    const holder = path.isUpstream ? '' : path.address;
    const { maxStreams } = path.peer;
    if (maxStreams !== undefined && this.#holds(holder) >= maxStreams) return 'too-many-streams';
    if (!this.#makeRoom(now, holder)) return undefined;
    const stream = this.#newStream(now, streamIdOf(view.bytes, view.start), holder);
    const name = formatStreamId(stream.id);
    stream.begin(now, this.#endedStreams.runsOf(name));
    this.#table.add(stream);
    this.#options.event({ kind: 'stream-new', stream: name, label: path.peer.name });
    return (this.#latest = stream);
  }

  /** Takes in one copy of a message of a stream, which admits it. */
  receive(now: Micros, stream: RelayStream, path: Path, view: MessageView): void {
    if (stream.receive(now, path, view)) this.#carriage.carries(path.id, stream);
  }

  /** What another relay says of a stream's source. It has no place in the stream's sequence, and goes no further as it is. */
  receiveSource(now: Micros, path: Path, view: MessageView): void {
    const report = path.isUpstream ? decodeSource(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end)) : undefined;
    if (report === undefined) path.drop('bad-source');
    else this.#table.find(view.bytes, view.start)?.said(now, path, report);
  }

  /** A connection is gone. */
  closed(now: Micros, path: Path): void {
    for (const stream of this.#carriage.closed(path.id)) stream.closed(now, path);
  }

  /** Saves or restores its state; the paths it names are open. */
  snapshot(a: Snapshot, pathOf: (id: PathId) => Path): void {
    for (const stream of a.list(this.#table, (saved) => this.#snapshotStream(a, pathOf, saved))) if (a.isLoading) this.#restore(stream);
    this.#openingBytes.kept = a.number(this.#openingBytes.kept);
    this.#noRoomUntil = a.number(this.#noRoomUntil);
    this.#rivalBudget.snapshot(a);
    this.#endedStreams.snapshot(a);
  }

  #snapshotStream(a: Snapshot, pathOf: (id: PathId) => Path, saved: RelayStream | undefined): RelayStream {
    const id = a.bytes(saved?.id ?? NO_ID);
    const stream = saved ?? this.#newStream(0 as Micros, id, '');
    stream.snapshot(a, pathOf);
    return stream;
  }

  #restore(stream: RelayStream): void {
    this.#table.add(stream);
    for (const { id } of stream.paths) this.#carriage.carries(id, stream);
  }

  #newStream(now: Micros, id: Uint8Array, holder: string): RelayStream {
    const { settings, journal, timer, title, event } = this.#options;
    const stream: RelayStream = new RelayStream({
      id,
      now,
      holder,
      settings,
      journal,
      rivalBudget: this.#rivalBudget,
      openingBytes: this.#openingBytes,
      forget: timer('forget-stream', (at) => this.#forget(at, stream)),
      title,
      event,
    });
    return stream;
  }

  /** How many streams one peer has brought first. It is asked only for a new stream of a peer that has a limit, and those come few a second. */
  #holds(holder: string): number {
    let count = 0;
    for (const stream of this.#table) if (stream.holder === holder) count++;
    return count;
  }

  /** False when a stream must be refused that nobody knows yet. */
  #makeRoom(now: Micros, holder: string): boolean {
    if (this.#table.size < this.#options.settings.maxStreams) return true;
    this.#options.full();
    if (now < this.#noRoomUntil) return false;
    const useless = leastUseful(this.#table, (stream) => stream.worth(now), holder);
    if (useless.length === 0) this.#noRoomUntil = later(now, LOOK_AGAIN_US as Micros);
    for (const stream of useless) this.#forget(now, stream);
    return useless.length > 0;
  }

  #forget(now: Micros, stream: RelayStream): void {
    this.#table.delete(stream);
    const name = formatStreamId(stream.id);
    this.#endedStreams.note(name, stream.runs);
    if (stream.hasStrays) this.#carriage.forget(stream);
    else for (const { id } of stream.carryingPaths) this.#carriage.dropped(id, stream);
    const { encoder } = stream;
    stream.dispose();
    if (this.#latest === stream) this.#latest = undefined;
    this.#options.forgotten(stream);
    const silentMs = toMs((now - stream.heardAt) as Micros);
    this.#options.event({ kind: 'stream-forgotten', mount: stream.mount, ...encoder, stream: name, silentMs });
  }
}

const NO_ID = new Uint8Array(STREAM_ID_BYTES);
