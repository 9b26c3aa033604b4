import { readCalls } from '../../core/recording/calls/read.ts';
import type { Generation } from '../../core/recording/file/read.ts';
import type { Alteration } from './alteration.ts';
import type { Micros } from '../../core/base/units.ts';
import { Altered } from './altered.ts';
import { ReplayLog } from './log.ts';
import { Player } from './player.ts';
import { withWanted, type Wanted } from './wanted.ts';

export interface WhatIf extends Wanted {
  readonly alterations: readonly Alteration[];
}

/** What was, and what would have been. */
export interface Outcomes {
  readonly was: ReplayLog;
  readonly wouldBe: ReplayLog;
  /** What could not be altered, a sentence each. */
  readonly missed: readonly string[];
}

/** Plays a stretch of a recording twice, side by side: as it was, and otherwise. */
export function whatIf(generations: readonly Generation[], { alterations, ...wanted }: WhatIf): Outcomes {
  const first = generations[0]!;
  const [was, wouldBe] = [new ReplayLog(first.head.settings), new ReplayLog(first.head.settings)];
  const exact = new Player(first, was);
  const altered = new Altered(first, exact, alterations, withWanted(first.head, wanted), wouldBe);
  const untilFailure = [new UntilFailure(was), new UntilFailure(wouldBe)] as const;
  let now = first.head.atUs as Micros;
  for (const block of generations.flatMap(({ blocks }) => blocks)) {
    for (const call of readCalls(block.calls, first.head.role)) {
      now = call.now;
      const answer = untilFailure[0].run(now, () => exact.play(call));
      untilFailure[1].run(now, () => altered.play(call, answer));
    }
  }
  untilFailure[1].run(now, () => altered.finish(now));
  const late = alterations.filter(({ atUs }) => first.head.atUs + atUs > now).map(({ atUs }) => `the recording ends before ${atUs / 1e6} s`);
  return { was, wouldBe, missed: [...altered.missed, ...late] };
}

/** A machine that has thrown is left alone, and its log says so. */
class UntilFailure {
  readonly #log: ReplayLog;
  #hasFailed = false;

  constructor(log: ReplayLog) {
    this.#log = log;
  }

  run<T>(now: Micros, work: () => T): T | undefined {
    if (this.#hasFailed) return undefined;
    try {
      return work();
    } catch (error) {
      this.#hasFailed = true;
      const failure = { kind: 'failure', what: error instanceof Error ? error.message : String(error) };
      this.#log.event(now, failure);
      return undefined;
    }
  }
}
