import { randomBytes } from 'node:crypto';
import type { SourceId } from '../../core/base/machine.ts';
import type { Encoder, SourceView } from '../../core/encoder/encoder.ts';
import type { Driver } from '../process/driver.ts';
import { streamIdOfKey } from '../../core/links/paths/stream-ids.ts';
import type { SourceSink } from './source/source.ts';

/** One source from its beginning to its end: a stream with an id of its own. */
export class EncoderSession implements SourceSink {
  readonly #encoder: Encoder;
  readonly #id: SourceId;
  readonly #driver: Driver;
  readonly #view: SourceView;

  constructor(encoder: Encoder, id: SourceId, driver: Driver) {
    this.#encoder = encoder;
    this.#id = id;
    this.#driver = driver;
    this.#view = encoder.source(id);
  }

  get stream(): string {
    return this.#view.stream;
  }

  get frames(): number {
    return this.#view.frames;
  }

  get hasFrames(): boolean {
    return this.#view.hasFrames;
  }

  /** Programme that was found in what came and is no repetition, in microseconds. */
  get takenUs(): number {
    return this.#view.takenUs;
  }

  audio(bytes: Uint8Array): string | undefined {
    this.#encoder.receive(this.#driver.now, this.#id, bytes);
    this.#driver.settle();
    const { unsupported } = this.#view;
    return unsupported === undefined ? undefined : `${unsupported} is not supported`;
  }

  title(title: string): boolean {
    const isTaken = this.#encoder.setMountTitle(this.#driver.now, this.#view.mountpoint, title, Date.now());
    this.#driver.settle();
    return isTaken;
  }

  metadata(text: string): void {
    this.#encoder.setMetadata(this.#driver.now, this.#id, text);
    this.#driver.settle();
  }

  end(): void {
    this.#encoder.endSource(this.#driver.now, this.#id);
    this.#driver.settle();
  }
}

/** A random UUID as bytes: version 4 (RFC 9562), or one that no other key can use. @param key its name; undefined: there is none. */
export function newStreamId(key?: string): Uint8Array {
  const id = randomBytes(16);
  if (key !== undefined) return streamIdOfKey(id, key);
  id[6] = (id[6]! & 0x0f) | 0x40;
  id[8] = (id[8]! & 0x3f) | 0x80;
  return id;
}
