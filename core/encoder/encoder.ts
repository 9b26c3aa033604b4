import { assert } from '../base/assert.ts';
import { EncoderStream, type SourceOptions, type SourceView, type StreamTimerReason } from './stream.ts';
import type { HeaderList } from '../wire/headers.ts';
import { Lane } from './lane.ts';
import type { Machine, SourceId, TargetId } from '../base/machine.ts';
import type { Settings } from '../config/settings.ts';
import type { Transport } from '../links/transport.ts';
import { TargetsLeft } from './targets-left.ts';
import { Target, type EncoderSink, type TargetFigures } from './target.ts';
import { isNewer, newTitle, type SetTitle } from '../wire/set-title.ts';
import { TimerQueue } from '../base/timers.ts';
import { earliest, NEVER, type Micros } from '../base/units.ts';

export interface EncoderOptions {
  readonly settings: Settings;
}

export interface TargetAddress {
  readonly transport: Transport;
  /** For events. */
  readonly label: string;
  /** The name by which sources choose it; its label, unless given. A name can have several addresses. */
  readonly name?: string;
  /** The replica number of its copies; the lowest that is free, unless given. */
  readonly id?: TargetId;
}

export type { EncoderSink, SourceOptions, SourceView };

export interface EncoderStats {
  /** What was dropped, by target, because it was unreachable or slow for too long. */
  readonly lostMessages: readonly number[];
  /** What came back from targets and acknowledges nothing that they were sent. */
  readonly strayMessages: number;
}

/** The replica number is one byte. */
export const MAX_TARGETS = 256;

/** Streams of one mountpoint whose sources have ended, and that are kept for targets that are away; of more the oldest are forgotten. */
const MAX_ENDED = 8;

interface OpenTarget {
  readonly target: Target;
  readonly name: string;
  readonly lanes: Map<EncoderStream, Lane>;
}

/**
 * Cuts the audio of any number of sources into frames and sends each as one message to every target, all of them by one connection.
 *
 *     source -> stream: message n -> journal ---> lane of target 0 --\
 *                                            \--> lane of target 1 --- --> target 0: one connection, as replica 0
 *     source -> stream: message n -> journal ---> lane of target 0 --/ \-> target 1: one connection, as replica 1
 *                                            \--> lane of target 1 ---/
 *
 * The journal of a stream holds its newest 10 s. When the connection to a TCP target is made (again) all journals are sent: what
 * was written to the lost connection may never have arrived, and receivers drop what they already have. They belong to no
 * target: one that is new, since its name has another address now, gets all that the old address would have got.
 */
export class Encoder implements Machine {
  readonly #settings: Settings;
  readonly #sink: EncoderSink;
  readonly #timers = new TimerQueue<'target-slow' | 'target-flush' | 'no-target' | StreamTimerReason>();
  readonly #slow = this.#timers.timer('target-slow', (now) => this.#pump(now));
  readonly #flush = this.#timers.timer('target-flush', (now) => this.#pump(now));
  readonly #streams = new Map<SourceId, EncoderStream>();
  /** By replica number; those that are free are undefined. */
  readonly #targets: (OpenTarget | undefined)[] = [];
  readonly #left: TargetsLeft;
  #opened = 0;
  /** The newest that was set for each mountpoint that has a stream. */
  readonly #titles: Map<string, SetTitle> = new Map();
  #titlesTaken = 0;

  constructor({ settings }: EncoderOptions, sink: EncoderSink) {
    this.#settings = settings;
    this.#sink = sink;
    this.#left = new TargetsLeft({
      up: () => this.#targets.filter((open) => open?.target.isUp === true).length,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      event: (event) => sink.event(event),
    });
  }

  get deadline(): Micros {
    return this.#timers.next;
  }

  get deadlineReason(): string {
    return this.#timers.nextReason;
  }

  /** Whether a target that is up has not been given everything yet, or has not confirmed it. */
  get isBehind(): boolean {
    return this.#slow.armed || this.#flush.armed;
  }

  get stats(): EncoderStats {
    return {
      lostMessages: this.#targets.map((open) => open?.target.lostMessages ?? 0),
      strayMessages: this.#targets.reduce((sum, open) => sum + (open?.target.strayMessages ?? 0), 0),
    };
  }

  /** What there is to measure of each target. */
  get targets(): readonly TargetFigures[] {
    return this.#targets.flatMap((open) => open?.target.figures ?? []);
  }

  /** Frames that were sent of each source that has not ended. */
  get sources(): readonly { readonly mount: string; readonly frames: number }[] {
    return [...this.#streams.values()].filter(({ isEnded }) => !isEnded).map(({ mountpoint: mount, frames }) => ({ mount, frames }));
  }

  /** Memory held for targets, for unfinished frames, and for those that may have been sent before. */
  get heldBytes(): number {
    let sum = 0;
    for (const stream of this.#streams.values()) sum += stream.heldBytes;
    return sum;
  }

  /** A source that is open, or has ended less than `targetKeepMs` ago. */
  source(id: SourceId): SourceView {
    return this.#stream(id);
  }

  /** A new destination; its id is the replica number of its copies. A TCP target is down until `targetUp`. */
  addTarget(now: Micros, { transport, label, name = label, id = this.#freeId }: TargetAddress): TargetId {
    assert(id < MAX_TARGETS, 'a replica number is one byte');
    assert(this.#targets[id] === undefined, 'two targets have one replica number');
    while (this.#targets.length <= id) this.#targets.push(undefined);
    const target = new Target({ id, transport, label, settings: this.#settings, sink: this.#sink, wentDown: (at) => this.#left.down(at, label, 'stuck'), title: (now, lane, set) => this.#titleSaid(now, open, lane, set) });
    const open: OpenTarget = { target, name, lanes: new Map() };
    this.#targets[id] = open;
    for (const stream of this.#streams.values()) addLane(open, stream);
    this.#left.added(now, label);
    return id;
  }

  /** A destination that is none any more. Its number can be another one's. */
  removeTarget(_now: Micros, id: TargetId): void {
    this.#target(id);
    this.#targets[id] = undefined;
  }

  /** The connection to a TCP target is made: everything kept is sent first. */
  targetUp(now: Micros, id: TargetId): void {
    for (const stream of this.#streams.values()) stream.trim(now);
    const target = this.#target(id);
    target.up(now);
    this.#left.up(now, target.label);
    this.#pump(now);
  }

  /** @param reason 'stopped': it is not wanted any more. */
  targetDown(now: Micros, id: TargetId, reason: string = ''): void {
    const target = this.#target(id);
    target.down();
    this.#left.down(now, target.label, reason);
  }

  /** What a TCP target sends back by its connection, in any chunking, borrowed for the call. */
  targetSaid(now: Micros, id: TargetId, bytes: Uint8Array): void {
    const target = this.#target(id);
    const titles = this.#titlesTaken;
    target.said(now, bytes);
    if (this.#titlesTaken > titles) this.#pump(now);
  }

  /** A source begins: a stream of its own. */
  openSource(now: Micros, options: SourceOptions): SourceId {
    const id = ++this.#opened as SourceId;
    const stream: EncoderStream = new EncoderStream(options, {
      settings: this.#settings,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      message: (bytes) => this.#message(stream, bytes),
      outlived: (now, set) => this.#takeTitle(now, stream.mountpoint, set),
      pump: (now) => this.#pump(now),
      over: () => this.#close(id, stream),
      event: (event) => this.#sink.event({ ...event, mount: stream.mountpoint, origin: options.origin ?? '', stream: stream.stream }),
    });
    this.#streams.set(id, stream);
    stream.open(now);
    const set = this.#titles.get(stream.mountpoint);
    if (set !== undefined) stream.takeTitle(now, set);
    for (const open of this.#targets) if (open !== undefined) addLane(open, stream);
    return id;
  }

  /** Audio bytes in any chunking, borrowed for the call. */
  receive(now: Micros, id: SourceId, bytes: Uint8Array): void {
    this.#stream(id).receive(now, bytes);
    this.#pump(now);
  }

  /** Bytes of the input are missing from here on. */
  inputGap(_now: Micros, id: SourceId): void {
    this.#stream(id).gap();
  }

  /** The source has ended: its last frame goes out. What is kept of it still goes to targets that come back within `targetKeepMs`; then it is forgotten. */
  endSource(now: Micros, id: SourceId): void {
    const stream = this.#stream(id);
    stream.end(now);
    this.#keepFew(stream.mountpoint);
    for (const open of this.#targets) open?.target.collectNoMore(now);
    this.#pump(now);
  }

  /**
   * The title of a mountpoint, by an operator or a source client: of all its sources here, and, by the relays, of its encoders and edges elsewhere. Nothing
   * happens when it has no source here. @param atMs milliseconds since 1970.
   */
  setMountTitle(now: Micros, mountpoint: string, title: string, atMs: number): void {
    if (![...this.#streams.values()].some((stream) => stream.mountpoint === mountpoint)) return;
    this.#takeTitle(now, mountpoint, newTitle(title, atMs, this.#titles.get(mountpoint)));
    this.#pump(now);
  }

  /** What is on air from here on, e.g. 'Artist - Title', by a source itself. */
  setTitle(now: Micros, id: SourceId, title: string): void {
    this.#stream(id).setTitle(now, title);
    this.#pump(now);
  }

  /** A whole metadata text, e.g. `StreamTitle='…';StreamUrl='';`. */
  setMetadata(now: Micros, id: SourceId, text: string): void {
    this.#stream(id).setMetadata(now, text);
    this.#pump(now);
  }

  setHeaders(now: Micros, id: SourceId, headers: HeaderList): void {
    this.#stream(id).setHeaders(now, headers);
    this.#pump(now);
  }

  advance(now: Micros): void {
    this.#timers.run(now);
  }

  #titleSaid(now: Micros, { lanes }: OpenTarget, lane: Lane, set: SetTitle): void {
    for (const [stream, its] of lanes) if (its === lane) return this.#takeTitle(now, stream.mountpoint, set);
  }

  #takeTitle(now: Micros, mountpoint: string, set: SetTitle): void {
    if (!isNewer(set, this.#titles.get(mountpoint))) return;
    this.#titles.set(mountpoint, set);
    this.#titlesTaken++;
    for (const stream of this.#streams.values()) if (stream.mountpoint === mountpoint) stream.takeTitle(now, set);
  }

  #message(stream: EncoderStream, bytes: Uint8Array): void {
    for (const open of this.#targets) {
      const lane = open?.lanes.get(stream);
      if (lane !== undefined) open!.target.added(lane, bytes);
    }
  }

  /** A source that comes and goes leaves a stream behind each time. */
  #keepFew(mountpoint: string): void {
    const ended = [...this.#streams].filter(([, stream]) => stream.isEnded && stream.mountpoint === mountpoint);
    for (const [id, stream] of ended.slice(0, -MAX_ENDED)) this.#close(id, stream);
  }

  #close(id: SourceId, stream: EncoderStream): void {
    stream.close();
    this.#streams.delete(id);
    if (![...this.#streams.values()].some(({ mountpoint }) => mountpoint === stream.mountpoint)) this.#titles.delete(stream.mountpoint);
    for (const open of this.#targets) {
      const lane = open?.lanes.get(stream);
      if (lane === undefined) continue;
      open!.lanes.delete(stream);
      open!.target.remove(lane);
    }
  }

  #pump(now: Micros): void {
    let slow = NEVER;
    let flush = NEVER;
    for (const open of this.#targets) {
      if (open === undefined) continue;
      slow = earliest(slow, open.target.pump(now));
      flush = earliest(flush, open.target.flushAt);
    }
    if (slow !== NEVER) this.#slow.setEarlier(slow);
    if (flush !== NEVER) this.#flush.setEarlier(flush);
  }

  get #freeId(): TargetId {
    const free = this.#targets.indexOf(undefined);
    return (free < 0 ? this.#targets.length : free) as TargetId;
  }

  #target(id: TargetId): Target {
    const open = this.#targets[id];
    assert(open !== undefined, `there is no target ${id}`);
    return open.target;
  }

  #stream(id: SourceId): EncoderStream {
    const stream = this.#streams.get(id);
    assert(stream !== undefined, `there is no source ${id}`);
    return stream;
  }
}

function addLane({ target, name, lanes }: OpenTarget, stream: EncoderStream): void {
  if (stream.to !== undefined && !stream.to.includes(name)) return;
  const lane = new Lane(stream.id, stream.journal);
  lanes.set(stream, lane);
  target.add(lane);
}
