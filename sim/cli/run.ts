import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe } from '../report.ts';
import { simulate, type Run, type RunOptions } from '../simulation.ts';
import { checkScenario, type Scenario } from '../scenario.ts';
import { readOptions, UsageError, type SimOptions } from './options.ts';
import { summaryOf, jsonOf } from './json.ts';
import { TraceFile } from './trace-file.ts';

export interface Streams {
  /** A line, or several, for standard output. */
  out(text: string): void;
  /** One line for standard error. */
  problem(text: string): void;
}

const OK = 0;
const VIOLATED = 1;
const WRONG_USE = 2;

/** The whole command; returns its exit status. */
export async function run(args: readonly string[], streams: Streams): Promise<number> {
  try {
    const options = readOptions(args);
    if (typeof options === 'string') {
      streams.out(options);
      return OK;
    }
    const scenario = await load(options.file);
    const ok = options.seeds === undefined ? runOne(scenario, options, streams) : runMany(scenario, options, options.seeds, streams);
    return ok ? OK : VIOLATED;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    streams.problem(`sim: ${error.message.replaceAll('\n', ' ')}`);
    return WRONG_USE;
  }
}

async function load(file: string): Promise<Scenario> {
  const path = resolve(file);
  if (!existsSync(path)) throw new UsageError(`there is no scenario ${file}`);
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(path).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new UsageError(`${file} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isScenario(module.default)) throw new UsageError(`${file} exports no scenario by default`);
  try {
    checkScenario(module.default);
  } catch (error) {
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return module.default;
}

function isScenario(value: unknown): value is Scenario {
  return typeof value === 'object' && value !== null && 'topology' in value && 'faults' in value && 'expect' in value;
}

function runOne(scenario: Scenario, { seed, durationS, json, trace }: SimOptions, { out }: Streams): boolean {
  const file = trace === undefined ? undefined : new TraceFile(trace);
  const { run, wallMs } = timed(scenario, { seed, ...duration(durationS), ...(file && { line: (line) => file.add(line) }) });
  file?.close();
  out(json ? JSON.stringify(jsonOf(run, wallMs)) : describe(run, wallMs));
  return run.ok;
}

function runMany(scenario: Scenario, { durationS, json }: SimOptions, { first, last }: { first: number; last: number }, { out }: Streams): boolean {
  const runs: Pick<Run, 'seed' | 'ok' | 'listeners'>[] = [];
  for (let seed = first; seed <= last; seed++) {
    const { run } = timed(scenario, { seed, ...duration(durationS) });
    if (!json && !run.ok) out(failureLine(run));
    runs.push({ seed, ok: run.ok, listeners: run.listeners });
  }
  const summary = summaryOf(scenario.name, runs);
  if (json) out(JSON.stringify(summary));
  else {
    const { silenceMs, longestStallMs, disconnects } = summary.worst;
    out(`${scenario.name}: ${summary.runs} runs, ${summary.failed.length} failed`);
    out(`worst: ${silenceMs} ms silence, ${longestStallMs} ms longest stall, ${disconnects} disconnects`);
  }
  return summary.ok;
}

function failureLine({ seed, violations }: Run): string {
  const [first] = violations;
  return `seed ${seed} failed at ${(first?.atMs ?? 0) / 1000} s: ${first?.rule}: ${first?.what.split('\n')[0]}`;
}

function timed(scenario: Scenario, options: RunOptions): { run: Run; wallMs: number } {
  const began = performance.now();
  const run = simulate(scenario, options);
  return { run, wallMs: Math.round(performance.now() - began) };
}

function duration(durationS: number | undefined): { durationS?: number } {
  return durationS === undefined ? {} : { durationS };
}
