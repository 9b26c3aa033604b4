import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import type { RunJson } from '../output/json.ts';
import type { Subject } from '../options/options.ts';

/** One run of many. Nothing but data: it goes to another thread. */
export interface Job {
  readonly subject: Subject;
  readonly seed: number;
  /** Instead of the scenario's own. */
  readonly durationS?: number | undefined;
}

/** What came of a job, as data; `threw` when it could not be run to its end. */
export interface Result extends RunJson {
  /** How often each rare situation was reached, without those that were not. */
  readonly situations: Readonly<Record<string, number>>;
  readonly threw: boolean;
}

export interface PoolOptions {
  /** Threads; as many as there are processors when not given. */
  readonly threads?: number | undefined;
  /** Called as results come in, in any order: for progress. */
  readonly finished?: (result: Result) => void;
  /** Called for each job in the order of `jobs`, whatever the number of threads. */
  readonly inOrder: (result: Result, index: number) => void;
}

/** Results that wait for an earlier one: beyond that no further job is begun. */
const MOST_WAITING = 10_000;

/**
 * Runs all jobs on threads of their own. An exception in a job, and a thread that dies of it, is that job's failure, and
 * the others go on.
 */
export async function runAll(jobs: readonly Job[], options: PoolOptions): Promise<void> {
  const { threads = availableParallelism() } = options;
  const queue = new Queue(jobs, options);
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, () => work(queue)));
}

/** Hands out jobs, and takes their results back in order. */
class Queue {
  readonly #jobs: readonly Job[];
  readonly #options: PoolOptions;
  readonly #waiting = new Map<number, Result>();
  #begun = 0;
  #delivered = 0;
  /** Those who would begin another job but for `MOST_WAITING`. */
  #held: (() => void)[] = [];

  constructor(jobs: readonly Job[], options: PoolOptions) {
    this.#jobs = jobs;
    this.#options = options;
  }

  async next(): Promise<{ readonly job: Job; readonly index: number } | undefined> {
    while (this.#begun - this.#delivered >= MOST_WAITING) await new Promise<void>((resolve) => this.#held.push(resolve));
    const index = this.#begun;
    const job = this.#jobs[index];
    if (job === undefined) return undefined;
    this.#begun++;
    return { job, index };
  }

  done(index: number, result: Result): void {
    const { finished, inOrder } = this.#options;
    finished?.(result);
    this.#waiting.set(index, result);
    for (let next = this.#waiting.get(this.#delivered); next !== undefined; next = this.#waiting.get(this.#delivered)) {
      this.#waiting.delete(this.#delivered);
      inOrder(next, this.#delivered++);
    }
    const held = this.#held;
    this.#held = [];
    for (const go of held) go();
  }
}

/** One thread's share; a thread that has died is replaced by another. */
async function work(queue: Queue): Promise<void> {
  let thread: Worker | undefined;
  for (let next = await queue.next(); next !== undefined; next = await queue.next()) {
    thread ??= newThread();
    try {
      queue.done(next.index, await answer(thread, next.job));
    } catch (error) {
      thread = undefined;
      queue.done(next.index, threw(next.job, error));
    }
  }
  await thread?.terminate();
}

function answer(thread: Worker, job: Job): Promise<Result> {
  return new Promise((resolve, reject) => {
    const ended = (code: number): void => reject(new Error(`its thread ended with code ${code}`));
    thread.once('error', reject);
    thread.once('exit', ended);
    thread.once('message', (result: Result) => {
      thread.off('error', reject);
      thread.off('exit', ended);
      resolve(result);
    });
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- this is a thread, not a window
    thread.postMessage(job);
  });
}

/** The result of a job that could not be run to its end. */
export function threw({ subject, seed, durationS = 0 }: Job, error: unknown): Result {
  const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return {
    scenario: subject.kind === 'swarm' ? 'swarm' : subject.file,
    seed,
    traceHash: '',
    simulatedS: durationS,
    wallMs: 0,
    ok: false,
    violations: [{ atMs: 0, rule: 'a run never throws', what }],
    listeners: [],
    situations: {},
    threw: true,
  };
}

/**
 * Built, it is a module like any other. From TypeScript sources the thread needs tsx, which Node 20 does not hand down to
 * threads.
 */
function newThread(): Worker {
  const isBuilt = import.meta.url.endsWith('.js');
  const module = new URL(isBuilt ? './pool-thread.js' : './pool-thread.ts', import.meta.url);
  if (isBuilt) return new Worker(module);
  const [modules, commonJs, ours] = [import.meta.resolve('tsx/esm/api'), import.meta.resolve('tsx/cjs/api'), module.href].map((url) => JSON.stringify(url));
  const code = `(async () => {
    for (const api of [${modules}, ${commonJs}]) (await import(api)).register();
    await import(${ours});
  })();`;
  return new Worker(code, { eval: true, execArgv: [] });
}
