import type { Diary } from './diary.ts';
import { causesOf, type Happening } from './happening.ts';

/** The first event that is not the same: each side's, with what led to it; empty for a side that has already ended. */
export interface Difference {
  readonly sides: readonly { readonly name: string; readonly causes: readonly Happening[] }[];
}

/** How many events were the same, and what came then. */
export interface Comparison {
  readonly events: number;
  readonly difference: Difference | undefined;
}

/**
 * Plays two simulations in turn, an event of this one and an event of that one, and compares after each. Whatever they
 * share, a counter in a module or a buffer, is disturbed by the other one, and shows.
 */
export function lockStep(left: Diary, right: Diary): Comparison {
  for (let events = 0; ; events++) {
    const here = left.step();
    const there = right.step();
    if (here === undefined && there === undefined) return { events, difference: undefined };
    if (isSame(here, there) && left.simulation.trace.agrees(right.simulation.trace)) continue;
    return { events, difference: { sides: [sideOf('the first simulation', left), sideOf('the second simulation', right)] } };
  }
}

function isSame(here: Happening | undefined, there: Happening | undefined): boolean {
  return here?.number === there?.number && here?.cause === there?.cause && here?.atUs === there?.atUs;
}

function sideOf(name: string, diary: Diary): Difference['sides'][number] {
  const { latest } = diary;
  return { name, causes: latest === undefined ? [] : causesOf(latest, (number) => diary.find(number)) };
}
