import type { Result } from '../pool/pool.ts';

const ON_TERMINAL_EVERY_MS = 200;
const OTHERWISE_EVERY_MS = 10_000;

/** How far a command with many runs is, on standard error: a line that is written over on a terminal, otherwise one now and then. */
export class Progress {
  readonly #total: number;
  readonly #began = performance.now();
  readonly #isOn: boolean;
  readonly #everyMs: number;
  #shownAt = performance.now();
  #runs = 0;
  #failures = 0;
  #simulatedS = 0;

  /** @param quiet only on a terminal. */
  constructor(total: number, quiet: boolean) {
    const { isTTY } = process.stderr;
    this.#total = total;
    this.#isOn = isTTY || !quiet;
    this.#everyMs = isTTY ? ON_TERMINAL_EVERY_MS : OTHERWISE_EVERY_MS;
  }

  done({ ok, simulatedS }: Result): void {
    this.#runs++;
    if (!ok) this.#failures++;
    this.#simulatedS += simulatedS;
    if (performance.now() - this.#shownAt >= this.#everyMs) this.#show();
  }

  /** To be called before anything else is written to the terminal. */
  clear(): void {
    if (this.#isOn && process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  }

  #show(): void {
    this.#shownAt = performance.now();
    if (!this.#isOn) return;
    const line = progressLine({
      runs: this.#runs,
      total: this.#total,
      failures: this.#failures,
      simulatedS: this.#simulatedS,
      elapsedS: (this.#shownAt - this.#began) / 1000,
    });
    process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${line}` : `${line}\n`);
  }
}

export interface ProgressFigures {
  readonly runs: number;
  readonly total: number;
  readonly failures: number;
  readonly simulatedS: number;
  readonly elapsedS: number;
}

export function progressLine({ runs, total, failures, simulatedS, elapsedS }: ProgressFigures): string {
  const seedsPerS = (runs / elapsedS).toFixed(1);
  const hoursPerS = (simulatedS / 3_600 / elapsedS).toFixed(3);
  return `${runs} of ${total} seeds, ${seedsPerS} seeds/s, ${hoursPerS} simulated hours/s, ${failures} failed`;
}
