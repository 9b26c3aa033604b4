import { decodeAnnouncement } from '../../wire/messages/announce.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { EndedStreams } from '../../arrival/order/ended-streams.ts';
import { EdgeStream, type EdgeStreamSink, type StreamConsumer } from './stream.ts';
import type { StreamEvent } from './events.ts';
import type { Point } from './times/moments.ts';
import { streamName } from '../../links/peers/encoder-name.ts';
import type { Path } from '../../links/paths/path.ts';
import type { PathId } from '../../base/machine.ts';
import { formatStreamId, MessageType, PDU_HEADER_BYTES, STREAM_ID_BYTES, streamIdOf, type MessageView } from '../../wire/pdu.ts';
import type { Settings } from '../../config/settings.ts';
import { leastUseful, LOOK_AGAIN_US, PROVEN_AFTER_US, type Worth } from '../../links/slots/stream-slots.ts';
import type { StreamTable } from '../../wire/stream-table.ts';
import type { Timer } from '../../base/timers.ts';
import { later, toMs, type Micros } from '../../base/units.ts';

export type StreamsReason = 'gap-expires' | 'forget-stream';

export interface StreamsOptions {
  readonly settings: Settings;
  readonly budget: MemoryBudget;
  readonly timer: (reason: StreamsReason, fire: (now: Micros) => void) => Timer<string>;
  /** Where streams are kept: others go through all of them. */
  readonly table: StreamTable<EdgeStream>;
  /** Where one goes that has joined no mountpoint yet. */
  readonly newcomers: StreamConsumer;
  /** There is no room for a stream that nobody knows yet, unless another one goes. */
  readonly full: (bound: 'maxUnannouncedStreams' | 'maxStreams' | 'edgeBytes') => void;
  /** A message has come of which edges can say when what is behind it was recorded. */
  readonly pointed: (now: Micros, stream: EdgeStream, point: Point) => void;
  readonly event: (event: StreamEvent) => void;
}

/** All streams of an edge: which one a message is of, whether there is room for a new one, and when one is forgotten. */
export class Streams implements Iterable<EdgeStream> {
  readonly #options: StreamsOptions;
  readonly #table: StreamTable<EdgeStream>;
  readonly #endedStreams: EndedStreams;
  /** One for all: somebody who invents streams makes us pay for what each has of its own. */
  readonly #sink: EdgeStreamSink;
  #unannounced = 0;
  /** Before this it is not looked again which streams can go for others. */
  #noRoomUntil = 0 as Micros;

  constructor(options: StreamsOptions) {
    this.#options = options;
    this.#table = options.table;
    this.#endedStreams = new EndedStreams(options.settings.windowMessages);
    this.#sink = {
      announced: () => {
        this.#unannounced--;
      },
      paceChanged: (stream) => this.#paceChanged(stream),
      pointed: options.pointed,
    };
  }

  get size(): number {
    return this.#table.size;
  }

  get heldBytes(): number {
    let sum = 0;
    for (const stream of this.#table) sum += stream.heldBytes;
    return sum;
  }

  /** Early messages. */
  get heldMessages(): number {
    let sum = 0;
    for (const stream of this.#table) sum += stream.messages.heldMessages;
    return sum;
  }

  [Symbol.iterator](): Iterator<EdgeStream> {
    return this.#table[Symbol.iterator]();
  }

  /** The stream with this id, if it is known. */
  get(id: Uint8Array): EdgeStream | undefined {
    return this.#table.get(id);
  }

  /** The stream of the message that begins at `start`, if it is known. */
  find(view: Pick<MessageView, 'bytes' | 'start'>): EdgeStream | undefined {
    return this.#table.find(view.bytes, view.start);
  }

  /** The stream of a message, known from now on; undefined when there is no room for it. */
  of(now: Micros, path: Path, view: MessageView): EdgeStream | undefined {
    const known = this.find(view);
    if (known !== undefined) return known;
    if (!this.#makeRoom(now, path, view)) return undefined;
    const stream = this.#newStream(now, streamIdOf(view.bytes, view.start));
    this.#table.add(stream);
    this.#unannounced++;
    this.#options.event({ kind: 'stream-new', stream: stream.name, label: path.peer.name });
    return stream;
  }

  /** A stream is not taken in any more. What was heard of it may be heard again when it is. */
  letGo(now: Micros, stream: EdgeStream): void {
    this.#table.delete(stream);
    if (stream.mountpoint === undefined) this.#unannounced--;
    stream.dispose(now);
    const silentMs = toMs((now - stream.heardAt) as Micros);
    this.#options.event({ kind: 'stream-forgotten', mount: stream.mountpoint ?? '', ...streamName(stream), silentMs });
  }

  /**
   * Saves or restores its state; the paths it names are open. Returns all streams that others can refer to.
   *
   * @param onAir those that are on air somewhere: they may not be known any more.
   */
  snapshot(a: Snapshot, onAir: readonly EdgeStream[], pathOf: (id: PathId) => Path): readonly EdgeStream[] {
    const known = a.list(this.#table, (stream) => this.#snapshotStream(a, pathOf, stream));
    if (a.isLoading) for (const stream of known) this.#table.add(stream);
    const ghosts = a.list(onAir.filter((stream) => !known.includes(stream)), (stream) => this.#snapshotStream(a, pathOf, stream));
    this.#endedStreams.snapshot(a);
    this.#unannounced = a.number(this.#unannounced);
    this.#noRoomUntil = a.number(this.#noRoomUntil);
    return [...known, ...ghosts];
  }

  #snapshotStream(a: Snapshot, pathOf: (id: PathId) => Path, saved: EdgeStream | undefined): EdgeStream {
    const id = a.bytes(saved?.id ?? NO_ID);
    const stream = saved ?? this.#newStream(0 as Micros, id);
    stream.snapshot(a, pathOf);
    return stream;
  }

  #newStream(now: Micros, id: Uint8Array): EdgeStream {
    const { settings, budget, newcomers, timer } = this.#options;
    const stream: EdgeStream = new EdgeStream({
      id,
      now,
      settings,
      budget,
      sink: this.#sink,
      consumer: newcomers,
      before: this.#endedStreams.runsOf(formatStreamId(id)),
      timer,
      forget: (at) => this.#forget(at, stream),
    });
    return stream;
  }

  #paceChanged(stream: EdgeStream): void {
    const { mountpoint, health } = stream;
    const { pace } = health;
    const where = { mount: mountpoint ?? '', ...streamName(stream) };
    const { programmeUs, withinUs } = pace.lately;
    const event = pace.isUnpaced ? { kind: 'stream-unpaced', programmeMs: Math.round(programmeUs / 1000), withinMs: Math.round(withinUs / 1000) } as const : { kind: 'stream-paced' } as const;
    this.#options.event({ ...event, ...where });
  }

  /** False when a stream must be refused that nobody knows yet. */
  #makeRoom(now: Micros, path: Path, view: MessageView): boolean {
    const { settings, budget, full } = this.#options;
    const nameless = this.#unannounced >= settings.maxUnannouncedStreams && !announcesMount(path, view);
    if (!nameless && this.#table.size < settings.maxStreams && !budget.isSpent) return true;
    full(nameless ? 'maxUnannouncedStreams' : budget.isSpent ? 'edgeBytes' : 'maxStreams');
    if (now < this.#noRoomUntil) return false;
    const among = nameless ? [...this.#table].filter(({ mountpoint }) => mountpoint === undefined) : this.#table;
    const useless = leastUseful(among, (stream) => this.#worthOf(now, stream), '');
    // A stream that begins costs fifty times what it costs to refuse it.
    this.#noRoomUntil = later(now, LOOK_AGAIN_US as Micros);
    for (const stream of useless) this.#forget(now, stream);
    return useless.length > 0;
  }

  #worthOf(now: Micros, stream: EdgeStream): Worth {
    const { mountpoint, health, bornAt, source = '' } = stream;
    if (stream.isHeard) return { use: 'kept', since: bornAt, holder: source };
    const canBeHeard = mountpoint !== undefined && now - health.frameAt < PROVEN_AFTER_US;
    return { use: !canBeHeard ? 'none' : now - health.framesSince < PROVEN_AFTER_US ? 'young' : 'proven', since: bornAt, holder: source };
  }

  #forget(now: Micros, stream: EdgeStream): void {
    this.#endedStreams.note(stream.name, stream.messages.runs);
    this.letGo(now, stream);
  }
}

const NO_ID = new Uint8Array(STREAM_ID_BYTES);

function announcesMount(path: Path, view: MessageView): boolean {
  const { type, bytes, start, end } = view;
  return type === MessageType.ANNOUNCE && decodeAnnouncement(bytes.subarray(start + PDU_HEADER_BYTES, end)) !== undefined && path.mayAnnounce(view);
}
