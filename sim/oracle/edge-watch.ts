import { Deframer } from '../../core/wire/deframer.ts';
import type { ListenerId, PathId } from '../../core/base/machine.ts';
import type { Transport } from '../../core/links/transport.ts';
import { MessageType, PDU_HEADER_BYTES } from '../../core/wire/pdu.ts';
import { defaultSettings, type Settings } from '../../core/config/settings.ts';
import { ms, type Micros } from '../../core/base/units.ts';
import { FrameReader } from '../programme/frame-reader.ts';
import type { EdgeModel } from './edge-model.ts';
import { IcyReader } from './icy-reader.ts';
import { givenTo, ListenerRules, type GivenTo } from './listener-rules.ts';
import type { Oracle } from './oracle.ts';
import { nominalFrameUs, type Glance, type ModelStream, type Programme } from '../programme/programme.ts';
import type { World } from '../world/world.ts';

interface WatchedPath {
  readonly take: (now: Micros, bytes: Uint8Array) => void;
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

/** Arrivals are remembered for so many frames of each stream: longer than any window or ring. */
const REMEMBERED_FRAMES = 2_048;
/** As long as a stream is new. */
const BEGINS_MS = 1_000;
/** A stream of which something has come within this is there: less than after what an edge leaves one. */
const THERE_MS = 200;
/** A stream that has been faster than real time is so until its lead is so much smaller. */
const CALM_US = 10_000_000;
/** `MOST_CREDIT_US` of the core. */
const MOST_LATE_US = 120_000_000;
/** And streams for longer than the edge itself remembers them, with any settings that a scenario has. */
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
    const message = (bytes: Uint8Array, start: number, end: number): void => {
      const frame = this.#arrived(newest, bytes, start);
      this.#model?.message(at, path, transport, bytes, start, end, frame);
    };
    const deframer = new Deframer(message);
    const take = (now: Micros, bytes: Uint8Array): void => {
      at = now;
      if (transport.framing === 'stream') deframer.push(bytes);
      else message(bytes, 0, bytes.length);
    };
    this.#paths.set(path, { take, newest });
  }

  pathClosed(path: PathId): void {
    this.#paths.delete(path);
    this.#model?.pathClosed(path);
  }

  /** @param now the machine's time. */
  received(path: PathId, bytes: Uint8Array, now: Micros = this.#world.now): void {
    this.#paths.get(path)?.take(now, bytes);
  }

  /** The edge has put another stream on air; streams by their names. */
  switched(from: string, to: string): void {
    for (const [stream, arrivals] of this.#arrivals) {
      if (stream.name === from) arrivals.isLeft = true;
      if (stream.name === to) arrivals.isLeft = false;
    }
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

  #arrived(newest: WatchedPath['newest'], bytes: Uint8Array, start: number): Glance | undefined {
    if (bytes[start] !== MessageType.DATA) return undefined;
    const frame = this.#programme.glance(bytes, start + PDU_HEADER_BYTES);
    if (frame === undefined) return undefined;
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
    arrivals.add(frame.index, this.#world.now);
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
    if (stream.isForeign && !stream.isStranger && sent.latest?.isForeign === false) this.#checkStolen(sent.latest, stream);
    const newest = sent.newest.get(stream) ?? -1;
    // Nobody can say which time it is for a frame that its encoder repeats.
    if (index <= newest && !stream.isLooped(index)) {
      const how = index === newest ? 'again' : `after ${newest}`;
      this.#oracle.violated('a frame is never delivered twice or backwards', `${stream.name} frame ${index} ${how}`);
    } else if (index > newest && sent.latest === stream) this.#checkSkipped(stream, newest, index);
    sent.newest.set(stream, Math.max(newest, index));
    sent.latest = stream;
  }

  /** A stranger may be heard when nothing of the station is left, and by nobody else's name. */
  #checkStolen(from: ModelStream, by: ModelStream): void {
    const isThere = [...this.#arrivals].some(([{ isForeign, mount }, { latestAt }]) => !isForeign && mount === by.mount && this.#world.now - latestAt < ms(THERE_MS));
    if (isThere) this.#oracle.violated('a listener hears only frames that an allowed encoder made', `${by.name} behind ${from.name}`);
  }

  #checkSkipped(stream: ModelStream, before: number, after: number): void {
    const arrivals = this.#arrivals.get(stream);
    // Of a stream that is faster than real time listeners get pieces.
    if (after === before + 1 || arrivals === undefined || arrivals.mayBeUnpaced) return;
    const cameAt = arrivals.at(after);
    // Of a stream that is new to it, an edge knows neither the format, nor by how much its paths shuffle.
    const newUntil = (arrivals.beganAt ?? -Infinity) + ms(BEGINS_MS);
    const model = this.#model?.streamOf(stream);
    const oldestKept = arrivals.newest - this.#ringFrames(stream);
    for (let index = Math.max(before + 1, oldestKept); index < after; index++) {
      if (arrivals.at(index) >= cameAt || arrivals.at(index) < newUntil || model?.mayBeDropped(model.sequenceOf(index)) === true) continue;
      this.#oracle.violated(
        'a frame that reached the edge in time is never lost',
        `${stream.name} frame ${index} came ${(cameAt - arrivals.at(index)) / 1000} ms before frame ${after}, which was sent instead`,
      );
      return;
    }
  }

  /** Frames that a ring has at least when it is full: what a stream that comes back is entered with. */
  #ringFrames({ format }: ModelStream): number {
    const { ringMs, ringBytes } = this.#settings;
    const fullUs = Math.min(ms(ringMs), (ringBytes * 8_000_000) / format.bitrateBps);
    return Math.floor((0.8 * fullUs) / nominalFrameUs(format));
  }
}

/** When each of the newest frames of a stream first arrived. */
class Arrivals {
  readonly #index = new Float64Array(REMEMBERED_FRAMES).fill(-1);
  readonly #time = new Float64Array(REMEMBERED_FRAMES);
  readonly #frameUs: number;
  readonly #unpacedUs: number;
  /** Programme that has come beyond the time that has passed, whatever of that the machine was suspended for: an edge counts no more, for it forgets some. */
  #leadUs = 0;
  #leadAt = -Infinity;
  #cameAtOnceUs = 0;

  latestAt = 0;
  /** When its first frame came since the edge knows it. */
  beganAt: number | undefined;
  newest = -1;
  /** The edge has switched away from it, and nothing new of it has come since. */
  isLeft = false;
  /** It has brought so much more programme than time has passed that an edge may take it for one that is faster than real time. */
  mayBeUnpaced = false;

  constructor(frameUs: number, unpacedUs: number) {
    this.#frameUs = frameUs;
    this.#unpacedUs = unpacedUs;
  }

  /** The edge knows nothing of it, nor of how late it was: what has just come is its first. */
  beginsAnew(now: number): void {
    this.beganAt = undefined;
    if (this.#leadAt < now) this.#leadAt = -Infinity;
    this.#leadUs = Math.min(Math.max(this.#leadUs, this.#cameAtOnceUs), this.#unpacedUs);
  }

  /** By so little may what an edge counts be more: what has waited for a gap comes at once. */
  get isSurelyPaced(): boolean {
    return this.#leadUs < this.#unpacedUs - Math.min(CALM_US, this.#unpacedUs / 2);
  }

  add(index: number, time: number): void {
    this.latestAt = time;
    if (index > this.newest) this.newest = index;
    const slot = index % REMEMBERED_FRAMES;
    if (this.#index[slot]! >= index) return;
    this.#index[slot] = index;
    this.#time[slot] = time;
    this.#cameAtOnceUs = (time === this.#leadAt ? this.#cameAtOnceUs : 0) + this.#frameUs;
    this.#leadUs = Math.min(this.#leadAfter(time - this.#leadAt) + this.#frameUs, this.#unpacedUs);
    this.#leadAt = time;
    this.mayBeUnpaced = this.#leadUs > this.#unpacedUs - (this.mayBeUnpaced ? Math.min(CALM_US, this.#unpacedUs / 2) : this.#frameUs);
  }

  /** What was held up follows at once; how long a stream was late is forgotten ten times as fast as an edge forgets it. */
  #leadAfter(passedUs: number): number {
    if (this.#leadAt === -Infinity) return 0;
    const leadUs = this.#leadUs - passedUs;
    return leadUs < 0 ? Math.min(0, Math.max(leadUs, -MOST_LATE_US) + 0.01 * passedUs) : leadUs;
  }

  /** Infinity when it has not arrived, or so long ago that nobody remembers. */
  at(index: number): number {
    const slot = index % REMEMBERED_FRAMES;
    return this.#index[slot] === index ? this.#time[slot]! : Infinity;
  }
}
