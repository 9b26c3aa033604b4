import { availableParallelism, cpus, loadavg, release } from 'node:os';

/** Where something was measured, and what else the machine did. */
export interface Machine {
  readonly on: string;
  readonly processors: string;
  readonly node: string;
  /** Processes that wanted a processor, on average over the last minute: those of the bench are among them. */
  readonly load: number;
}

export function thisMachine(): Machine {
  const [processor] = cpus();
  return {
    on: new Date().toISOString().slice(0, 10),
    processors: `${availableParallelism()} × ${processor?.model.trim() ?? 'unknown'}, Linux ${release()}`,
    node: process.version,
    load: Math.round(10 * loadavg()[0]!) / 10,
  };
}
