import type { Snapshot, Unread } from '../base/snapshot.ts';
import type { AudioKept } from './file/format.ts';
import { Redactor, readRedacted, writeRedacted } from './redaction.ts';
import type { ByteReader, ByteWriter } from './file/wire.ts';

const keptOfFiles: WeakMap<Uint8Array, readonly number[]> = new WeakMap();

/** Writes a machine's state down: `audio` as kept here, `files` as in the whole recording. */
export class StateWriter implements Snapshot {
  readonly isLoading: boolean = false;
  readonly #writer: ByteWriter;
  readonly #audio: AudioKept;
  readonly #files: AudioKept;

  constructor(writer: ByteWriter, audio: AudioKept, files: AudioKept = audio) {
    this.#writer = writer;
    this.#audio = audio;
    this.#files = files;
  }

  number<T extends number>(value: T): T {
    this.#writer.number(value);
    return value;
  }

  flag(value: boolean): boolean {
    this.#writer.byte(value ? 1 : 0);
    return value;
  }

  byte(value: number): number {
    this.#writer.byte(value);
    return value;
  }

  text<T extends string>(value: T): T {
    this.#writer.text(value);
    return value;
  }

  maybeNumber<T extends number>(value: T | undefined): T | undefined {
    if (this.flag(value !== undefined)) this.number(value!);
    return value;
  }

  maybeText(value: string | undefined): string | undefined {
    if (this.flag(value !== undefined)) this.text(value!);
    return value;
  }

  bytes(value: Uint8Array): Uint8Array {
    this.#writer.bytes(value);
    return value;
  }

  unread(value: Uint8Array, as: Unread): Uint8Array {
    if (this.#audio === 'whole') return this.bytes(value);
    const redactor = new Redactor(as === 'stream' ? 'stream' : 'datagram');
    writeRedacted(this.#writer, value, as === 'payload' ? redactor.keptOfPayload(value) : redactor.kept(value));
    return value;
  }

  file(value: Uint8Array): Uint8Array {
    if (this.#files === 'whole') return this.bytes(value);
    // It is the same each time, and may be long: what is kept of it is found once.
    const kept = keptOfFiles.get(value) ?? new Redactor('datagram').keptOfPayload(value);
    keptOfFiles.set(value, kept);
    writeRedacted(this.#writer, value, kept);
    return value;
  }

  audio(value: Uint8Array, from: number, length: number, read = 0): Uint8Array {
    if (this.#audio === 'whole') this.#writer.piece(value, from, from + length);
    else {
      this.#writer.varint(length);
      if (read > 0) this.#writer.piece(value, from, from + Math.min(read, length));
    }
    return value;
  }

  list<T>(items: Iterable<T>, each: (item: T | undefined) => T): T[] {
    const all = [...items];
    this.#writer.varint(all.length);
    return all.map(each);
  }
}

/** Reads a machine's state back. Throws a WireError when the bytes end too early. */
export class StateReader implements Snapshot {
  readonly isLoading: boolean = true;
  readonly #reader: ByteReader;
  readonly #audio: AudioKept;
  readonly #files: AudioKept;

  constructor(reader: ByteReader, audio: AudioKept, files: AudioKept = audio) {
    this.#reader = reader;
    this.#audio = audio;
    this.#files = files;
  }

  number<T extends number>(): T {
    return this.#reader.number() as T;
  }

  flag(): boolean {
    return this.#reader.byte() !== 0;
  }

  byte(): number {
    return this.#reader.byte();
  }

  text<T extends string>(): T {
    return this.#reader.text() as T;
  }

  maybeNumber<T extends number>(): T | undefined {
    return this.flag() ? this.number() : undefined;
  }

  maybeText(): string | undefined {
    return this.flag() ? this.text() : undefined;
  }

  bytes(): Uint8Array {
    return this.#reader.bytes().slice();
  }

  unread(): Uint8Array {
    return this.#audio === 'whole' ? this.bytes() : readRedacted(this.#reader);
  }

  file(): Uint8Array {
    return this.#files === 'whole' ? this.bytes() : readRedacted(this.#reader);
  }

  audio(_value: Uint8Array, _from: number, _length: number, read = 0): Uint8Array {
    if (this.#audio === 'whole') return this.bytes();
    const bytes = new Uint8Array(this.#reader.varint());
    if (read > 0) bytes.set(this.#reader.bytes());
    return bytes;
  }

  list<T>(_items: Iterable<T>, each: (item: T | undefined) => T): T[] {
    return Array.from({ length: this.#reader.varint() }, () => each(undefined));
  }
}
