import { existsSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { asTypeScript } from '../../swarm/shrink/as-typescript.ts';
import { shrink as shrunkOf, sizeOf, type Shrunk } from '../../swarm/shrink/shrink.ts';
import type { Plain } from '../../swarm/trial.ts';
import { load } from '../load.ts';
import { UsageError, type Asked, type Subject } from '../options/options.ts';
import type { Streams } from '../streams.ts';
import { duration } from '../output/timed.ts';

type ShrinkAsked = Extract<Asked, { kind: 'shrink' }>;

const MOST_RUNS = 1_000;
const PROGRESS_EVERY_RUNS = 25;

/** Makes a failing seed smaller and writes it down. False when it fails, as it should: there is something to repair. */
export async function shrink(asked: ShrinkAsked, { out, problem }: Streams): Promise<boolean> {
  const { subject, seed, durationS, json } = asked;
  const scenario = (await load(subject))(seed);
  const name = `found-${subject.kind === 'swarm' ? 'swarm' : scenario.name}-${seed}`;
  const file = asked.out ?? join('scenarios', `${name}.ts`);
  if (existsSync(file)) throw new UsageError(`${file} exists already: choose another file with --out FILE`);
  let told = '';
  const shrunk = shrunkOf({
    scenario,
    seed,
    ...duration(durationS),
    mostRuns: MOST_RUNS,
    progress: (runs, smallest) => {
      if (runs % PROGRESS_EVERY_RUNS !== 0 && sizeText(smallest) === told) return;
      told = sizeText(smallest);
      problem(`shrink: ${runs} of at most ${MOST_RUNS} runs, ${told}`);
    },
  });
  if (shrunk === undefined) {
    out(json ? JSON.stringify({ scenario: scenario.name, seed, ok: true }) : `seed ${seed} of ${scenario.name} does not fail: nothing to shrink`);
    return true;
  }
  write(file, textOf(shrunk, subject, name, file, seed));
  const { rule, before, after, runs, run } = shrunk;
  if (json) out(JSON.stringify({ scenario: scenario.name, seed, rule, file, before: sizeOf(before), after: sizeOf(after), runs, traceHash: run.traceHash }));
  else out(`${rule}\n${sizeText(before)} reduced to ${sizeText(after)} in ${runs} runs: ${file}`);
  return false;
}

function textOf({ rule, isExpectation, before, after, run }: Shrunk, subject: Subject, name: string, file: string, seed: number): string {
  const from = dirname(resolve(file));
  const library = join(import.meta.dirname, `../../scenario${extname(import.meta.filename)}`);
  const [first] = run.violations;
  return asTypeScript(
    { ...after, name, story: `Seed ${seed} of ${before.name}, reduced. Violated: ${rule}.` },
    {
      library: importable(from, library),
      origin: subject.kind === 'file' ? importable(from, resolve(subject.file)) : undefined,
      expectations: isExpectation ? run.expectations : [],
      comment: [
        `To be run with --seed ${seed}: ${sizeText(before)} became ${sizeText(after)}.`,
        `At ${Math.round(first?.atMs ?? 0) / 1000} s: ${first?.what.split('\n')[0]}.`,
      ],
    },
  );
}

function sizeText(scenario: Plain): string {
  const { faults, hosts, seconds } = sizeOf(scenario);
  return `${faults} faults, ${hosts} hosts, ${seconds} s`;
}

function importable(from: string, to: string): string {
  const path = relative(from, to).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
