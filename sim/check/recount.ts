import type { Scenario } from '../run/scenario.ts';
import { Diary } from './diary.ts';
import { textOf } from './happening.ts';

/** What is run, seed by seed. */
export interface Errand {
  readonly scenarioOf: (seed: number) => Scenario;
  readonly seeds: Iterable<number>;
  readonly durationS?: number;
}

const CHUNK_CHARACTERS = 65_536;

/**
 * Tells all that happens as text, an event a line; before each seed its scenario, and after it what came of it. It is
 * played as the text is asked for, in chunks of whole lines.
 */
export function* recount({ scenarioOf, seeds, durationS }: Errand): Generator<string> {
  let text = '';
  for (const seed of seeds) {
    const scenario = scenarioOf(seed);
    text += `seed ${seed}\nplays ${JSON.stringify(scenario)}\n`;
    const diary = new Diary(scenario, { seed, ...(durationS === undefined ? {} : { durationS }) });
    for (let event = diary.step(); event !== undefined; event = diary.step()) {
      text += `${textOf(event)}\n`;
      if (text.length < CHUNK_CHARACTERS) continue;
      yield text;
      text = '';
    }
    const { traceHash, listeners, violations } = diary.simulation.outcome();
    // Without the words of an exception, which name places in files.
    const broken = violations.map(({ atMs, rule }) => ({ atMs, rule }));
    text += `end ${seed} ${JSON.stringify({ traceHash, listeners, broken })}\n`;
  }
  yield text;
}
