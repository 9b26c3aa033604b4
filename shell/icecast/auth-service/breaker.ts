import { messageOf } from '../../process/problems.ts';
import { answered } from './answer.ts';
import type { ServiceAnswer } from './service-client.ts';

/** Requests in a row that were not answered: then a service is left alone. */
const FAILURES = 5;
/** For so long; then one request finds out whether it answers again, and meanwhile it is still left alone. */
const ALONE_MS = 10_000;

/** Asks a service as long as it answers. One that does not is asked once in a while, and nobody waits for it meanwhile. */
export class Breaker {
  readonly #nowMs: () => number;
  #failures = 0;
  #reason = '';
  /** Undefined: it is asked. */
  #askAtMs: number | undefined;

  /** @param nowMs a clock that never goes back. */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /** The answer; rejects with the reason when there is none, or when it is one of a service that fails, and at once while that is left alone. */
  async run(post: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> {
    const nowMs = this.#nowMs();
    if (this.#askAtMs !== undefined && nowMs < this.#askAtMs) throw new Error(this.#reason);
    // Whoever comes while this one asks does not.
    if (this.#askAtMs !== undefined) this.#askAtMs = nowMs + ALONE_MS;
    try {
      const answer = answered(await post());
      this.#failures = 0;
      this.#askAtMs = undefined;
      return answer;
    } catch (error) {
      this.#failures++;
      this.#reason = messageOf(error);
      if (this.#failures >= FAILURES) this.#askAtMs = this.#nowMs() + ALONE_MS;
      throw error;
    }
  }
}
