import { toMs, type Micros } from '../../core/base/units.ts';
import { digestOf, digestOfText, hex32, RollingHash } from '../../core/base/hash.ts';

/** Something rare that people want to read: a fault, a machine's decision, what a listener heard. */
export interface Note {
  readonly atMs: number;
  readonly actor: string;
  readonly kind: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A note, or bytes that went into or out of a machine, for `--trace`. */
export interface TraceLine {
  readonly atUs: number;
  readonly actor: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** Where bytes come from and go to, as the trace names it. */
export interface Channel {
  readonly name: string;
  readonly tag: number;
}

export function channel(name: string): Channel {
  return { name, tag: digestOfText(name) };
}

/** Bytes on their way, with their fingerprint: they are read once, however often they are traced. */
export interface Parcel {
  readonly bytes: Uint8Array;
  readonly digest: number;
}

export function parcel(bytes: Uint8Array): Parcel {
  return { bytes, digest: digestOf(bytes) };
}

export type Verb = 'sent' | 'lost' | 'got';

const verbTag = { sent: 1, lost: 2, got: 3 } as const satisfies Record<Verb, number>;

/** A day of the worst weather has twice as many, which nobody reads: they would fill the memory. */
export const MOST_NOTES = 300_000;

/**
 * What happened, as one hash that every event goes into with its time and content. Two runs with the same hash were
 * the same run. The first notes are kept, up to a bound; the lines of all the traffic only go to whoever asked for them.
 */
export class Trace {
  readonly notes: Note[] = [];
  #unkept = 0;
  readonly #hash = new RollingHash();
  readonly #line: ((line: TraceLine) => void) | undefined;

  constructor(line?: (line: TraceLine) => void) {
    this.#line = line;
  }

  get hash(): string {
    return this.#hash.toString();
  }

  /** Whether the other one has the same hash: to be asked after every event, so it makes no text. */
  agrees(other: Trace): boolean {
    return this.#hash.equals(other.#hash);
  }

  /** Notes beyond the bound, which are in the hash alone. */
  get unkeptNotes(): number {
    return this.#unkept;
  }

  /** An event of the world has been done. */
  tick(at: Micros): void {
    this.#hash.mixWide(at);
  }

  traffic(at: Micros, verb: Verb, where: Channel, what: Parcel): void {
    this.#hash.mixWide(at);
    this.#hash.mix(where.tag ^ verbTag[verb]);
    this.#hash.mix(what.digest);
    this.#line?.({ atUs: at, actor: where.name, kind: verb, bytes: what.bytes.length, digest: hex32(what.digest) });
  }

  note(at: Micros, actor: string, kind: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#hash.mixWide(at);
    this.#hash.mix(digestOfText(`${actor} ${kind} ${JSON.stringify(fields)}`));
    if (this.notes.length < MOST_NOTES) this.notes.push({ atMs: toMs(at), actor, kind, fields });
    else this.#unkept++;
    this.#line?.({ atUs: at, actor, kind, ...fields });
  }
}
