import type { Drawn, SummaryJson } from './json.ts';
import type { Result } from './pool.ts';

/** Adds up what came of many runs. */
export class Tally {
  readonly #scenario: string;
  readonly #isSwarm: boolean;
  readonly #failed: number[] = [];
  readonly #drawn: Drawn[] = [];
  #runs = 0;
  #worst: SummaryJson['worst'] = { silenceMs: 0, longestStallMs: 0, disconnects: 0 };

  constructor(scenario: string, isSwarm: boolean) {
    this.#scenario = scenario;
    this.#isSwarm = isSwarm;
  }

  add({ seed, ok, listeners, drawn }: Result): void {
    this.#runs++;
    if (!ok) this.#failed.push(seed);
    if (!ok && drawn !== undefined) this.#drawn.push({ seed, drawn });
    for (const { silenceMs, longestStallMs, disconnects } of listeners) {
      this.#worst = {
        silenceMs: Math.max(this.#worst.silenceMs, silenceMs),
        longestStallMs: Math.max(this.#worst.longestStallMs, longestStallMs),
        disconnects: Math.max(this.#worst.disconnects, disconnects),
      };
    }
  }

  get summary(): SummaryJson {
    return {
      scenario: this.#scenario,
      runs: this.#runs,
      ok: this.#failed.length === 0,
      failed: this.#failed,
      worst: this.#worst,
      ...(this.#isSwarm && { drawn: this.#drawn }),
    };
  }
}

export function failureLine({ seed, violations }: Result): string {
  const [first] = violations;
  return `seed ${seed} failed at ${(first?.atMs ?? 0) / 1000} s: ${first?.rule}: ${first?.what.split('\n')[0]}`;
}
