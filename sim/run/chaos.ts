import { at, type Fault } from './fault.ts';
import { lifelinesToEdge, type Lifeline } from '../world/lifeline.ts';
import type { Conditions } from '../world/path.ts';
import { between, exponential, pick, type Random } from '../world/rng.ts';
import type { Topology } from '../world/topology.ts';

/** Something that can go wrong for a while. */
export interface Peril {
  /** Hosts, and paths as `a→b`, that serve nobody meanwhile. */
  readonly hits: readonly string[];
  readonly lastsS: { readonly least: number; readonly most: number };
  /** Until what was hit serves again as before, once it is over. */
  readonly recoversS: (lastedS: number) => number;
  readonly faults: (fromS: number, untilS: number) => readonly Fault[];
}

export interface ChaosOptions {
  readonly topology: Topology;
  readonly random: Random;
  readonly fromS: number;
  readonly untilS: number;
  readonly meanPauseS: number;
  readonly perils: readonly Peril[];
}

/** Connections are made again within a second, and what was kept comes with them. */
const RECOVERY_S = 8;
const TRIES = 20;

/**
 * Faults drawn at random, one upon the other, but never so that an edge would be cut off: at every moment one way from
 * an encoder to it is whole, and has been for long enough to be in use.
 */
export function chaos({ topology, random, fromS, untilS, meanPauseS, perils }: ChaosOptions): Fault[] {
  const everyonesWays = topology.edges.map(({ name }) => lifelinesToEdge(topology, name));
  let outages: Outage[] = [];
  const faults: Fault[] = [];
  for (let atS = fromS; atS < untilS; atS += 0.1 + exponential(random, meanPauseS)) {
    outages = outages.filter((outage) => outage.untilS > atS);
    for (let tries = 0; tries < TRIES; tries++) {
      const peril = pick(random, perils);
      const endS = rounded(atS + between(random, peril.lastsS.least, peril.lastsS.most));
      const outage = { fromS: atS, untilS: endS + peril.recoversS(endS - atS), hits: peril.hits };
      if (endS > untilS || !leavesAWay(everyonesWays, outages, outage)) continue;
      outages.push(outage);
      faults.push(...peril.faults(rounded(atS), endS));
      break;
    }
  }
  return faults;
}

/** Killed, and started again by its supervisor. */
export function crashes(host: string): Peril {
  return {
    hits: [host],
    lastsS: { least: 0.5, most: 20 },
    recoversS: () => RECOVERY_S,
    faults: (fromS, untilS) => [at(fromS).kill(host), at(untilS).restart(host)],
  };
}

export function freezes(host: string, longestS = 20): Peril {
  return {
    hits: [host],
    lastsS: { least: 0.1, most: longestS },
    recoversS: () => RECOVERY_S,
    faults: (fromS, untilS) => [at(fromS).freeze(host), at(untilS).thaw(host)],
  };
}

/** The power goes and comes back. */
export function blackout(host: string): Peril {
  return {
    hits: [host],
    lastsS: { least: 5, most: 30 },
    recoversS: () => RECOVERY_S,
    faults: (fromS, untilS) => [at(fromS).vanish(host), at(untilS).restart(host)],
  };
}

/** Nobody can be heard by anybody on these paths. A connection may try as rarely again as it has been cut for. */
export function cut(these: readonly string[], those: readonly string[]): Peril {
  return {
    hits: pathNames(these, those),
    lastsS: { least: 0.2, most: 15 },
    recoversS: (lastedS) => RECOVERY_S + lastedS,
    faults: (fromS, untilS) => [at(fromS).cut(these, those), at(untilS).heal(these, those)],
  };
}

/** A carrier has a bad time: everything arrives, but late. */
export function brownout(these: readonly string[], those: readonly string[], worse: Partial<Conditions>, usual: Partial<Conditions>): Peril {
  return {
    hits: pathNames(these, those),
    lastsS: { least: 2, most: 20 },
    recoversS: () => RECOVERY_S,
    faults: (fromS, untilS) => [at(fromS).change(these, those, worse), at(untilS).change(these, those, usual)],
  };
}

interface Outage {
  readonly fromS: number;
  readonly untilS: number;
  readonly hits: readonly string[];
}

function leavesAWay(everyonesWays: readonly (readonly Lifeline[])[], outages: readonly Outage[], added: Outage): boolean {
  const overlapping = outages.filter(({ fromS, untilS }) => fromS < added.untilS && untilS > added.fromS);
  // The same thing does not break twice at once.
  if (overlapping.some(({ hits }) => hits.some((hit) => added.hits.includes(hit)))) return false;
  const moments = [added.fromS, ...overlapping.map(({ fromS }) => fromS)].filter((moment) => moment >= added.fromS);
  return moments.every((moment) => {
    const now = overlapping.filter(({ fromS, untilS }) => fromS <= moment && moment < untilS);
    const down = new Set([...added.hits, ...now.flatMap(({ hits }) => hits)]);
    return everyonesWays.every((ways) => ways.some((way) => way.every((part) => !down.has(part))));
  });
}

function pathNames(these: readonly string[], those: readonly string[]): string[] {
  return these.flatMap((a) => those.flatMap((b) => [`${a}→${b}`, `${b}→${a}`]));
}

function rounded(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
