import {
  MAX_MODEL_FRAME_BYTES,
  mainDataBegin,
  mainDataBytes,
  readLabel,
  writeModelFrame,
  type FrameLabel,
  type ModelFormat,
} from './model-frame.ts';

export interface ModelStreamOptions {
  /** Such as `enc-a#2`: the second start of enc-a. */
  readonly name: string;
  readonly mount: string;
  readonly format: ModelFormat;
  /** When its first frame begins, on the programme's clock, which is the world's. */
  readonly beginsAtUs: number;
  /** By how much its sample clock is slow: frames last so much longer. */
  readonly ppm: number;
}

/** What one start of one encoder makes: frame `index` holds the programme from `positionUs(index)` on. */
export class ModelStream {
  readonly instance: number;
  readonly name: string;
  readonly mount: string;
  readonly format: ModelFormat;
  readonly #beginsAtUs: number;
  /** As long as a frame lasts on the world's clock. */
  readonly #frameUs: number;
  #made = 0;

  constructor(instance: number, { name, mount, format, beginsAtUs, ppm }: ModelStreamOptions) {
    this.instance = instance;
    this.name = name;
    this.mount = mount;
    this.format = format;
    this.#beginsAtUs = beginsAtUs;
    this.#frameUs = nominalFrameUs(format) * (1 + ppm / 1e6);
  }

  /** Frames that exist: those with a lower index. */
  get made(): number {
    return this.#made;
  }

  positionUs(index: number): number {
    return Math.round(this.#beginsAtUs + index * this.#frameUs);
  }

  /** Writes the next frame, and returns how long it is. */
  make(into: Uint8Array): number {
    return this.write(into, this.#made++);
  }

  /** Passes over the next frame: it is made, and nobody gets it. */
  skip(): void {
    this.#made++;
  }

  write(into: Uint8Array, index: number): number {
    return writeModelFrame(into, this.format, this.label(index));
  }

  label(index: number): FrameLabel {
    return { instance: this.instance, index, positionUs: this.positionUs(index) };
  }
}

/** A frame that was recognised: which one, and what a decoder needs for it. */
export interface KnownFrame {
  readonly stream: ModelStream;
  readonly index: number;
  readonly mainDataBegin: number;
  readonly mainDataBytes: number;
}

/** All that is on air: one programme, its streams, and what their frames look like to the byte. */
export class Programme {
  readonly #streams: ModelStream[] = [];
  readonly #scratch = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  readonly #label: FrameLabel = { instance: 0, index: 0, positionUs: 0 };

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
    const length = stream.write(this.#scratch, label.index);
    if (length !== end - start) return `${stream.name} frame ${label.index} with ${end - start} bytes instead of ${length}`;
    for (let i = 0; i < length; i++) {
      if (this.#scratch[i] !== bytes[start + i]) return `${stream.name} frame ${label.index} with byte ${i} changed`;
    }
    return {
      stream,
      index: label.index,
      mainDataBegin: mainDataBegin(stream.format, label),
      mainDataBytes: mainDataBytes(length),
    };
  }

  /** The stream and index of the frame at `at`, on its word; undefined when no frame begins there. */
  glance(bytes: Uint8Array, at: number): { readonly stream: ModelStream; readonly index: number } | undefined {
    if (!readLabel(bytes, at, this.#label)) return undefined;
    const stream = this.#streams[this.#label.instance];
    return stream === undefined ? undefined : { stream, index: this.#label.index };
  }
}

/** As long as a frame plays. */
export function nominalFrameUs({ samplesPerFrame, sampleRateHz }: ModelFormat): number {
  return (samplesPerFrame * 1e6) / sampleRateHz;
}
