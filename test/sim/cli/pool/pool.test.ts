import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runAll, type Job, type Result } from '../../../../sim/cli/pool/pool.ts';
import { progressLine } from '../../../../sim/cli/output/progress.ts';

const root = join(import.meta.dirname, '../../../..');
const scratch = mkdtempSync(join(tmpdir(), 'davecast-pool-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** What differs from seed to seed is how long it takes, so that threads overtake one another; some seeds are trouble. */
const file = join(scratch, 'trouble.ts');
writeFileSync(
  file,
  `import { station } from '${root}/sim/scenario.ts';
   const trouble = ({ random }) => {
     const draw = random('trouble')();
     if (draw < 0.2) throw new Error('this seed throws');
     if (draw < 0.3) process.exit(7);
     return [];
   };
   export default { name: 'trouble', story: 'x', durationS: 3, topology: station(), faults: trouble, expect: [] };`,
);
const SEEDS = 8;
const jobs = Array.from({ length: SEEDS }, (_, seed): Job => ({ subject: { kind: 'file', file }, seed, durationS: seed % 3 === 0 ? 5 : 1 }));

type Comparable = Pick<Result, 'seed' | 'traceHash' | 'ok' | 'threw' | 'listeners'>;

async function outcome(threads: number): Promise<{ results: Comparable[]; indices: number[]; finished: number; what: string[] }> {
  const results: Comparable[] = [];
  const indices: number[] = [];
  const what: string[] = [];
  let finished = 0;
  const inOrder = ({ seed, traceHash, ok, threw, listeners, violations }: Result, index: number): void => {
    results.push({ seed, traceHash, ok, threw, listeners });
    indices.push(index);
    what.push(...violations.map((violation) => violation.what.split('\n')[0]!));
  };
  await runAll(jobs, { threads, finished: () => finished++, inOrder });
  return { results, indices, finished, what };
}

test('results come in the order of the jobs, whatever the number of threads, and a job that ends its thread is its own failure', async () => {
  const [one, two] = [await outcome(1), await outcome(2)];
  expect(two).toEqual(one);
  expect(one.indices).toEqual(jobs.map((_, index) => index));
  expect(one.finished).toBe(SEEDS);
  expect(one.results.map(({ seed }) => seed)).toEqual(jobs.map(({ seed }) => seed));
  const troubled = one.results.filter(({ threw }) => threw);
  expect(troubled.length).toBe(one.what.length);
  expect(new Set(one.what)).toEqual(new Set(['Error: this seed throws', 'Error: its thread ended with code 7']));
  for (const { ok, threw, traceHash } of one.results) expect([ok, traceHash !== '']).toEqual([!threw, !threw]);
  expect(one.results.some(({ ok }) => ok)).toBe(true);
});

test('progress says how far it is, how fast, and what failed', () => {
  expect(progressLine({ runs: 30, total: 120, failures: 2, simulatedS: 3_600, elapsedS: 10 })).toBe(
    '30 of 120 seeds, 3.0 seeds/s, 0.100 simulated hours/s, 2 failed',
  );
});
