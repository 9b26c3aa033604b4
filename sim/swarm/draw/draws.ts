import { pick, type Random } from '../../world/rng.ts';

/** True with this probability. */
export function chance(random: Random, probability: number): boolean {
  return random() < probability;
}

/** A whole number, both ends included. */
export function whole(random: Random, least: number, most: number): number {
  return least + Math.floor((most - least + 1) * random());
}

/** Each with this probability, and at least one. */
export function someOf<T>(random: Random, from: readonly T[], probability: number): T[] {
  const chosen = from.filter(() => chance(random, probability));
  return chosen.length > 0 ? chosen : [pick(random, from)];
}

/** An index, as likely as its weight says; the weights add up to 100. */
export function weighted(random: Random, weights: readonly number[]): number {
  let left = 100 * random();
  return weights.findIndex((weight) => (left -= weight) < 0);
}

/** Seconds, to the millisecond: they are read by people. */
export function seconds(value: number): number {
  return Math.round(value * 1000) / 1000;
}
