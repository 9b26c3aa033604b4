import { Dice } from '../../world/rng.ts';
import { expectationsOf, type Scenario, type Plan, faultsOf } from '../../run/scenario.ts';
import { simulate, type Run } from '../../run/simulation.ts';
import { hostNames } from '../../world/topology.ts';
import { fairnessTo } from '../draw/fairness.ts';
import { reductions } from './reductions.ts';
import type { Plain, Trial } from '../trial.ts';

export interface ShrinkOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** Instead of the scenario's own. */
  readonly durationS?: number;
  /** Candidates that are tried at most. */
  readonly mostRuns: number;
  /** Called after each run, with the smallest that still fails. */
  readonly progress?: (runs: number, smallest: Plain) => void;
}

export interface Shrunk {
  /** What is violated first: one of the oracle's rules, or what was expected. */
  readonly rule: string;
  readonly isExpectation: boolean;
  readonly before: Plain;
  readonly after: Plain;
  /** That of `after`. */
  readonly run: Run;
  readonly runs: number;
}

/**
 * Makes a failing run smaller while the same is violated first: fewer faults and hosts, a shorter time, plainer values.
 * Undefined when the seed does not fail.
 *
 * Everybody draws from streams named for them, so whoever is left behaves as before.
 */
export function shrink({ scenario, seed, durationS = scenario.durationS, mostRuns, progress }: ShrinkOptions): Shrunk | undefined {
  const before = plain(scenario, planOf(seed, durationS));
  const [first] = simulate(before, { seed }).violations;
  if (first === undefined) return undefined;
  const { rule } = first;
  const expectedThen = (plan: Plan): ReturnType<typeof expectationsOf> => expectationsOf(scenario, plan).filter(({ says }) => says === rule);
  const disappointed = expectedThen(planOf(seed, durationS));
  const isExpectation = disappointed.length > 0;
  const isFair = disappointed.every(({ asksOnlyPossible }) => asksOnlyPossible === true) ? (): boolean => true : fairnessTo(before);

  let smallest: Plain = { ...before, expect: isExpectation ? expectedThen : [] };
  const tried = new Set<string>();
  const fails = (candidate: Plain): boolean => {
    const text = JSON.stringify(candidate);
    if (tried.size >= mostRuns || tried.has(text) || !isFair(candidate)) return false;
    tried.add(text);
    const hasFailed = simulate(candidate, { seed }).violations[0]?.rule === rule;
    if (hasFailed) smallest = candidate;
    progress?.(tried.size, smallest);
    return hasFailed;
  };
  const trial: Trial = {
    get smallest() {
      return smallest;
    },
    brokenAtS: isExpectation ? Infinity : first.atMs / 1000,
    fails,
  };
  for (let last: Plain | undefined; last !== smallest; ) {
    last = smallest;
    for (const reduce of reductions) reduce(trial);
  }
  return { rule, isExpectation, before, after: smallest, run: simulate(smallest, { seed }), runs: tried.size };
}

/** How large a scenario is, for people. */
export interface Size {
  readonly faults: number;
  readonly hosts: number;
  readonly seconds: number;
}

export function sizeOf({ faults, topology, durationS }: Plain): Size {
  return { faults: faults.length, hosts: hostNames(topology).length, seconds: durationS };
}

function plain(scenario: Scenario, plan: Plan): Plain {
  const { name, story, topology, expect } = scenario;
  return { name, story, durationS: plan.durationS, topology, faults: faultsOf(scenario, plan), expect };
}

function planOf(seed: number, durationS: number): Plan {
  const dice = new Dice(seed);
  return { durationS, random: (purpose) => dice.stream(`scenario:${purpose}`) };
}
