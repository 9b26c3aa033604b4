import type { MountId } from '../../base/machine.ts';
import type { Micros } from '../../base/units.ts';
import { utf8Decode, utf8Encode } from '../../base/text.ts';
import { encodeIcyText, MAX_ICY_BYTES } from '../../wire/icy.ts';
import { assert } from '../../base/assert.ts';
import { formatName, formatNamed } from '../../codec/formats.ts';
import type { FrameFormat } from '../../codec/format/format.ts';
import { Intro, type IntroFrame } from '../intros/intro.ts';
import type { ListenersInput } from '../listeners.ts';

/**
 * One call of `ListenersInput` in bytes, or a part of one, as it goes to another process:
 *
 *     +------+-----------+------------------------------------+
 *     | kind | mount     | opened: the name, UTF-8            |
 *     | 1    | 4, big-   | ended: nothing                     |
 *     |      |           | format: its name, UTF-8            |
 *     |      |   endian  | title: the text, UTF-8             |
 *     |      |           | frame: duration (float64), bytes   |
 *     |      | 0         | intro: the mountpoint's name, the  |
 *     |      |           |   format's name, the text, UTF-8,  |
 *     |      |           |   with line feeds in between       |
 *     |      |           | intro frame: as frame              |
 *     |      |           | intro ends: nothing                |
 *     |      |           | no intro: the mountpoint's name    |
 *     +------+-----------+------------------------------------+
 *
 * On a stream each has its length in front (base/length-prefix.ts).
 */
const Kind = { opened: 1, format: 2, title: 3, frame: 4, ended: 5, intro: 6, introFrame: 7, introEnds: 8, noIntro: 9 } as const;
const NO_MOUNT = 0 as MountId;

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

  format(mount: MountId, format: FrameFormat): Uint8Array {
    return this.#text(Kind.format, mount, utf8Encode(formatName(format)));
  }

  /** As many records as it has frames, and two; one for none. */
  *intro(name: string, intro: Intro | undefined): Iterable<Uint8Array> {
    if (intro === undefined) {
      yield this.#text(Kind.noIntro, NO_MOUNT, utf8Encode(name));
      return;
    }
    const head = utf8Encode(`${name}\n${formatName(intro.format)}\n`);
    const text = encodeIcyText(intro.text);
    this.#bytes.set(head, HEAD_BYTES);
    this.#bytes.set(text, HEAD_BYTES + head.length);
    yield this.#head(Kind.intro, NO_MOUNT, head.length + text.length);
    for (const { bytes, durationUs } of intro.frames()) yield this.#frame(Kind.introFrame, NO_MOUNT, bytes, durationUs);
    yield this.#head(Kind.introEnds, NO_MOUNT, 0);
  }

  title(mount: MountId, text: string): Uint8Array {
    return this.#text(Kind.title, mount, encodeIcyText(text));
  }

  frame(mount: MountId, frame: Uint8Array, durationUs: number): Uint8Array {
    return this.#frame(Kind.frame, mount, frame, durationUs);
  }

  ended(mount: MountId): Uint8Array {
    return this.#head(Kind.ended, mount, 0);
  }

  #frame(kind: number, mount: MountId, frame: Uint8Array, durationUs: number): Uint8Array {
    this.#view.setFloat64(HEAD_BYTES, durationUs);
    this.#bytes.set(frame, HEAD_BYTES + DURATION_BYTES);
    return this.#head(kind, mount, DURATION_BYTES + frame.length);
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

/** An intro of which not all frames have come. */
export interface IntroParts {
  name: string;
  format: FrameFormat | undefined;
  text: string;
  frames: IntroFrame[];
}

/** Makes the call that a record at `bytes[start, end)` stands for. `parts` keeps what calls for more than one record. All was written by a process of ours: anything else is our own fault. */
export function play(now: Micros, bytes: Uint8Array, start: number, end: number, into: ListenersInput, parts: IntroParts): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + start, end - start);
  const mount = view.getUint32(MOUNT_AT) as MountId;
  const rest = (): string => utf8Decode(bytes.subarray(start + HEAD_BYTES, end))!;
  switch (view.getUint8(0)) {
    case Kind.opened: return into.opened(now, mount, rest());
    case Kind.format: return into.format(now, mount, formatNamed(rest())!);
    case Kind.title: return into.title(now, mount, rest());
    case Kind.frame: return into.frame(now, mount, bytes.subarray(start + HEAD_BYTES + DURATION_BYTES, end), view.getFloat64(HEAD_BYTES));
    case Kind.ended: return into.ended(now, mount);
    case Kind.intro: {
      const [name, format, ...text] = rest().split('\n');
      Object.assign(parts, { name, format: formatNamed(format!), text: text.join('\n'), frames: [] });
      return;
    }
    case Kind.introFrame:
      parts.frames.push({ bytes: bytes.slice(start + HEAD_BYTES + DURATION_BYTES, end), durationUs: view.getFloat64(HEAD_BYTES) });
      return;
    case Kind.introEnds: {
      const { name, format, text, frames } = parts;
      parts.frames = [];
      return into.intro(now, name, new Intro(format!, text, frames));
    }
    case Kind.noIntro: return into.intro(now, rest(), undefined);
    default: assert(false, 'a record of the feed has a kind that there is not');
  }
}
