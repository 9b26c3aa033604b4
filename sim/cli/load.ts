import { existsSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkScenario, type Scenario } from '../run/scenario.ts';
import { drawSwarm } from '../swarm/draw/draw.ts';
import { UsageError, type Subject } from './options/options.ts';

/** The scenario of each seed. */
export type ScenarioOf = (seed: number) => Scenario;

/** Throws a UsageError when there is no such scenario, or none that can be played. */
export async function load(subject: Subject): Promise<ScenarioOf> {
  if (subject.kind === 'swarm') return (seed) => drawSwarm(seed, subject);
  const scenario = await loadFile(subject.file);
  return () => scenario;
}

export async function loadFile(file: string): Promise<Scenario> {
  const path = [resolve(file), builtOf(file)].find((path) => existsSync(path));
  if (path === undefined) throw new UsageError(`no such scenario: ${file}`);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isScenario(module.default)) throw new UsageError(`${file} has no scenario as default export`);
  try {
    checkScenario(module.default);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return module.default;
}

/** What was compiled of one of our own, as this very file is: in the package there are no sources. */
function builtOf(file: string): string {
  return join(import.meta.dirname, '../../scenarios', `${basename(file, '.ts')}${extname(import.meta.filename)}`);
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && 'topology' in value && 'faults' in value && 'expect' in value;
}
