import { decodeAnnouncement } from '../../wire/messages/announce.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import { decodeOrigin, encodeSource, type StatusReport } from '../../wire/messages/extensions.ts';
import { LENGTH_BYTES } from '../../base/length-prefix.ts';
import { packed, prefixed } from '../../wire/framing.ts';
import { encodeMessage, MessageType, PDU_HEADER_BYTES, type MessageView } from '../../wire/pdu.ts';

/** What the openings of all streams take together. */
export interface OpeningBytes {
  /** Of the messages that are kept. */
  kept: number;
  /** Of the same, ready for the next subscribers. */
  packed: number;
}

interface Kept {
  /** At which of the stream's places it came: its number says nothing of another one. */
  readonly place: number;
  readonly sequence: number;
  readonly message: Uint8Array;
}

/** What a new subscriber needs first of one stream: its name, its headers and its title, and what there is to say of its source. */
export class RelayOpening {
  readonly #id: Uint8Array;
  readonly #bytes: OpeningBytes;
  /** The newest message of each kind, by its type. */
  readonly #kept: (Kept | undefined)[] = [];
  /** All of that in one piece: made when somebody subscribes, and as good until something of it changes. */
  #packed: { readonly report: StatusReport | undefined; readonly bytes: Uint8Array } | undefined;
  #mount = '';

  /** @param bytes counts what this takes, too. */
  constructor(id: Uint8Array, bytes: OpeningBytes) {
    this.#id = id;
    this.#bytes = bytes;
  }

  /** What its first ANNOUNCE names; '' before that. */
  get mount(): string {
    return this.#mount;
  }

  /** What its encoder is called, if it says so. */
  get origin(): string | undefined {
    const kept = this.#kept[MessageType.ORIGIN];
    return kept && decodeOrigin(kept.message.subarray(LENGTH_BYTES + PDU_HEADER_BYTES));
  }

  /** Keeps a message, if it is the newest of its type. False when it is an ANNOUNCE of what can be no mountpoint: that goes no further. */
  keep(place: number, view: MessageView): boolean {
    const before = this.#kept[view.type];
    if (before !== undefined && before.place === place && before.sequence >= view.sequence) return true;
    const announced = view.type === MessageType.ANNOUNCE ? decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end)) : undefined;
    if (view.type === MessageType.ANNOUNCE && announced === undefined) return false;
    const message = prefixed(view.bytes, view.start, view.end);
    this.#kept[view.type] = { place, sequence: view.sequence, message };
    this.#unpack();
    this.#bytes.kept += message.length - (before?.message.length ?? 0);
    if (announced !== undefined && this.#mount === '') this.#mount = announced.mountpoint;
    return true;
  }

  /**
   * What a relay says has no number of its own in the stream's sequence. It gets that of the newest ANNOUNCE, which has gone out
   * before it: whoever does not know the type takes it for a second copy of that, or at worst for that ANNOUNCE itself,
   * of which there is another in two seconds. It never takes the place of audio. Undefined before there was one.
   */
  sourceMessage(report: StatusReport | undefined): Uint8Array | undefined {
    return report && this.unordered(MessageType.SOURCE, encodeSource(report));
  }

  /** A message of a relay's own, with that number. */
  unordered(type: number, payload: Uint8Array): Uint8Array | undefined {
    const announced = this.#kept[MessageType.ANNOUNCE];
    return announced && encodeMessage({ type, replica: 0, streamId: this.#id, sequence: announced.sequence, payload });
  }

  /** All that a new subscriber needs, with length prefixes. @param report what there is to say of its source. */
  packed(report: StatusReport | undefined): Uint8Array {
    if (this.#packed === undefined || this.#packed.report !== report) {
      this.#unpack();
      const kept = OPENING_TYPES.flatMap((type) => this.#kept[type]?.message ?? []);
      const source = this.sourceMessage(report);
      if (source !== undefined) kept.push(prefixed(source));
      this.#packed = { report, bytes: packed(kept, Infinity)[0] ?? NOTHING };
      this.#bytes.packed += this.#packed.bytes.length;
    }
    return this.#packed.bytes;
  }

  /** Its stream is forgotten: what it takes counts no more. */
  dispose(): void {
    this.#unpack();
    for (const kept of this.#kept) this.#bytes.kept -= kept?.message.length ?? 0;
  }

  /** Saves or restores its state; what all of them take goes with whoever counts it. */
  snapshot(a: Snapshot): void {
    this.#mount = a.text(this.#mount);
    for (const type of OPENING_TYPES) this.#kept[type] = snapshotKept(a, this.#kept[type]);
  }

  #unpack(): void {
    this.#bytes.packed -= this.#packed?.bytes.length ?? 0;
    this.#packed = undefined;
  }
}

/** Whether a new subscriber needs the newest message of this type. */
export function isOpening(type: number): boolean {
  return type !== MessageType.DATA && (type <= MessageType.HEADERS || type === MessageType.ORIGIN);
}

/** In the order in which a new subscriber gets them. */
const OPENING_TYPES = [MessageType.ANNOUNCE, MessageType.ORIGIN, MessageType.HEADERS, MessageType.METADATA] as const;
const NOTHING = new Uint8Array(0);

function snapshotKept(a: Snapshot, saved: Kept | undefined): Kept | undefined {
  if (!a.flag(saved !== undefined)) return undefined;
  return { place: a.number(saved?.place ?? 0), sequence: a.number(saved?.sequence ?? 0), message: a.bytes(saved?.message ?? NOTHING) };
}
