import type { Carried, Feed } from './feed.ts';
import {
  MAX_MODEL_FRAME_BYTES,
  mainDataBegin,
  mainDataBytes,
  readLabel,
  writeModelFrame,
  type FrameLabel,
  type ModelFormat,
} from './model-frame.ts';
import { muteAnew, wholeAnew } from './made-anew.ts';

export interface ModelStreamOptions {
  /** Such as `enc-a#2`: the second start of enc-a. */
  readonly name: string;
  readonly mount: string;
  readonly format: ModelFormat;
  /** When its first frame begins, on the programme's clock, which is the world's. */
  readonly beginsAtUs: number;
  /** By how much its sample clock is slow: frames last so much longer. */
  readonly ppm: number;
  /** Where its audio comes from; the programme and nothing else when not given. */
  readonly feed?: Feed;
  /** It carries another programme than all those that do not. */
  readonly isForeign?: boolean;
  /** Nobody has let it, and it goes by an id of its own and announces the mountpoint, as a new encoder does. */
  readonly isStranger?: boolean;
  /** A relay has put it in place of a stream that it forwards. */
  readonly isForged?: boolean;
  /** It is a file of so many frames, which are all there, and are played again and again. */
  readonly fileFrames?: number;
}

/** From frame `from` on the stream carries something else than before. */
interface Change {
  readonly from: number;
  readonly carries: Carried;
}

/** More than an MP3 frame of any bit rate reaches back. */
const FRAMES_BACK = 8;
/** Where a foreign programme lies: nobody gets there. */
const FOREIGN_US = 1e12;
/** What a machine repeats that hangs in a loop: its last second. */
const LOOP_FRAMES = 40;

/**
 * What one start of one encoder makes: frame `index` holds the programme from `positionUs(index)` on.
 *
 * While it hangs in a loop, the same frames come again and again, to the byte. So they have the labels that they had, and
 * nobody can say which time it is.
 */
export class ModelStream {
  readonly instance: number;
  readonly name: string;
  readonly mount: string;
  readonly format: ModelFormat;
  readonly isForeign: boolean;
  readonly isStranger: boolean;
  readonly isForged: boolean;
  readonly #beginsAtUs: number;
  /** As long as a frame lasts on the world's clock. */
  readonly #frameUs: number;
  readonly #feed: Feed | undefined;
  readonly #fileFrames: number | undefined;
  readonly #changes: Change[] = [];
  /** Frames that nobody got: their encoder was stopped. */
  readonly #skipped = new Set<number>();
  #made = 0;

  constructor(instance: number, { name, mount, format, beginsAtUs, ppm, feed, isForeign = false, isStranger = false, isForged = false, fileFrames }: ModelStreamOptions) {
    this.instance = instance;
    this.name = name;
    this.mount = mount;
    this.format = format;
    this.isForeign = isForeign;
    this.isStranger = isStranger;
    this.isForged = isForged;
    this.#beginsAtUs = beginsAtUs;
    this.#frameUs = nominalFrameUs(format) * (1 + ppm / 1e6);
    this.#feed = feed;
    this.#fileFrames = fileFrames;
    this.#made = fileFrames ?? 0;
    feed?.restarted();
  }

  /** Frames that exist: those with a lower index. */
  get made(): number {
    return this.#made;
  }

  /** What it has is no part of the programme: its places say nothing. */
  get isFile(): boolean {
    return this.#fileFrames !== undefined;
  }

  positionUs(index: number): number {
    return Math.round(this.#beginsAtUs + index * this.#frameUs);
  }

  /** Writes the next frame, and returns how long it is. */
  make(into: Uint8Array): number {
    this.#noteFeed();
    const index = this.#made++;
    const change = this.#changes.at(-1);
    return this.write(into, change?.carries === 'loop' ? loopBegins(change) + ((index - change.from) % LOOP_FRAMES) : index);
  }

  /** Passes over the next frame: it is made, and nobody gets it. */
  skip(): void {
    this.#noteFeed();
    this.#skipped.add(this.#made++);
  }

  /** The frame that was made so many before this one; less than 0 when there was none. */
  madeBefore(index: number, back: number): number {
    let before = index;
    for (let left = back; left > 0 && before >= 0; left--) do before--; while (this.#skipped.has(before));
    return before;
  }

  /** Whether the frame is one of those that were repeated in a loop. */
  isLooped(index: number): boolean {
    return this.isFile || this.#changes.some((change) => change.carries === 'loop' && index >= loopBegins(change) && index < change.from);
  }

  /** Whether one frame comes right behind the other one: also from the end of a loop to its beginning. */
  follows(before: number, after: number): boolean {
    if (this.#fileFrames !== undefined) return after === (before + 1) % this.#fileFrames;
    return after === before + 1 || this.#changes.some((change) => change.carries === 'loop' && before === change.from - 1 && after === loopBegins(change));
  }

  /** All its bytes, of a file. */
  contents(): Uint8Array {
    const into = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    const frames = Array.from({ length: this.#made }, (_, index) => into.slice(0, this.write(into, index)));
    const whole = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of frames) {
      whole.set(frame, at);
      at += frame.length;
    }
    return whole;
  }

  write(into: Uint8Array, index: number): number {
    return writeModelFrame(into, this.format, this.label(index));
  }

  label(index: number): FrameLabel {
    return { instance: this.instance, index, positionUs: this.positionUs(index) + (this.isForeign ? FOREIGN_US : 0), isSilent: this.isSilentAt(index) };
  }

  /** Whether a frame is digital silence. */
  isSilentAt(index: number): boolean {
    if (this.#changes.length === 0) return false;
    return this.#changes.findLast(({ from }) => from <= index)?.carries === 'silence';
  }

  #noteFeed(): void {
    const carries = this.#feed?.carries ?? 'programme';
    if (carries !== (this.#changes.at(-1)?.carries ?? 'programme')) this.#changes.push({ from: this.#made, carries });
  }
}

/** A frame that was recognised: which one, and what a decoder needs for it. */
export interface KnownFrame {
  readonly stream: ModelStream;
  readonly index: number;
  readonly mainDataBegin: number;
  readonly mainDataBytes: number;
  readonly isSilent: boolean;
  /** An edge has made it anew, to stand behind a cut: with its audio, or mute. */
  readonly isMadeAnew: boolean;
  readonly isMuted: boolean;
}

/** Which frame some bytes say they are. */
export interface Glance {
  readonly stream: ModelStream;
  readonly index: number;
}

/** All that is on air: one programme, its streams, and what their frames look like to the byte. */
export class Programme {
  readonly #streams: ModelStream[] = [];
  readonly #scratch = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  readonly #label: FrameLabel = { instance: 0, index: 0, positionUs: 0, isSilent: false };

  newStream(options: ModelStreamOptions): ModelStream {
    const stream = new ModelStream(this.#streams.length, options);
    this.#streams.push(stream);
    return stream;
  }

  /** The frame that is exactly `bytes[start, end)`, or why that is none. */
  recognise(bytes: Uint8Array, start: number, end: number): KnownFrame | string {
    const label = this.#label;
    if (!readLabel(bytes, start, label)) return 'bytes that are not the beginning of a frame that an encoder made';
    const stream = this.#streams[label.instance];
    if (stream === undefined || label.index >= stream.made) return 'a frame that no encoder has made';
    const { index, isSilent } = label;
    const begin = mainDataBegin(stream.format, label);
    const length = stream.write(this.#scratch, index);
    if (isSame(this.#scratch.subarray(0, length), bytes, start, end)) {
      return { stream, index, mainDataBegin: begin, mainDataBytes: mainDataBytes(length), isSilent, isMuted: false, isMadeAnew: false };
    }
    const anew = begin === 0 ? undefined : this.#madeAnew(stream, index, bytes.subarray(start, end));
    if (anew === undefined) return `${stream.name} frame ${index} changed: ${end - start} bytes, ${length} as it was made`;
    return { stream, index, mainDataBegin: 0, mainDataBytes: anew.carriedBytes, isSilent, isMuted: anew.isMuted, isMadeAnew: true };
  }

  /**
   * An MP3 frame behind a cut, in which an edge has put what it needs of the frames before: its audio first, and at the end what is
   * behind that. Where the edge has not all of those, it is mute, and ends as the frame does.
   */
  #madeAnew(stream: ModelStream, index: number, given: Uint8Array): { readonly carriedBytes: number; readonly isMuted: boolean } | undefined {
    const label = stream.label(index);
    const begin = mainDataBegin(stream.format, label);
    const frames = Array.from({ length: FRAMES_BACK + 1 }, (_, back) => this.#written(stream, stream.madeBefore(index, FRAMES_BACK - back)));
    const whole = wholeAnew(frames, begin, stream.format, label);
    if (isSame(whole.bytes, given, 0, given.length)) return { carriedBytes: whole.carriedBytes, isMuted: false };
    for (let known = 0; known < FRAMES_BACK; known++) {
      const mute = muteAnew(frames.slice(FRAMES_BACK - known), begin, stream.format, label);
      if (isSame(mute.bytes, given, 0, given.length)) return { carriedBytes: mute.carriedBytes, isMuted: true };
    }
    return undefined;
  }

  #written(stream: ModelStream, index: number): Uint8Array {
    return index < 0 ? new Uint8Array(0) : this.#scratch.slice(0, stream.write(this.#scratch, index));
  }

  /** The stream and index of the frame at `at`, on its word; undefined when no frame begins there. */
  glance(bytes: Uint8Array, at: number): Glance | undefined {
    if (!readLabel(bytes, at, this.#label)) return undefined;
    const stream = this.#streams[this.#label.instance];
    return stream === undefined ? undefined : { stream, index: this.#label.index };
  }
}

function isSame(made: Uint8Array, given: Uint8Array, start: number, end: number): boolean {
  if (made.length !== end - start) return false;
  for (let i = 0; i < made.length; i++) if (made[i] !== given[start + i]) return false;
  return true;
}

function loopBegins({ from }: Change): number {
  return Math.max(0, from - LOOP_FRAMES);
}

/** As long as a frame plays. */
export function nominalFrameUs({ samplesPerFrame, sampleRateHz }: ModelFormat): number {
  return (samplesPerFrame * 1e6) / sampleRateHz;
}
