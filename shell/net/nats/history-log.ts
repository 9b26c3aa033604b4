import type { Log } from '../../log/log.ts';

/** Says once, and again when that has changed, whether a cluster keeps a history. */
export class HistoryLog {
  readonly #log: Log;
  readonly #peer: string;
  #told: string | undefined;

  constructor(log: Log, peer: string) {
    this.#log = log;
    this.#peer = peer;
  }

  /** @param problem why there is none; undefined: there is one. */
  tell(problem: string | undefined): void {
    if (problem === this.#told) return;
    this.#told = problem;
    if (problem === undefined) this.#log({ kind: 'nats-history', peer: this.#peer });
    else this.#log({ kind: 'nats-no-history', peer: this.#peer, reason: problem });
  }
}
