import { ByAddress, type Holder } from './slots.ts';

/** What a stream in a full table is worth. */
export interface Worth {
  /** 'none': nothing of it can be heard; 'young': it can, but not for long; 'proven': for long; 'kept': somebody hears it, whatever comes. */
  readonly use: 'none' | 'young' | 'proven' | 'kept';
  /** Of two of equal use the one with less goes first. */
  readonly since: number;
  /** The address that it comes from; '' when nobody knows. */
  readonly holder: string;
}

/** Of streams that have been heard for so long nobody can say that they were only invented to fill the table. */
export const PROVEN_AFTER_US = 10_000_000;
/** At most so many go at once: then the table need not be looked through for each newcomer. */
const MOST_AT_ONCE = 256;
/** So many of no use are left in the table: a stream that has just begun is one of them. */
const LEFT_OF_NO_USE = 16;
/** An address that holds more of the table than this is the first to give way with what is proven. */
const HOG_PART = 4;
/** It is looked so seldom who can go, where that is dear: who comes meanwhile and finds no room comes again with its next message. */
export const LOOK_AGAIN_US = 250_000;

/**
 * Which streams have to go from a table that is full, for one from `newcomer`. Whoever knows how, invents stream ids, thousands a
 * second, also with a name and a little audio; a real one must get in meanwhile, and nobody who is heard may go for it.
 *
 *     1. those of no use: the older half, which has had most time to become of use
 *     2. those that have been heard for less than ten seconds, of the address that has most of these: the older half
 *     3. the newest of an address that holds more than a quarter of the table, for another one
 */
export function leastUseful<Stream>(streams: Iterable<Stream>, worthOf: (stream: Stream) => Worth, newcomer: string): readonly Stream[] {
  const ranked = [...streams].map((stream) => ({ stream, worth: worthOf(stream) })).sort((a, b) => a.worth.since - b.worth.since);
  const of = (use: Worth['use']): typeof ranked => ranked.filter(({ worth }) => worth.use === use);
  const useless = of('none');
  if (useless.length >= LEFT_OF_NO_USE) return olderHalf(useless);
  const young = ofLargest(of('young'));
  if (young.length >= LEFT_OF_NO_USE) return olderHalf(young);
  const proven = ofLargest(of('proven'));
  const isHog = proven.length > ranked.length / HOG_PART && proven[0]!.worth.holder !== newcomer;
  if (isHog) return proven.slice(-LEFT_OF_NO_USE).map(({ stream }) => stream);
  return olderHalf(useless);
}

type Ranked<Stream> = readonly { readonly stream: Stream; readonly worth: Worth }[];

/** At least one, when there is one. */
function olderHalf<Stream>(ranked: Ranked<Stream>): readonly Stream[] {
  return ranked.slice(0, Math.min(Math.ceil(ranked.length / 2), MOST_AT_ONCE)).map(({ stream }) => stream);
}

/** Those of the address that has most of them, and of two that have as many, of the first by name. */
function ofLargest<Stream>(ranked: Ranked<Stream>): Ranked<Stream> {
  const byHolder = new ByAddress<Ranked<Stream>[number] & Holder>();
  for (const one of ranked) byHolder.add({ ...one, address: one.worth.holder });
  const most = byHolder.most();
  return most === undefined ? [] : [...byHolder.of(most)];
}
