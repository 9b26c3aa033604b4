import type { Snapshot } from '../../base/snapshot.ts';
import { later, type Micros } from '../../base/units.ts';
import { decodeAnnouncement } from '../../wire/messages/announce.ts';
import { MessageType, PDU_HEADER_BYTES, STREAM_ID_BYTES, streamIdOf, type MessageView } from '../../wire/pdu.ts';
import { StreamTable } from '../../wire/stream-table.ts';

/** A stream that is not taken in. */
interface Unwanted {
  readonly id: Uint8Array;
  mount: string;
  announcedAt: Micros;
  /** Its newest ANNOUNCE; undefined: none has come since it was taken in. */
  announcement: Uint8Array | undefined;
}

export interface UnwantedStreamsOptions {
  readonly maxStreams: number;
  /** A stream that nobody has announced for so long is forgotten. */
  readonly forgetUs: number;
  readonly isWanted: (mount: string) => boolean;
}

/**
 * 'wanted': it is of a mountpoint that is wanted; 'announced': what is announced is not; 'not-wanted': nothing of it is of use; 'bad-announce': it announces nothing;
 * 'too-many-streams': it is not remembered which mountpoint it is of.
 */
export type Wish = 'wanted' | 'announced' | 'not-wanted' | 'bad-announce' | 'too-many-streams';

/**
 * Streams that are announced and not taken in: what comes of them is dropped before anything is made of it. They are known by their ANNOUNCE alone, which
 * every relay sends, whatever is wanted.
 */
export class UnwantedStreams {
  readonly #options: UnwantedStreamsOptions;
  readonly #table = new StreamTable<Unwanted>();
  #announcement: Uint8Array | undefined;

  constructor(options: UnwantedStreamsOptions) {
    this.#options = options;
  }

  /** What had announced the stream that the last message was found to be wanted of: to be taken in before that. */
  get announcement(): Uint8Array | undefined {
    return this.#announcement;
  }

  /** What becomes of a message of a stream that is not taken in yet. Before its mountpoint is known nothing of it is wanted. */
  wish(now: Micros, view: MessageView): Wish {
    const known = this.#table.find(view.bytes, view.start);
    this.#announcement = undefined;
    if (view.type !== MessageType.ANNOUNCE) return known !== undefined && this.#take(known) ? 'wanted' : 'not-wanted';
    const announced = decodeAnnouncement(view.bytes.subarray(view.start + PDU_HEADER_BYTES, view.end));
    if (announced === undefined) return 'bad-announce';
    const { mountpoint } = announced;
    if (this.#options.isWanted(mountpoint)) {
      if (known !== undefined) this.#table.delete(known);
      return 'wanted';
    }
    const announcement = view.bytes.slice(view.start, view.end);
    if (known === undefined) return this.add(now, streamIdOf(view.bytes, view.start), mountpoint, announcement) ? 'announced' : 'too-many-streams';
    Object.assign(known, { mount: mountpoint, announcedAt: now, announcement });
    return 'announced';
  }

  /** A stream of this mountpoint is not taken in any more, or not yet. False when there are too many. */
  add(now: Micros, id: Uint8Array, mount: string, announcement?: Uint8Array): boolean {
    if (this.#table.size >= this.#options.maxStreams) this.#forgetOld(now);
    if (this.#table.size >= this.#options.maxStreams) return false;
    this.#table.add({ id, mount, announcedAt: now, announcement });
    return true;
  }

  /** How many streams are announced of each mountpoint. */
  mounts(now: Micros): ReadonlyMap<string, number> {
    const mounts = new Map<string, number>();
    for (const one of this.#table) if (!this.#isOld(now, one)) mounts.set(one.mount, (mounts.get(one.mount) ?? 0) + 1);
    return mounts;
  }

  has(now: Micros, mount: string): boolean {
    for (const one of this.#table) if (one.mount === mount && !this.#isOld(now, one)) return true;
    return false;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    const all = a.list(this.#table, (saved) => ({
      id: a.bytes(saved?.id ?? NO_ID),
      mount: a.text(saved?.mount ?? ''),
      announcedAt: a.number(saved?.announcedAt ?? (0 as Micros)),
      announcement: a.flag(saved?.announcement !== undefined) ? a.bytes(saved?.announcement ?? NO_ID) : undefined,
    }));
    if (a.isLoading) for (const one of all) this.#table.add(one);
  }

  /** True when it is wanted by now: then it is taken in. */
  #take(stream: Unwanted): boolean {
    // One that has just been let go of says its name first: whoever takes it in must know that.
    if (stream.announcement === undefined || !this.#options.isWanted(stream.mount)) return false;
    this.#table.delete(stream);
    this.#announcement = stream.announcement;
    return true;
  }

  #forgetOld(now: Micros): void {
    for (const one of this.#table) if (this.#isOld(now, one)) this.#table.delete(one);
  }

  #isOld(now: Micros, { announcedAt }: Unwanted): boolean {
    return now >= later(announcedAt, this.#options.forgetUs as Micros);
  }
}

const NO_ID = new Uint8Array(STREAM_ID_BYTES);
