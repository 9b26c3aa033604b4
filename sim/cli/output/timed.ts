import type { Scenario } from '../../run/scenario.ts';
import { simulate, type Run, type RunOptions } from '../../run/simulation.ts';

/** A run, and how long it took. */
export function timed(scenario: Scenario, options: RunOptions): { run: Run; wallMs: number } {
  const began = performance.now();
  const run = simulate(scenario, options);
  return { run, wallMs: Math.round(performance.now() - began) };
}

/** As an option that may be left out. */
export function duration(durationS: number | undefined): { durationS?: number } {
  return durationS === undefined ? {} : { durationS };
}
