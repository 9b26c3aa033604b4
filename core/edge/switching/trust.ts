import type { Correlator } from '../content/correlation.ts';
import { Kinship, type Finding } from '../content/kinship.ts';
import type { Snapshot } from '../../base/snapshot.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { SwitchingEvent } from './events.ts';
import type { CurrentPolicy } from '../../config/policies.ts';
import { later, type Micros } from '../../base/units.ts';
import type { PlannedReason } from './triggers/switch-triggers.ts';

export interface TrustOptions {
  readonly mount: string;
  /** Of the mountpoint, whose owner may say that all of its streams carry its programme: then content need not tell. */
  readonly wanted: CurrentPolicy;
  readonly correlator: Correlator;
  readonly event: (event: SwitchingEvent) => void;
}

/** The streams of the mountpoint. */
export interface MountStreams extends Iterable<EdgeStream> {
  /** Whether what is in a backup says where it lies against the live stream. */
  isMatched(backup: EdgeStream): boolean;
}

/** How far a stream is believed to carry what the listeners want, when the live one has to be left: the higher, the sooner. */
export const Standing = {
  /** It has been seen to carry another programme than the live stream. */
  stranger: 0,
  /** Nothing is known of it, and it has not been there for long. */
  newcomer: 1,
  /** Nothing is known of it, though it has been there for long enough. */
  settled: 2,
  /** It carries the same programme as another stream of the mountpoint; and if it is not that of the live one, nobody agrees with that. */
  seconded: 3,
  /** It carries the programme of the live stream. */
  same: 4,
} as const;

/** An edge that has been started hears of all streams within this. */
const TOGETHER_US = 5_000_000;
/** So long it takes at most until another programme would have been noticed, where it can be. */
const SETTLED_AFTER_US = 90_000_000;
/** The matcher holds on to what it knew through three looks, and those are at the last ten seconds. */
const MATCHED_AFTER_US = 20_000_000;
/** One pair of a mountpoint's streams is compared in so much time: it takes a sixth of a millisecond. */
const LOOK_US = 1_000_000 as Micros;
/** Streams that are compared with each other, those that are there longest: a flood of new ones takes no part in it. */
const MOST_COMPARED = 8;

/**
 * Which streams of a mountpoint can be trusted to carry its programme. Nothing in the protocol says so: anybody may announce a name. So a
 * stream that is to take the listeners from one that serves must have been seen to carry the same, by its content, at any time
 * since it is there. Streams that do not agree are told.
 */
export class Trust {
  readonly #options: TrustOptions;
  readonly #kinship: Kinship<EdgeStream>;
  /** Of the streams that report an origin which an older one has, those that have been told. */
  #contesting: Set<EdgeStream> = new Set();
  #lookAt = 0 as Micros;
  /** What was on air before it had to be left for a stream that is not known to carry the same. */
  #home: EdgeStream | undefined;

  constructor(options: TrustOptions) {
    this.#options = options;
    this.#kinship = new Kinship(options.correlator);
  }

  /** Whether both are known to carry the same programme. */
  isSame(a: EdgeStream, b: EdgeStream): boolean {
    return this.#isGiven || this.#kinship.isSame(a, b);
  }

  /** Whether they have been seen to carry different ones. */
  isDifferent(a: EdgeStream, b: EdgeStream): boolean {
    return !this.#isGiven && this.#kinship.isDifferent(a, b);
  }

  /**
   * Whether a backup may take the listeners from a live stream that serves, for this reason. What the live one has lost, or
   * brings too late, can also come from one that nothing is known of, if that is no newcomer: both were there when this edge first heard them.
   * A live stream that comes slower than it plays has failed, and any will do.
   */
  allows(now: Micros, reason: PlannedReason | 'lost', backup: EdgeStream, live: EdgeStream): boolean {
    if (reason === 'operator' || reason === 'unpaced' || reason === 'foreign' || this.isSame(backup, live)) return true;
    const isLacking = reason === 'lost' || reason === 'lossy' || reason === 'behind';
    if (!isLacking || this.#kinship.isDifferent(backup, live)) return false;
    return live.health.shortfall.isLasting(now) || Math.abs(backup.health.framesSince - live.health.framesSince) <= TOGETHER_US;
  }

  /** How far a backup is believed. */
  standing(now: Micros, stream: EdgeStream, live: EdgeStream): number {
    if (this.isSame(stream, live)) return Standing.same;
    const isSeconded = this.#kinship.kinOf(stream) !== undefined;
    if (this.#kinship.isDifferent(stream, live)) return isSeconded && this.#kinship.kinOf(live) === undefined ? Standing.seconded : Standing.stranger;
    if (isSeconded) return Standing.seconded;
    return now - stream.health.framesSince >= SETTLED_AFTER_US ? Standing.settled : Standing.newcomer;
  }

  /** The live stream turned out to carry something else than what it had to be taken for, and nobody agrees with it; the backup carries that. */
  isHomecoming(backup: EdgeStream, live: EdgeStream): boolean {
    const home = this.#home;
    return home !== undefined && this.isDifferent(live, home) && this.isSame(backup, home) && this.#kinship.kinOf(live) === undefined;
  }

  /** One stream was left for another one. */
  left(from: EdgeStream, to: EdgeStream): void {
    if (this.#home === undefined && !this.isSame(from, to)) this.#home = from;
    else if (this.#home !== undefined && this.isSame(this.#home, to)) this.#home = undefined;
  }

  /** A backup has one more frame. */
  heard(now: Micros, live: EdgeStream, backup: EdgeStream, streams: MountStreams): void {
    if (this.#isGiven) return;
    const resumedAt = Math.max(live.resumedAt, backup.resumedAt);
    const isDue = now - resumedAt >= MATCHED_AFTER_US && !this.#kinship.agreedSince(now - LOOK_US, live, backup);
    if (isDue && streams.isMatched(backup)) this.#tell(live, backup, this.#kinship.agree(now, live, backup));
    if (now < this.#lookAt || !this.#kinship.canLook(now)) return;
    this.#lookAt = later(now, LOOK_US);
    const there = [...streams].filter((stream) => stream.isHealthy(now));
    this.#checkOrigins(there);
    const pair = this.#pairToLookAt(now, live, there);
    if (pair !== undefined) this.#tell(...pair, this.#kinship.look(now, ...pair));
  }

  forget(now: Micros, stream: EdgeStream): void {
    if (this.#home === stream) this.#home = this.#kinship.kinOf(stream);
    this.#kinship.forget(now, stream);
    this.#contesting.delete(stream);
  }

  get #isGiven(): boolean {
    return this.#options.wanted.policy.trust === 'all';
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#kinship.snapshot(a, reference);
    this.#contesting = new Set(a.list(this.#contesting, reference));
    this.#lookAt = a.number(this.#lookAt);
    this.#home = a.flag(this.#home !== undefined) ? reference(this.#home) : undefined;
  }

  /** Two that are not known to agree, one of them live if possible. Streams of different codecs are not compared: nobody has measured how well those agree. */
  #pairToLookAt(now: Micros, live: EdgeStream, there: readonly EdgeStream[]): readonly [EdgeStream, EdgeStream] | undefined {
    const compared = [live, ...there.filter((stream) => stream !== live)].slice(0, MOST_COMPARED).filter((stream) => there.includes(stream));
    for (const [at, one] of compared.entries()) {
      for (const other of compared.slice(at + 1)) {
        const isComparable = one.format?.codec === other.format?.codec && this.#kinship.isDue(now, one, other);
        if (isComparable && !this.#agreeByLive(one, other, live)) return [one, other];
      }
    }
    return undefined;
  }

  /** Two backups that both agree with the live stream need not be compared with each other. */
  #agreeByLive(one: EdgeStream, other: EdgeStream, live: EdgeStream): boolean {
    return one !== live && [one, other].every((stream) => this.#kinship.isSame(stream, live));
  }

  #tell(one: EdgeStream, other: EdgeStream, finding: Finding): void {
    if (finding === undefined) return;
    const { mount, event } = this.#options;
    event({
      kind: finding === 'same' ? 'programmes-agree' : 'programmes-differ',
      mount,
      stream: one.name,
      origin: one.origin ?? '',
      source: one.source ?? '',
      other: other.name,
      otherOrigin: other.origin ?? '',
      otherSource: other.source ?? '',
    });
  }

  /** An encoder that was started again has its old name, and leaves its last stream behind; two that both come, from two places, have one name too few. */
  #checkOrigins(there: readonly EdgeStream[]): void {
    const eldest = new Map<string, EdgeStream>();
    for (const stream of [...there].sort((a, b) => a.health.framesSince - b.health.framesSince)) {
      const { origin, source } = stream;
      if (origin === undefined) continue;
      const elder = eldest.get(origin);
      if (elder === undefined) eldest.set(origin, stream);
      else if (source !== undefined && elder.source !== undefined && source !== elder.source && !this.#contesting.has(stream)) {
        this.#contesting.add(stream);
        this.#options.event({
          kind: 'origin-contested',
          mount: this.#options.mount,
          origin,
          stream: elder.name,
          source: elder.source,
          other: stream.name,
          otherSource: source,
        });
      }
    }
  }
}
