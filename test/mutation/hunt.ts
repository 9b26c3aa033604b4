import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { PlantedCopy } from '../support/planted-copy.ts';
import { nameOf, type Find, type Search } from './search.ts';
import type { Mutation } from './table.ts';

/** Who noticed a fault, and what it took. */
export interface Catch {
  readonly mutation: Mutation;
  /** Undefined when nobody did. */
  readonly by: string | undefined;
  /** What it said. */
  readonly what: string;
  /** Seeds that were run; 0 when it was a test. */
  readonly seeds: number;
  readonly seconds: number;
}

/** A fault can make a machine go round for ever. Bounds in processor time, which is the same on a busy computer. */
const SEARCH_CPU_S = 150;
const TESTS_CPU_S = 90;
const BASE_CPU_S = 900;

/** Runs that fail as it is. */
export function failingAnyway(search: Omit<Search, 'one' | 'except'>): string[] {
  const copy = new PlantedCopy();
  try {
    return finds(copy.directory, { ...search, one: false, except: [] }, BASE_CPU_S)!.map(nameOf);
  } finally {
    copy.remove();
  }
}

/** Puts the fault into a copy and lets the swarm, the scenarios and the core's tests look for it, in this order. */
export function hunt(mutation: Mutation, search: Search): Catch {
  const began = performance.now();
  const copy = new PlantedCopy(mutation);
  try {
    const caught = bySearch(copy.directory, search) ?? byTests(copy.directory) ?? { by: undefined, what: '', seeds: 0 };
    return { mutation, ...caught, seconds: Math.round((performance.now() - began) / 100) / 10 };
  } finally {
    copy.remove();
  }
}

type Caught = Pick<Catch, 'by' | 'what' | 'seeds'>;

function bySearch(directory: string, search: Search): Caught | undefined {
  const found = finds(directory, search, SEARCH_CPU_S);
  if (found === undefined) return { by: 'simulator', what: 'a run does not end', seeds: 0 };
  const [find] = found;
  if (find === undefined) return undefined;
  return { by: find.subject === 'swarm' ? 'swarm' : `scenario ${find.subject}`, what: find.rule, seeds: find.seed };
}

/** Undefined when it does not end. */
function finds(directory: string, search: Search, cpuS: number): Find[] | undefined {
  const { stdout, stderr, status, signal } = node(directory, cpuS, '--import', 'tsx', 'test/mutation/search-main.ts', JSON.stringify(search));
  if (signal !== null) return undefined;
  if (status !== 0) throw new Error(`the search ended with status ${status}: ${stderr}`);
  return JSON.parse(stdout) as Find[];
}

function byTests(directory: string): Caught | undefined {
  const { stdout, stderr, status } = node(directory, TESTS_CPU_S, 'node_modules/vitest/vitest.mjs', 'run', 'test/core', '--bail', '1', '--reporter', 'json');
  if (status === 0) return undefined;
  const failed = /"fullName":"([^"]*)","status":"failed"/.exec(stdout)?.[1] ?? /Error: .*/.exec(stdout + stderr)?.[0] ?? 'the tests do not end';
  return { by: 'test', what: failed, seeds: 0 };
}

/** Ended by a signal when it takes more processor time than that. */
function node(cwd: string, cpuS: number, ...args: string[]): SpawnSyncReturns<string> {
  const limited = ['-c', `ulimit -t ${cpuS} && exec "$0" "$@"`, process.execPath, ...args];
  return spawnSync('/bin/sh', limited, { cwd, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 });
}
