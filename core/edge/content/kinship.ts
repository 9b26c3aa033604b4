import type { Snapshot } from '../../base/snapshot.ts';
import type { Matchable } from './matcher.ts';
import { later, type Micros } from '../../base/units.ts';
import type { Correlator } from './correlation.ts';
import { arrivalLag, FAR_US, isSure, LEAST_PEAK, SAME_US } from './aligner.ts';

/** What has to be known of a stream. */
export interface Kin extends Matchable {
  /** When it came back from a pause in which somebody else may have taken its name: what was known before counts no more. */
  readonly resumedAt: Micros;
}

/** What is known of two streams. */
interface Pair<Stream> {
  readonly one: Stream;
  readonly other: Stream;
  isSame: boolean;
  agreedAt: Micros;
  isDifferent: boolean;
  lookAt: Micros;
  /** Looks at which both had a loudness envelope, and nothing agreed; those at which something may have agreed take some back. */
  strikes: number;
  struckSince: Micros;
  struckAt: Micros;
  /** Where they agreed at the last look, if that was sure. */
  doubtUs: number | undefined;
}

/** What a look has found out. */
export type Finding = 'same' | 'different' | undefined;

/** Two windows of ten seconds that lie so far apart are half independent of each other. */
const LOOK_US = 5_000_000 as Micros;
/** Late is better than wrong: the programme of a minute. */
const LEAST_STRIKES = 12;
const LEAST_STRUCK_US = 60_000_000;
/** What was seen longer ago than that says nothing any more. */
const STALE_US = 300_000_000;
/** What a look takes back at which something may have agreed: beats and counting voices agree with much. */
const TAKEN_BACK = 3;
/** Streams that are gone through from one to the next, to see whether they agree. */
const MOST_STEPS = 16;

/**
 * Whether two streams of one mountpoint carry the same programme: by their loudness envelopes, whoever is on air. What is known stays until the
 * opposite is seen; silence, a tone and steady beats say nothing. Streams that agree with the same third one agree.
 */
export class Kinship<Stream extends Kin> {
  readonly #correlator: Correlator;
  #pairs: Pair<Stream>[] = [];
  /** The same, by either of their streams and then by the other one. */
  readonly #of: Map<Stream, Map<Stream, Pair<Stream>>> = new Map();

  /** @param correlator of the edge. */
  constructor(correlator: Correlator) {
    this.#correlator = correlator;
  }

  isSame(a: Stream, b: Stream): boolean {
    const pair = this.#of.get(a)?.get(b);
    if (a === b || (pair !== undefined && agrees(pair))) return true;
    return pair?.isDifferent !== true && this.#isLinked(a, b);
  }

  isDifferent(a: Stream, b: Stream): boolean {
    return this.#of.get(a)?.get(b)?.isDifferent === true;
  }

  /** Whether they have been seen to agree at `at` or later. */
  agreedSince(at: number, a: Stream, b: Stream): boolean {
    const pair = this.#of.get(a)?.get(b);
    return pair?.isSame === true && pair.agreedAt >= at;
  }

  /** One that agrees with it, if any does. */
  kinOf(stream: Stream): Stream | undefined {
    for (const [other, pair] of this.#of.get(stream) ?? []) if (agrees(pair)) return other;
    return undefined;
  }

  /** The same point of the programme has been found in both; that is no news, mostly. */
  agree(now: Micros, a: Stream, b: Stream): Finding {
    const pair = this.#pair(a, b);
    pair.lookAt = later(now, LOOK_US);
    pair.strikes = 0;
    pair.agreedAt = now;
    if (pair.isSame) return undefined;
    const wasDifferent = pair.isDifferent;
    pair.isSame = true;
    pair.isDifferent = false;
    return wasDifferent ? 'same' : undefined;
  }

  /** Whether there is time for a look at any two. */
  canLook(now: Micros): boolean {
    return this.#correlator.isFree(now);
  }

  isDue(now: Micros, a: Stream, b: Stream): boolean {
    return now >= (this.#of.get(a)?.get(b)?.lookAt ?? 0);
  }

  /** Compares the newest ten seconds of two streams that both come; says what that has changed. */
  look(now: Micros, a: Stream, b: Stream): Finding {
    const pair = this.#pair(a, b);
    pair.lookAt = later(now, LOOK_US);
    const centre = arrivalLag(a, b);
    if (!Number.isFinite(centre)) return undefined;
    const found = this.#correlator.align(a.envelope, b.envelope, centre - FAR_US, centre + FAR_US);
    if (found === undefined) return undefined;
    const doubtUs = pair.doubtUs;
    pair.doubtUs = isSure(found) ? found.lagUs : undefined;
    if (doubtUs !== undefined && pair.doubtUs !== undefined && Math.abs(doubtUs - pair.doubtUs) <= SAME_US) return this.agree(now, a, b);
    return this.#weigh(now, pair, found.peak);
  }

  /** It is gone; those that agreed with it still agree with each other. */
  forget(now: Micros, stream: Stream): void {
    const others = this.#of.get(stream);
    if (others === undefined) return;
    const [first, ...more] = [...others].filter(([, pair]) => agrees(pair)).map(([other]) => other);
    if (first !== undefined) for (const other of more) if (!this.isDifferent(first, other)) this.agree(now, first, other);
    for (const other of others.keys()) this.#of.get(other)!.delete(stream);
    this.#of.delete(stream);
    this.#pairs = this.#pairs.filter(({ one, other }) => one !== stream && other !== stream);
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot, reference: (stream: Stream | undefined) => Stream): void {
    for (const pair of a.list(this.#pairs, (saved) => snapshotPair(a, saved, reference))) if (a.isLoading) this.#add(pair);
  }

  #weigh(now: Micros, pair: Pair<Stream>, peak: number): Finding {
    if (now - pair.struckAt > STALE_US) pair.strikes = 0;
    if (peak >= LEAST_PEAK) {
      pair.strikes = Math.max(0, pair.strikes - TAKEN_BACK);
      return undefined;
    }
    if (pair.strikes === 0) pair.struckSince = now;
    pair.struckAt = now;
    pair.strikes++;
    if (pair.isDifferent || pair.strikes < LEAST_STRIKES || now - pair.struckSince < LEAST_STRUCK_US) return undefined;
    pair.isSame = false;
    pair.isDifferent = true;
    return 'different';
  }

  #isLinked(from: Stream, to: Stream): boolean {
    const reached = [from];
    for (let at = 0; at < reached.length && at < MOST_STEPS; at++) {
      for (const [next, pair] of this.#of.get(reached[at]!) ?? []) {
        if (!agrees(pair) || reached.includes(next)) continue;
        if (next === to) return true;
        if (reached.length < MOST_STEPS) reached.push(next);
      }
    }
    return false;
  }

  #pair(one: Stream, other: Stream): Pair<Stream> {
    const known = this.#of.get(one)?.get(other);
    if (known !== undefined) return known;
    const pair: Pair<Stream> = { one, other, isSame: false, agreedAt: NEVER_YET, isDifferent: false, lookAt: NEVER_YET, strikes: 0, struckSince: NEVER_YET, struckAt: NEVER_YET, doubtUs: undefined };
    this.#add(pair);
    return pair;
  }

  #add(pair: Pair<Stream>): void {
    const { one, other } = pair;
    this.#pairs.push(pair);
    this.#othersOf(one).set(other, pair);
    this.#othersOf(other).set(one, pair);
  }

  #othersOf(stream: Stream): Map<Stream, Pair<Stream>> {
    const known = this.#of.get(stream) ?? new Map<Stream, Pair<Stream>>();
    this.#of.set(stream, known);
    return known;
  }
}

const NEVER_YET = 0 as Micros;

function agrees<Stream extends Kin>({ one, other, isSame, agreedAt }: Pair<Stream>): boolean {
  return isSame && agreedAt >= one.resumedAt && agreedAt >= other.resumedAt;
}

function snapshotPair<Stream>(a: Snapshot, saved: Pair<Stream> | undefined, reference: (stream: Stream | undefined) => Stream): Pair<Stream> {
  return {
    one: reference(saved?.one),
    other: reference(saved?.other),
    isSame: a.flag(saved?.isSame ?? false),
    agreedAt: a.number(saved?.agreedAt ?? NEVER_YET),
    isDifferent: a.flag(saved?.isDifferent ?? false),
    lookAt: a.number(saved?.lookAt ?? NEVER_YET),
    strikes: a.number(saved?.strikes ?? 0),
    struckSince: a.number(saved?.struckSince ?? NEVER_YET),
    struckAt: a.number(saved?.struckAt ?? NEVER_YET),
    doubtUs: a.maybeNumber(saved?.doubtUs),
  };
}
