import { situations } from '../../swarm/situations/situations.ts';
import type { Drawn, Reached, SummaryJson } from './json.ts';
import type { Result } from '../pool/pool.ts';
import { textTable } from './text-table.ts';

/** Adds up what came of many runs. */
export class Tally {
  readonly #scenario: string;
  readonly #isSwarm: boolean;
  readonly #failed: number[] = [];
  readonly #drawn: Drawn[] = [];
  readonly #reached: { readonly name: string; runs: number; times: number }[] = situations.map(({ name }) => ({ name, runs: 0, times: 0 }));
  #runs = 0;
  #worst: SummaryJson['worst'] = { silenceMs: 0, longestStallMs: 0, disconnects: 0 };

  constructor(scenario: string, isSwarm: boolean) {
    this.#scenario = scenario;
    this.#isSwarm = isSwarm;
  }

  add({ seed, ok, listeners, drawn, situations: reached }: Result): void {
    this.#runs++;
    if (!ok) this.#failed.push(seed);
    if (!ok && drawn !== undefined) this.#drawn.push({ seed, drawn });
    for (const each of this.#reached) {
      const times = reached[each.name] ?? 0;
      each.times += times;
      if (times > 0) each.runs++;
    }
    for (const { silenceMs, longestStallMs, disconnects } of listeners) {
      this.#worst = {
        silenceMs: Math.max(this.#worst.silenceMs, silenceMs),
        longestStallMs: Math.max(this.#worst.longestStallMs, longestStallMs),
        disconnects: Math.max(this.#worst.disconnects, disconnects),
      };
    }
  }

  /** Rare situations that no run has reached. */
  get unreached(): string[] {
    return this.#reached.filter(({ runs }) => runs === 0).map(({ name }) => name);
  }

  get summary(): SummaryJson {
    return {
      scenario: this.#scenario,
      runs: this.#runs,
      ok: this.#failed.length === 0,
      failed: this.#failed,
      worst: this.#worst,
      ...(this.#isSwarm && { drawn: this.#drawn, situations: this.#reached }),
    };
  }
}

export function failureLine({ seed, violations }: Result): string {
  const [first] = violations;
  return `seed ${seed} failed at ${(first?.atMs ?? 0) / 1000} s: ${first?.rule}: ${first?.what.split('\n')[0]}`;
}

export function situationTable(reached: readonly Reached[]): string {
  return textTable([['situation', 'runs', 'times'], ...reached.map(({ name, runs, times }) => [name, runs, times])]).join('\n');
}
