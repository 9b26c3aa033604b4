import type { MountId } from '../../base/machine.ts';
import type { Micros } from '../../base/units.ts';
import { utf8Decode, utf8Encode } from '../../base/text.ts';
import { encodeIcyText, MAX_ICY_BYTES } from '../../wire/icy.ts';
import { assert } from '../../base/assert.ts';
import type { ListenersInput } from '../listeners.ts';

/**
 * One call of `ListenersInput` in bytes, as it goes to another process:
 *
 *     +------+-----------+------------------------------------+
 *     | kind | mount     | opened: the name, UTF-8            |
 *     | 1    | 4, big-   | format, ended: nothing             |
 *     |      |   endian  | title: the text, UTF-8             |
 *     |      |           | frame: duration (float64), bytes   |
 *     +------+-----------+------------------------------------+
 *
 * On a stream each has its length in front (base/length-prefix.ts).
 */
const Kind = { opened: 1, format: 2, title: 3, frame: 4, ended: 5 } as const;

const MOUNT_AT = 1;
const HEAD_BYTES = 5;
const DURATION_BYTES = 8;
/** The longest frame of any codec is 8,191 bytes (ADTS, ISO 13818-7: 13 bits). */
const MAX_RECORD_BYTES: number = HEAD_BYTES + DURATION_BYTES + Math.max(MAX_ICY_BYTES, 8_191);

/** Writes records, one at a time: each is borrowed until the next is written. */
export class RecordWriter {
  readonly #bytes: Uint8Array = new Uint8Array(MAX_RECORD_BYTES);
  readonly #view: DataView = new DataView(this.#bytes.buffer);

  opened(mount: MountId, name: string): Uint8Array {
    return this.#text(Kind.opened, mount, utf8Encode(name));
  }

  format(mount: MountId): Uint8Array {
    return this.#head(Kind.format, mount, 0);
  }

  title(mount: MountId, text: string): Uint8Array {
    return this.#text(Kind.title, mount, encodeIcyText(text));
  }

  frame(mount: MountId, frame: Uint8Array, durationUs: number): Uint8Array {
    this.#view.setFloat64(HEAD_BYTES, durationUs);
    this.#bytes.set(frame, HEAD_BYTES + DURATION_BYTES);
    return this.#head(Kind.frame, mount, DURATION_BYTES + frame.length);
  }

  ended(mount: MountId): Uint8Array {
    return this.#head(Kind.ended, mount, 0);
  }

  #text(kind: number, mount: MountId, text: Uint8Array): Uint8Array {
    this.#bytes.set(text, HEAD_BYTES);
    return this.#head(kind, mount, text.length);
  }

  #head(kind: number, mount: MountId, length: number): Uint8Array {
    this.#bytes[0] = kind;
    this.#view.setUint32(MOUNT_AT, mount);
    return this.#bytes.subarray(0, HEAD_BYTES + length);
  }
}

/** Makes the call that a record at `bytes[start, end)` stands for. It was written by a process of ours: anything else is our own fault. */
export function play(now: Micros, bytes: Uint8Array, start: number, end: number, into: ListenersInput): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const mount = view.getUint32(MOUNT_AT) as MountId;
  const rest = (): string => utf8Decode(bytes.subarray(start + HEAD_BYTES, end))!;
  switch (view.getUint8(0)) {
    case Kind.opened: return into.opened(now, mount, rest());
    case Kind.format: return into.format(now, mount);
    case Kind.title: return into.title(now, mount, rest());
    case Kind.frame: return into.frame(now, mount, bytes.subarray(start + HEAD_BYTES + DURATION_BYTES, end), view.getFloat64(HEAD_BYTES));
    case Kind.ended: return into.ended(now, mount);
    default: assert(false, 'a record of the feed has a kind that there is not');
  }
}
