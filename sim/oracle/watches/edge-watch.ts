import { Deframer } from '../../../core/wire/deframer.ts';
import type { ListenerId, PathId } from '../../../core/base/machine.ts';
import type { Transport } from '../../../core/links/transport.ts';
import { MessageType, PDU_HEADER_BYTES } from '../../../core/wire/pdu.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { ms, type Micros } from '../../../core/base/units.ts';
import { FrameReader } from '../../programme/frame-reader.ts';
import type { EdgeModel } from '../model/edge-model.ts';
import { IcyReader } from '../icy-reader.ts';
import { givenTo, ListenerRules, type GivenTo } from '../rules/listener-rules.ts';
import { Arrivals } from '../model/arrivals.ts';
import type { Oracle } from '../oracle.ts';
import { nominalFrameUs, type Glance, type ModelStream, type Programme } from '../../programme/programme.ts';
import type { World } from '../../world/world.ts';

interface WatchedPath {
  readonly take: (now: Micros, toldUs: number, bytes: Uint8Array) => void;
  /** The newest frame of each stream that has come by here. */
  readonly newest: Map<ModelStream, number>;
}

interface Sent {
  readonly reader: FrameReader;
  readonly takesAudio: (bytes: Uint8Array) => void;
  readonly icy: IcyReader | undefined;
  readonly given: GivenTo;
  /** The newest frame of each stream that this listener was sent. */
  readonly newest: Map<ModelStream, number>;
  latest: ModelStream | undefined;
}

/** As long as a stream is new. */
const BEGINS_MS = 1_000;
/** A stream of which something has come within this is there: less than after what an edge leaves one. */
const THERE_MS = 200;
/** So many times that a mountpoint went over to a fallback are remembered: more than a listener's queue holds. */
const MAX_ENTRIES = 16;
/** Streams are remembered for longer than the edge itself remembers them, with any settings that a scenario has. */
const FORGET_MS = 120_000;

/**
 * Watches one edge from both sides: which frames have arrived, by whatever path, and what each listener is sent.
 *
 * A frame was in time if it arrived before the next one that was sent in its stead: then it cannot have been given up
 * when it came. And it must be as new as what a ring holds: a stream can leave the air and come back.
 */
export class EdgeWatch {
  readonly #world: World;
  readonly #programme: Programme;
  readonly #oracle: Oracle;
  readonly #settings: Settings;
  readonly #model: EdgeModel | undefined;
  readonly #rules: ListenerRules | undefined;
  readonly #paths = new Map<PathId, WatchedPath>();
  readonly #arrivals = new Map<ModelStream, Arrivals>();
  readonly #listeners = new Map<ListenerId, Sent>();
  /** By mountpoint: when it went over to a fallback, the newest times. */
  readonly #fellBackAt = new Map<string, readonly number[]>();

  constructor(world: World, programme: Programme, oracle: Oracle, settings: Settings = defaultSettings, model?: EdgeModel) {
    this.#world = world;
    this.#programme = programme;
    this.#oracle = oracle;
    this.#settings = settings;
    this.#model = model;
    this.#rules = model && new ListenerRules(oracle, programme, model);
  }

  /** How many streams have arrived lately. */
  get streams(): number {
    return this.#arrivals.size;
  }

  pathOpened(path: PathId, transport: Transport): void {
    const newest = new Map<ModelStream, number>();
    let at = 0 as Micros;
    let told = 0;
    const message = (bytes: Uint8Array, start: number, end: number): void => {
      const frame = this.#arrived(told, newest, bytes, start);
      this.#model?.message(at, path, transport, bytes, start, end, frame);
      if (frame === undefined && this.#isForged(bytes, start)) this.#model?.forged(at, bytes, start);
    };
    const deframer = new Deframer(message);
    const take = (now: Micros, toldUs: number, bytes: Uint8Array): void => {
      at = now;
      told = toldUs;
      if (transport.framing === 'stream') deframer.push(bytes);
      else message(bytes, 0, bytes.length);
    };
    this.#paths.set(path, { take, newest });
  }

  pathClosed(path: PathId): void {
    this.#paths.delete(path);
    this.#model?.pathClosed(path);
  }

  /** @param now the machine's time. @param toldUs all time of which it knows, with what it was suspended for. */
  received(path: PathId, bytes: Uint8Array, now: Micros = this.#world.now, toldUs: number = this.#world.now): void {
    this.#paths.get(path)?.take(now, toldUs, bytes);
  }

  /** The edge has put another stream on air; streams by their names. */
  switched(from: string, to: string): void {
    for (const [stream, arrivals] of this.#arrivals) {
      if (stream.name === from) arrivals.isLeft = true;
      if (stream.name === to) arrivals.isLeft = false;
    }
  }

  /** A mountpoint has gone over to a fallback: if that is another mountpoint, to what is on air there now. */
  fellBack(mount: string): void {
    this.#fellBackAt.set(mount, [...(this.#fellBackAt.get(mount) ?? []), this.#world.now].slice(-MAX_ENTRIES));
  }

  /** The edge says that a stream comes faster than real time: then it is no candidate for minutes. */
  unpaced(name: string): void {
    for (const [stream, arrivals] of this.#arrivals) {
      if (stream.name !== name || !arrivals.isSurelyPaced) continue;
      this.#oracle.violated('redundancy is told as it is', `${name} is said to come faster than real time, and does not`);
    }
  }

  /** The edge has never heard of this stream, or has forgotten it. */
  began(name: string): void {
    for (const [stream, arrivals] of this.#arrivals) if (stream.name === name) arrivals.beginsAnew(this.#world.now);
  }

  /** What a listener of a mountpoint gets; one that has asked for metadata, with blocks of it. `audio` takes what is left without them. */
  joined(listener: ListenerId, mount = '', wantsIcy = false, audio: (bytes: Uint8Array) => void = () => {}): void {
    const takesAudio = (bytes: Uint8Array): void => {
      sent.reader.push(bytes);
      audio(bytes);
    };
    const sent: Sent = {
      reader: new FrameReader(
        (bytes, start, end) => this.#sentFrame(sent, bytes, start, end),
        (bytes) => this.#oracle.violated('cuts are at frame boundaries', `${bytes} bytes to a listener begin no frame`),
      ),
      takesAudio,
      icy: wantsIcy ? new IcyReader(this.#settings.icyIntervalBytes, { audio: takesAudio, block: (text) => (sent.given.news = text ?? sent.given.news) }) : undefined,
      given: givenTo(mount),
      newest: new Map(),
      latest: undefined,
    };
    this.#listeners.set(listener, sent);
  }

  left(listener: ListenerId): void {
    this.#listeners.delete(listener);
  }

  /** The edge has given these bytes to a listener's connection. */
  sent(listener: ListenerId, bytes: Uint8Array): void {
    const sent = this.#listeners.get(listener);
    if (sent === undefined) return;
    if (sent.icy !== undefined) {
      sent.icy.push(bytes);
      return;
    }
    sent.takesAudio(bytes);
    if (sent.reader.pendingBytes > 0) {
      this.#oracle.violated('cuts are at frame boundaries', `a write to a listener ends ${sent.reader.pendingBytes} bytes into a frame`);
    }
  }

  #isForged(bytes: Uint8Array, start: number): boolean {
    return bytes[start] === MessageType.DATA && this.#programme.glance(bytes, start + PDU_HEADER_BYTES)?.stream.isForged === true;
  }

  #arrived(toldUs: number, newest: WatchedPath['newest'], bytes: Uint8Array, start: number): Glance | undefined {
    if (bytes[start] !== MessageType.DATA) return undefined;
    const frame = this.#programme.glance(bytes, start + PDU_HEADER_BYTES);
    if (frame === undefined || frame.stream.isForged) return undefined;
    let arrivals = this.#arrivals.get(frame.stream);
    if (arrivals === undefined) {
      this.#forgetOld();
      arrivals = new Arrivals(nominalFrameUs(frame.stream.format), ms(this.#settings.unpacedMs));
      this.#arrivals.set(frame.stream, arrivals);
    }
    if (arrivals.isLeft && frame.index > arrivals.newest) {
      arrivals.isLeft = false;
      this.#oracle.sighted('arrival after the switch');
    }
    if (this.#paths.size >= 3) this.#comparePaths(newest, arrivals, frame);
    arrivals.beganAt ??= this.#world.now;
    arrivals.add(frame.index, this.#world.now, toldUs);
    return frame;
  }

  /** Whether this path has skipped what another one has brought. */
  #comparePaths(newest: WatchedPath['newest'], arrivals: Arrivals, { stream, index }: Glance): void {
    const before = newest.get(stream) ?? index;
    if (index > before + 1 && arrivals.at(before + 1) < Infinity) this.#oracle.sighted('loss on one path of three');
    newest.set(stream, Math.max(before, index));
  }

  #forgetOld(): void {
    for (const [stream, { latestAt }] of this.#arrivals) {
      if (this.#world.now - latestAt > ms(FORGET_MS)) this.#arrivals.delete(stream);
    }
  }

  #sentFrame(sent: Sent, bytes: Uint8Array, start: number, end: number): void {
    const frame = this.#programme.glance(bytes, start);
    if (frame === undefined) {
      this.#oracle.violated('every delivered frame equals one that an encoder made', 'a frame without a label was sent');
      return;
    }
    this.#rules?.frame(sent.given, frame, bytes, start, end);
    const { stream, index } = frame;
    if (stream.isForeign && !stream.isStranger && !stream.isForged && sent.latest?.isForeign === false) this.#checkStolen(sent.latest, stream);
    const newest = sent.newest.get(stream) ?? -1;
    // Nobody can say which time it is for a frame that its encoder repeats. A forger makes his in the order in which messages come, which datagrams change.
    if (index <= newest && !stream.isLooped(index) && !stream.isForged) {
      const how = index === newest ? 'again' : `after ${newest}`;
      this.#oracle.violated('a frame is never delivered twice or backwards', `${stream.name} frame ${index} ${how}`);
    } else if (index > newest && sent.latest === stream) this.#checkSkipped(sent.given.mount, stream, newest, index);
    sent.newest.set(stream, Math.max(newest, index));
    sent.latest = stream;
  }

  /** A stranger may be heard when nothing of the station is left, and by nobody else's name. */
  #checkStolen(from: ModelStream, by: ModelStream): void {
    const isThere = [...this.#arrivals].some(([{ isForeign, mount }, { latestAt }]) => !isForeign && mount === by.mount && this.#world.now - latestAt < ms(THERE_MS));
    if (isThere) this.#oracle.violated('a listener hears only frames that an allowed encoder made', `${by.name} behind ${from.name}`);
  }

  #checkSkipped(mount: string, stream: ModelStream, before: number, after: number): void {
    const arrivals = this.#arrivals.get(stream);
    // Of a stream that is faster than real time listeners get pieces.
    if (after === before + 1 || arrivals === undefined || arrivals.mayBeUnpaced) return;
    const cameAt = arrivals.at(after);
    // Of a stream that is new to it, an edge knows neither the format, nor by how much its paths shuffle.
    // Nothing has come of it since it was new but what came with that.
    const newUntil = (arrivals.beganAt ?? Infinity) + ms(BEGINS_MS);
    const model = this.#model?.streamOf(stream);
    const notHeardUntil = this.#notHeardUntil(mount, stream, arrivals.at(before));
    const oldestKept = arrivals.newest - this.#ringFrames(stream);
    for (let index = Math.max(before + 1, oldestKept); index < after; index++) {
      const at = arrivals.at(index);
      if (at >= cameAt || at < newUntil || at <= notHeardUntil || model?.mayBeDropped(model.sequenceOf(index)) === true) continue;
      this.#oracle.violated(
        'a frame that reached the edge in time is never lost',
        `${stream.name} frame ${index} came ${(cameAt - at) / 1000} ms before frame ${after}, which was sent instead`,
      );
      return;
    }
  }

  /** What came until then of a stream of its fallback a mountpoint need not give out: it had left that, and has gone over to it again. -Infinity: it has not. */
  #notHeardUntil(mount: string, stream: ModelStream, beforeAt: number): number {
    const isOfFallback = stream.mount !== mount;
    const enteredAt = isOfFallback ? this.#fellBackAt.get(mount)?.findLast((at) => at > beforeAt || beforeAt === Infinity) : undefined;
    return enteredAt ?? -Infinity;
  }

  /** Frames that a ring has at least when it is full: what a stream that comes back is entered with. */
  #ringFrames({ format }: ModelStream): number {
    const { ringMs, ringBytes } = this.#settings;
    const fullUs = Math.min(ms(ringMs), (ringBytes * 8_000_000) / format.bitrateBps);
    return Math.floor((0.8 * fullUs) / nominalFrameUs(format));
  }
}
