import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { saveMaterial } from '../referee/material.ts';
import { run } from '../referee/decoders.ts';
import { readOptions, type Options } from './options.ts';
import { planTasks } from './plan.ts';
import { runAll } from './pool.ts';
import type { SessionResult } from './experience.ts';
import { inOrder, writeResults } from './report/results.ts';
import { programmeS } from './session.ts';
import { summarise } from './report/summary.ts';
import { missingPrograms, systems, type SystemName } from './systems.ts';

/**
 * Lets listeners live through outages of real chains of processes, and says what they have experienced: see docs/outages.md.
 */
export async function outages(args: readonly string[]): Promise<void> {
  const options = readOptions(args);
  const absent = missingPrograms(['ffmpeg', 'mpg123']);
  if (absent.length > 0) throw new Error(`outages needs ${absent.join(' and ')}`);
  const skipped = skips(options);
  for (const skip of skipped) console.log(`skipped: ${skip}`);
  const tasks = planTasks(options).filter(({ system }) => missingPrograms(systems[system].programs).length === 0);
  if (tasks.length === 0) return;
  await measure(tasks, skipped, options);
}

async function measure(tasks: ReturnType<typeof planTasks>, skipped: readonly string[], { rigs, json }: Options): Promise<void> {
  const began = performance.now();
  const sessions: SessionResult[] = [];
  const directory = mkdtempSync(path.join(tmpdir(), 'davecast-outages-'));
  const clean = (): void => rmSync(directory, { recursive: true, force: true });
  const leave = (): void => {
    clean();
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  try {
    saveMaterial(directory, 'outages', Math.max(...tasks.map(programmeS)));
    console.log(`${tasks.length} sessions, ${Math.min(rigs, tasks.length)} at a time; of each: median/worst\n`);
    console.log(row(HEAD));
    await runAll(tasks, rigs, directory, (result) => {
      sessions.push(result);
      console.log(describe(result));
      if (result.problem !== undefined) process.exitCode = 1;
    });
  } finally {
    clean();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
  }
  if (json === undefined) return;
  const measured = {
    on: new Date().toISOString().slice(0, 10),
    minutes: Math.round((performance.now() - began) / 60_000),
    processors: availableParallelism(),
    rigsAtATime: Math.min(rigs, tasks.length),
    load: Math.round(10 * loadavg()[2]!) / 10,
    programs: await versions(),
  };
  writeFileSync(json, writeResults({ measured, skipped, sessions: inOrder(sessions) }));
}

function skips(options: Options): string[] {
  return (options.systems ?? (Object.keys(systems) as SystemName[])).flatMap((name) => {
    const missing = missingPrograms(systems[name].programs);
    return missing.length === 0 ? [] : [`${systems[name].label}: ${missing.join(' and ')} not installed here`];
  });
}

/** The first lines of what the programs say of themselves, as far as they are here. */
async function versions(): Promise<string[]> {
  const asked = await Promise.all(
    (['ffmpeg -version', 'mpg123 --version', 'icecast2 -v', 'liquidsoap --version'] as const).map(async (line) => {
      const [program, flag] = line.split(' ') as [string, string];
      if (missingPrograms([program]).length > 0) return undefined;
      const { stdout, stderr } = await run(program, [flag]);
      return /\S*\s*(?:version\s+)?[\d.]+\d/i.exec(`${stdout.toString()}${stderr}`)?.[0].trim();
    }),
  );
  return asked.filter((version) => version !== undefined);
}

const HEAD = ['system', 'codec', 'fault', 'n', 'missing', 'repeated', 'garbled', 'silent', 'stall', 'buffer', 'complaints', 'disconnects', 'switches'];
const WIDTHS = [10, 8, 15, 3, 11, 11, 9, 9, 11, 11, 10, 7, 8];

function describe(result: SessionResult): string {
  const { system, codec, fault, problem } = result;
  const summary = summarise(result);
  if (summary === undefined) return `${row([system, codec, fault])}  failed: ${problem}`;
  const { spread, count, switches } = summary;
  const both = (measure: keyof typeof spread): string => `${Math.round(spread[measure].median)}/${Math.round(spread[measure].worst)}`;
  const figures = (['missingMs', 'repeatedMs', 'garbledMs', 'silentMs', 'stallMs', 'bufferMs', 'complaints', 'disconnects'] as const).map(both);
  return row([system, codec, fault, `${count}`, ...figures, `${switches ?? '?'}`]);
}

function row(cells: readonly string[]): string {
  return cells.map((cell, index) => (index < 3 ? cell.padEnd(WIDTHS[index]!) : cell.padStart(WIDTHS[index]!))).join('  ');
}
