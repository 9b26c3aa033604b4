import type { Credentials } from '../../../../http/auth/basic-auth.ts';
import type { Log } from '../../../../log/log.ts';
import { Lane } from '../../../../icecast/auth-service/lane.ts';

/** Requests at a time. */
const AT_ONCE = 8;
/** Listeners who have left, and of whom the service does not know that yet. Of further ones it is not told: as many as an edge has of listeners may leave at once. */
const MAX_PENDING = 16_384;
/** Waits before each further attempt. */
const RETRY_MS = [1_000, 5_000, 30_000] as const;
/** Those of whom a service was never told are told of together. */
const TELL_MS = 10_000;

export interface DeparturesOptions {
  readonly mount: string;
  /** Without user and password. */
  readonly url: string;
  /** Rejects when the service could not be told. */
  readonly tell: (departure: Departure) => Promise<void>;
  readonly log: Log;
  readonly retryMs?: readonly number[];
}

/** What is posted of a listener who has left. */
export interface Departure {
  readonly form: string;
  /** What it has said. */
  readonly credentials: Credentials | undefined;
}

/** Tells a service which listeners have left, some times over when it does not answer. */
export class Departures {
  readonly #options: DeparturesOptions;
  readonly #retryMs: readonly number[];
  readonly #lane = new Lane(AT_ONCE, MAX_PENDING);
  readonly #retries = new Set<NodeJS.Timeout>();
  #pending = 0;
  #lost = 0;
  #reason = '';
  #tellTimer: NodeJS.Timeout | undefined;
  #isStopping = false;
  #idle: (() => void) | undefined;

  constructor(options: DeparturesOptions) {
    this.#options = options;
    this.#retryMs = options.retryMs ?? RETRY_MS;
  }

  send(departure: Departure): void {
    if (this.#pending >= MAX_PENDING) return this.#lose('too many have left at once');
    this.#pending++;
    this.#attempt(departure, 0);
  }

  /** Waits for what is on its way, for so long. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    for (const retry of this.#retries) clearTimeout(retry);
    const untold = this.#retries.size;
    this.#pending -= untold;
    this.#lost += untold;
    if (this.#pending > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, limitMs);
        this.#idle = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    if (this.#pending > 0) this.#reason = 'the process has stopped before it answered';
    this.#lost += this.#pending;
    this.#tell();
  }

  #attempt(departure: Departure, attempts: number): void {
    // There is room for all that are pending, and they are of nobody.
    void this.#lane.run('', () => this.#options.tell(departure)).then(
      () => this.#done(),
      (error: Error) => this.#failed(departure, attempts, error.message),
    );
  }

  #failed(departure: Departure, attempts: number, reason: string): void {
    const waitMs = this.#retryMs[attempts];
    this.#reason = reason;
    if (waitMs === undefined || this.#isStopping) {
      this.#lose(reason);
      return this.#done();
    }
    const retry = setTimeout(() => {
      this.#retries.delete(retry);
      this.#attempt(departure, attempts + 1);
    }, waitMs);
    this.#retries.add(retry);
  }

  #done(): void {
    this.#pending--;
    if (this.#pending === 0) this.#idle?.();
  }

  #lose(reason: string): void {
    this.#lost++;
    this.#reason = reason;
    this.#tellTimer ??= setTimeout(() => this.#tell(), TELL_MS).unref();
  }

  #tell(): void {
    clearTimeout(this.#tellTimer);
    this.#tellTimer = undefined;
    if (this.#lost === 0) return;
    const { mount, url, log } = this.#options;
    log({ kind: 'auth-service-not-told', mount, url, reason: this.#reason, listeners: this.#lost });
    this.#lost = 0;
  }
}
