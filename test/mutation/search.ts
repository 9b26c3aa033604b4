import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load, type ScenarioOf } from '../../sim/cli/load.ts';
import { simulate } from '../../sim/run/simulation.ts';

/** What `search.ts` is asked for: its one argument, as JSON. */
export interface Search {
  readonly swarmSeeds: number;
  readonly scenarioSeeds: number;
  /** Stop at the first that is found. */
  readonly one: boolean;
  /** Runs that fail without any fault, and so say nothing. */
  readonly except: readonly string[];
}

/** What it prints a list of: a run that violated something. */
export interface Find {
  readonly subject: string;
  readonly seed: number;
  readonly rule: string;
}

export function nameOf({ subject, seed }: Pick<Find, 'subject' | 'seed'>): string {
  return `${subject}, seed ${seed}`;
}

/** Longer ones are no better at finding faults, only slower. */
const LONGEST_SCENARIO_S = 400;
const scenarioFolder = join(import.meta.dirname, '../../scenarios');

/** Runs the swarm, then the scenarios, of the code that it is a part of: a copy with a fault, as a rule. */
export async function* search({ swarmSeeds, scenarioSeeds, except }: Omit<Search, 'one'>): AsyncGenerator<Find> {
  yield* failing('swarm', await load({ kind: 'swarm' }), swarmSeeds, except);
  for (const file of readdirSync(scenarioFolder).filter((name) => name.endsWith('.ts')).sort()) {
    const scenarioOf = await load({ kind: 'file', file: join(scenarioFolder, file) });
    const { name, durationS } = scenarioOf(1);
    if (durationS <= LONGEST_SCENARIO_S) yield* failing(name, scenarioOf, scenarioSeeds, except);
  }
}

function* failing(subject: string, scenarioOf: ScenarioOf, seeds: number, except: readonly string[]): Generator<Find> {
  for (let seed = 1; seed <= seeds; seed++) {
    if (except.includes(nameOf({ subject, seed }))) continue;
    const [violation] = simulate(scenarioOf(seed), { seed }).violations;
    if (violation !== undefined) yield { subject, seed, rule: violation.rule };
  }
}
