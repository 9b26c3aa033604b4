import { at, type Fault, type WayName } from '../../../run/fault.ts';
import { hopsOf } from '../../../world/lifeline.ts';
import type { Conditions } from '../../../world/path.ts';
import { between, exponential, pick, type Random } from '../../../world/rng.ts';
import { hostNames, type Topology } from '../../../world/topology.ts';
import { chance, seconds, someOf, whole } from '../draws.ts';

/** What can go wrong in a swarm. Each seed has only some of these, so that none hides what another does. */
export const troubleKinds = [
  'kill',
  'storm',
  'freeze',
  'vanish',
  'cut',
  'cut one way',
  'flap',
  'partition',
  'partition one way',
  'loss',
  'delay',
  'disorder',
  'bandwidth',
  'clock step',
] as const;

export type TroubleKind = (typeof troubleKinds)[number];

export interface TroubleOptions {
  readonly topology: Topology;
  readonly random: Random;
  readonly kinds: readonly TroubleKind[];
  readonly fromS: number;
  readonly untilS: number;
  readonly meanPauseS: number;
  /** How long one thing lasts on average. */
  readonly meanLengthS: number;
}

/** Faults drawn at random, one upon the other; all of it may be broken at once. */
export function drawTrouble(options: TroubleOptions): Fault[] {
  const { random, kinds, fromS, untilS, meanPauseS, meanLengthS } = options;
  const faults: Fault[] = [];
  for (let atS = fromS + exponential(random, meanPauseS); atS < untilS; atS += 0.05 + exponential(random, meanPauseS)) {
    const endS = atS + 0.05 + exponential(random, meanLengthS);
    faults.push(...trouble(options, pick(random, kinds), seconds(atS), seconds(endS)));
  }
  return faults;
}

/** Every way that was made different at the start, or something flows by, as it is when nothing is wrong with it. */
export function usualConditions({ paths = [] }: Topology, { from, to }: WayName): Partial<Conditions> {
  return Object.assign({}, ...paths.filter((path) => path.from === from && path.to === to).map(({ changes }) => changes)) as Partial<Conditions>;
}

function trouble({ topology, random }: TroubleOptions, kind: TroubleKind, fromS: number, untilS: number): Fault[] {
  const listeners = new Set(topology.listeners.map(({ name }) => name));
  const machines = hostNames(topology).filter((name) => !listeners.has(name));
  const hops = hopsOf(topology);
  switch (kind) {
    case 'kill': {
      const host = pick(random, machines);
      return [at(fromS).kill(host), at(untilS).restart(host)];
    }
    case 'storm':
      return storm(random, pick(random, machines), fromS);
    case 'freeze': {
      const host = pick(random, hostNames(topology));
      return [at(fromS).freeze(host), at(untilS).thaw(host)];
    }
    case 'vanish': {
      const host = pick(random, machines);
      return [at(fromS).vanish(host), at(untilS).restart(host)];
    }
    case 'cut': {
      const [a, b] = pick(random, hops);
      return [at(fromS).cut(a, b), at(untilS).heal(a, b)];
    }
    case 'cut one way': {
      const [a, b] = inSomeOrder(random, pick(random, hops));
      return [at(fromS).cutOneWay(a, b), at(untilS).healOneWay(a, b)];
    }
    case 'flap': {
      const [a, b] = pick(random, hops);
      return times(whole(random, 3, 10)).flatMap((n) => [at(seconds(fromS + n)).cut(a, b), at(seconds(fromS + n + 0.7 * random())).heal(a, b)]);
    }
    case 'partition':
    case 'partition one way':
      return partition(random, hops, hostNames(topology), kind === 'partition one way', fromS, untilS);
    case 'loss':
    case 'delay':
    case 'disorder':
    case 'bandwidth':
      return worsen(topology, random, pick(random, hops), drawConditions(random, kind), fromS, untilS);
    case 'clock step': {
      // Once, or by somebody who tries to get it right.
      const host = pick(random, machines);
      return times(whole(random, 1, 4)).map((n) => at(seconds(fromS + 0.3 * n)).step(host, drawStepMs(random)));
    }
    default:
      return kind satisfies never;
  }
}

/** A process that crashes again and again. */
function storm(random: Random, host: string, fromS: number): Fault[] {
  const periodS = between(random, 0.5, 4);
  return times(whole(random, 2, 6)).flatMap((n) => [
    at(seconds(fromS + n * periodS)).kill(host),
    at(seconds(fromS + (n + 0.9 * random()) * periodS)).restart(host),
  ]);
}

function partition(random: Random, hops: readonly [string, string][], names: readonly string[], oneWay: boolean, fromS: number, untilS: number): Fault[] {
  const here = new Set(someOf(random, names, 0.5));
  const ways = hops
    .flatMap(([a, b]): WayName[] => [{ from: a, to: b }, { from: b, to: a }])
    .filter(({ from, to }) => here.has(from) !== here.has(to) && (!oneWay || here.has(from)));
  if (ways.length === 0) return [];
  return [{ atS: fromS, kind: 'cut', ways }, { atS: untilS, kind: 'heal', ways }];
}

function worsen(topology: Topology, random: Random, hop: [string, string], worse: Partial<Conditions>, fromS: number, untilS: number): Fault[] {
  const [from, to] = inSomeOrder(random, hop);
  const ways = chance(random, 0.5) ? [{ from, to }] : [{ from, to }, { from: to, to: from }];
  const usual: Partial<Conditions> = { ...benign, ...usualConditions(topology, { from, to }) };
  const changes = Object.fromEntries(Object.keys(worse).map((key) => [key, usual[key as keyof Conditions]])) as Partial<Conditions>;
  return [{ atS: fromS, kind: 'change', ways, changes: worse }, { atS: untilS, kind: 'change', ways, changes }];
}

/** Of a path that nothing is wrong with. */
export const benign: Omit<Conditions, 'reorderMs' | 'queueMs'> = {
  latencyMs: 10,
  jitterMs: 2,
  loss: { share: 0, burst: 1 },
  duplicates: 0,
  reordered: 0,
  bitsPerSecond: Infinity,
};

function drawConditions(random: Random, kind: 'loss' | 'delay' | 'disorder' | 'bandwidth'): Partial<Conditions> {
  switch (kind) {
    case 'loss':
      return { loss: { share: pick(random, [0.01, 0.05, 0.2, 0.5]), burst: whole(random, 1, 10) } };
    case 'delay':
      return { latencyMs: whole(random, 50, 800), jitterMs: whole(random, 0, 300) };
    case 'disorder':
      return { duplicates: pick(random, [0, 0.05, 0.5]), reordered: pick(random, [0.02, 0.2]) };
    case 'bandwidth':
      return { bitsPerSecond: pick(random, [16_000, 64_000, 200_000]) };
    default:
      return kind satisfies never;
  }
}

/** Mostly what a time server corrects, sometimes what an operator mistypes. */
function drawStepMs(random: Random): number {
  const size = pick(random, [20, 250, 1_000, 5_000, 37_000, 120_000]);
  return Math.round(size * between(random, 0.5, 1) * (chance(random, 0.5) ? 1 : -1));
}

function inSomeOrder(random: Random, [a, b]: readonly [string, string]): [string, string] {
  return chance(random, 0.5) ? [a, b] : [b, a];
}

function times(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
