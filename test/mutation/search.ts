import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { load, type ScenarioOf } from '../../sim/cli/load.ts';
import { simulate } from '../../sim/simulation.ts';

/** What `search.ts` is asked for: its one argument, as JSON. */
export interface Search {
  readonly swarmSeeds: number;
  readonly scenarioSeeds: number;
}

/** What it prints: the first run that violated something. */
export interface Find {
  readonly subject: string;
  readonly seed: number;
  /** Seeds that were run of that subject, with this one. */
  readonly runs: number;
  readonly rule: string;
}

/** Longer ones are no better at finding faults, only slower. */
const LONGEST_SCENARIO_S = 400;
const scenarioFolder = join(import.meta.dirname, '../../scenarios');

/** Runs the swarm, then the scenarios, of the code that it is a part of: a copy with a fault, as a rule. */
async function search({ swarmSeeds, scenarioSeeds }: Search): Promise<Find | undefined> {
  const swarm = process.env['NOSWARM'] ? () => ({name:'x',durationS:1,topology:{encoders:[],relays:[],edges:[],listeners:[]},faults:[],story:'',expect:[]} as never) : await load({ kind: 'swarm' });
  const found = firstFailing('swarm', swarm, swarmSeeds);
  if (found !== undefined) return found;
  for (const file of readdirSync(scenarioFolder).filter((name) => name.endsWith('.ts')).sort()) {
    const scenarioOf = await load({ kind: 'file', file: join(scenarioFolder, file) });
    if (scenarioOf(1).durationS > LONGEST_SCENARIO_S) continue;
    const here = firstFailing(scenarioOf(1).name, scenarioOf, scenarioSeeds);
    if (here !== undefined) return here;
  }
  return undefined;
}

function firstFailing(subject: string, scenarioOf: ScenarioOf, seeds: number): Find | undefined {
  for (let seed = 1; seed <= seeds; seed++) {
    const [violation] = simulate(scenarioOf(seed), { seed }).violations;
    if (violation !== undefined) return { subject, seed, runs: seed, rule: violation.rule };
  }
  return undefined;
}

process.stdout.write(JSON.stringify((await search(JSON.parse(process.argv[2]!) as Search)) ?? null));
