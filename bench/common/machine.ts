import { spawnSync } from 'node:child_process';
import { availableParallelism, cpus, loadavg, release } from 'node:os';
import { inRepository } from './repository.ts';

/** Where something was measured, and what else the machine did. */
export interface Machine {
  readonly on: string;
  readonly processors: string;
  readonly node: string;
  /** Processes that wanted a processor, on average over the last minute: those of the bench are among them. */
  readonly load: number;
  /** Of the repository, shortened; '' where nobody knows. */
  readonly commit: string;
}

export function thisMachine(): Machine {
  const [processor] = cpus();
  return {
    on: new Date().toISOString().slice(0, 10),
    processors: `${availableParallelism()} × ${processor?.model.trim() ?? 'unknown'}, Linux ${release()}`,
    node: process.version,
    load: Math.round(10 * loadavg()[0]!) / 10,
    commit: thisCommit(),
  };
}

export function thisCommit(): string {
  return (spawnSync('git', ['rev-parse', '--short=10', 'HEAD'], { cwd: inRepository(), encoding: 'utf8' }).stdout ?? '').trim();
}
