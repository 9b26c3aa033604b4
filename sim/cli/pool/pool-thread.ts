import { parentPort } from 'node:worker_threads';
import { jsonOf } from '../output/json.ts';
import { situationsOf } from '../../swarm/situations/situations.ts';
import { load, type ScenarioOf } from '../load.ts';
import type { Subject } from '../options/options.ts';
import { threw, type Job, type Result } from './pool.ts';
import { duration, timed } from '../output/timed.ts';

/** A thread of the pool: one job after the other, for each a result. */

const loaded = new Map<string, Promise<ScenarioOf>>();

parentPort!.on('message', (job: Job) => void answer(job));

async function answer(job: Job): Promise<void> {
  const result = await done(job);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
  parentPort!.postMessage(result);
}

async function done(job: Job): Promise<Result> {
  const { subject, seed, durationS } = job;
  try {
    const scenario = (await scenarioOf(subject))(seed);
    const { run, wallMs } = timed(scenario, { seed, ...duration(durationS) });
    return { ...jsonOf(run, wallMs), situations: situationsOf(run), threw: false };
  } catch (error) {
    return threw(job, error);
  }
}

function scenarioOf(subject: Subject): Promise<ScenarioOf> {
  const key = subject.kind === 'file' ? subject.file : '';
  const known = loaded.get(key);
  if (known !== undefined) return known;
  const loading = load(subject);
  loaded.set(key, loading);
  return loading;
}
