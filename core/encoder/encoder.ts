import { assert } from '../base/assert.ts';
import { EncoderStream, type SourceOptions, type SourceView, type StreamTimerReason } from './stream.ts';
import type { HeaderList } from '../wire/messages/headers.ts';
import type { Machine, SourceId, TargetId } from '../base/machine.ts';
import type { Settings } from '../config/settings.ts';
import type { Signer } from './signing.ts';
import type { EncoderSink, TargetFigures } from './targets/target.ts';
import { Targets, type TargetAddress } from './targets/targets.ts';
import { sameStream } from '../wire/pdu.ts';
import { WallClock } from '../links/wall-clock.ts';
import { isNewer, newTitle, type SetTitle } from '../wire/messages/set-title.ts';
import { TimerQueue } from '../base/timers.ts';
import type { Micros } from '../base/units.ts';

export interface EncoderOptions {
  readonly settings: Settings;
  /** Signs all that is sent; undefined: nothing is signed. */
  readonly signer?: Signer | undefined;
}

export type { EncoderSink, Signer, SourceOptions, SourceView };

export interface EncoderStats {
  /** What was dropped, by target, because it was unreachable or slow for too long. */
  readonly lostMessages: readonly number[];
  /** What came back from targets and acknowledges nothing that they were sent. */
  readonly strayMessages: number;
}

/** Streams of one mountpoint whose sources have ended, and that are kept for targets that are away; of more the oldest are forgotten. */
const MAX_ENDED = 8;

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
  readonly #signer: Signer | undefined;
  readonly #timers = new TimerQueue<'target-slow' | 'target-flush' | 'no-target' | StreamTimerReason>();
  readonly #streams = new Map<SourceId, EncoderStream>();
  readonly #targets: Targets;
  #opened = 0;
  /** The newest that was set for each mountpoint that has a stream. */
  readonly #titles: Map<string, SetTitle> = new Map();
  readonly #wallClock = new WallClock();
  #titlesTaken = 0;

  constructor({ settings, signer }: EncoderOptions, sink: EncoderSink) {
    this.#settings = settings;
    this.#signer = signer;
    this.#sink = sink;
    this.#targets = new Targets({
      settings,
      sink,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      streams: () => this.#streams.values(),
      title: (now, mountpoint, set) => {
        if (!this.#wallClock.isBeyond(now, set)) this.#takeTitle(now, mountpoint, set);
      },
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
    return this.#targets.isBehind;
  }

  get stats(): EncoderStats {
    const { lostMessages, strayMessages } = this.#targets;
    return { lostMessages, strayMessages };
  }

  /** What there is to measure of each target. */
  get targets(): readonly TargetFigures[] {
    return this.#targets.figures;
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

  /** The mountpoint of the stream whose id stands in the message that begins at `start`; undefined when it is none that is sent. */
  mountOf(bytes: Uint8Array, start: number): string | undefined {
    for (const { id, mountpoint } of this.#streams.values()) if (sameStream(id, bytes, start)) return mountpoint;
    return undefined;
  }

  /** A new destination; its id is the replica number of its copies. A TCP target is down until `targetUp`. */
  addTarget(now: Micros, address: TargetAddress): TargetId {
    return this.#targets.add(now, address);
  }

  /** A destination that is none any more. Its number can be another one's. */
  removeTarget(_now: Micros, id: TargetId): void {
    this.#targets.remove(id);
  }

  /** The connection to a TCP target is made: everything kept is sent first. */
  targetUp(now: Micros, id: TargetId): void {
    for (const stream of this.#streams.values()) stream.trim(now);
    this.#targets.up(now, id);
    this.#targets.pump(now);
  }

  /** @param reason 'stopped': it is not wanted any more. */
  targetDown(now: Micros, id: TargetId, reason: string = ''): void {
    this.#targets.down(now, id, reason);
  }

  /** What a TCP target sends back by its connection, in any chunking, borrowed for the call. */
  targetSaid(now: Micros, id: TargetId, bytes: Uint8Array): void {
    const titles = this.#titlesTaken;
    this.#targets.said(now, id, bytes);
    if (this.#titlesTaken > titles) this.#targets.pump(now);
  }

  /**
   * What the clock of the system shows: before the first source, and about once a second. Its streams say when their frames were recorded by that; without
   * it they do not. No title is taken that is far ahead of it. @param unixUs microseconds since 1970.
   */
  clock(now: Micros, unixUs: number): void {
    this.#wallClock.tell(now, unixUs);
  }

  /** A source begins: a stream of its own. */
  openSource(now: Micros, options: SourceOptions): SourceId {
    const id = ++this.#opened as SourceId;
    const stream: EncoderStream = new EncoderStream(options, {
      settings: this.#settings,
      unixUs: (at) => this.#wallClock.unixUs(at),
      signer: this.#signer,
      timer: (reason, fire) => this.#timers.timer(reason, fire),
      message: (bytes) => this.#targets.added(stream, bytes),
      outlived: (now, set) => void this.#takeTitle(now, stream.mountpoint, set),
      pump: (now) => this.#targets.pump(now),
      over: () => this.#close(id, stream),
      event: (event) => this.#sink.event({ ...event, mount: stream.mountpoint, origin: options.origin ?? '', stream: stream.stream }),
    });
    this.#streams.set(id, stream);
    stream.open(now);
    const set = this.#titles.get(stream.mountpoint);
    if (set !== undefined) stream.takeTitle(now, set);
    this.#targets.addStream(stream);
    return id;
  }

  /** Audio bytes in any chunking, borrowed for the call. */
  receive(now: Micros, id: SourceId, bytes: Uint8Array): void {
    this.#stream(id).receive(now, bytes);
    this.#targets.pump(now);
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
    this.#targets.collectNoMore(now);
    this.#targets.pump(now);
  }

  /**
   * The title of a mountpoint, by an operator or a source client: of all its sources here, and, by the relays, of its encoders and edges elsewhere. False
   * when it has no source here, or when the title before has the highest version that there is. @param atMs milliseconds since 1970.
   */
  setMountTitle(now: Micros, mountpoint: string, title: string, atMs: number): boolean {
    if (!this.#hasSource(mountpoint)) return false;
    const isTaken = this.#takeTitle(now, mountpoint, newTitle(title, atMs, this.#titles.get(mountpoint)));
    this.#targets.pump(now);
    return isTaken;
  }

  /** The title of a mountpoint was set elsewhere: somebody says so who is no target. One that is not newer, far ahead, or of a mountpoint without a source, changes nothing. */
  titleSet(now: Micros, mountpoint: string, set: SetTitle): void {
    if (this.#wallClock.isBeyond(now, set) || !this.#hasSource(mountpoint)) return;
    this.#takeTitle(now, mountpoint, set);
    this.#targets.pump(now);
  }

  /** What is on air from here on, e.g. 'Artist - Title', by a source itself. */
  setTitle(now: Micros, id: SourceId, title: string): void {
    this.#stream(id).setTitle(now, title);
    this.#targets.pump(now);
  }

  /** A whole metadata text, e.g. `StreamTitle='…';StreamUrl='';`. */
  setMetadata(now: Micros, id: SourceId, text: string): void {
    this.#stream(id).setMetadata(now, text);
    this.#targets.pump(now);
  }

  setHeaders(now: Micros, id: SourceId, headers: HeaderList): void {
    this.#stream(id).setHeaders(now, headers);
    this.#targets.pump(now);
  }

  advance(now: Micros): void {
    this.#timers.run(now);
  }

  #takeTitle(now: Micros, mountpoint: string, set: SetTitle): boolean {
    if (!isNewer(set, this.#titles.get(mountpoint))) return false;
    this.#titles.set(mountpoint, set);
    this.#titlesTaken++;
    for (const stream of this.#streams.values()) if (stream.mountpoint === mountpoint) stream.takeTitle(now, set);
    return true;
  }

  #hasSource(mountpoint: string): boolean {
    return [...this.#streams.values()].some((stream) => stream.mountpoint === mountpoint);
  }

  /** A source that comes and goes leaves a stream behind each time. */
  #keepFew(mountpoint: string): void {
    const ended = [...this.#streams].filter(([, stream]) => stream.isEnded && stream.mountpoint === mountpoint);
    for (const [id, stream] of ended.slice(0, -MAX_ENDED)) this.#close(id, stream);
  }

  #close(id: SourceId, stream: EncoderStream): void {
    stream.close();
    this.#streams.delete(id);
    if (!this.#hasSource(stream.mountpoint)) this.#titles.delete(stream.mountpoint);
    this.#targets.removeStream(stream);
  }

  #stream(id: SourceId): EncoderStream {
    const stream = this.#streams.get(id);
    assert(stream !== undefined, `there is no source ${id}`);
    return stream;
  }
}
