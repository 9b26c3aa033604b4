import { micros, type Micros } from '../../../core/base/units.ts';

/** The process's monotonic clock, which no change of the wall clock moves. */
export function monotonicNow(): Micros {
  return micros(performance.now() * 1_000);
}
