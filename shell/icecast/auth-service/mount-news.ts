import { atMost } from '../../process/time/at-most.ts';

/** Waits before a service is told again; the last one again and again. */
const RETRY_MS = [1_000, 5_000, 30_000] as const;

export interface MountNewsOptions {
  /** Rejects when the service could not be told. */
  readonly tell: (isThere: boolean) => Promise<void>;
  readonly retryMs?: readonly number[];
}

/**
 * Tells a service whether a mountpoint has a source: each beginning and end in their order, and of those that come while it is told only the last. One that does
 * not answer is told again, of what holds then.
 */
export class MountNews {
  readonly #options: MountNewsOptions;
  #isThere = false;
  #told = false;
  #work: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  #isStopping = false;

  constructor(options: MountNewsOptions) {
    this.#options = options;
  }

  set(isThere: boolean): void {
    this.#isThere = isThere;
    this.#work ??= this.#tellAll();
  }

  /** Tells what is not told yet, once, for so long at most. */
  async stop(limitMs: number): Promise<void> {
    this.#isStopping = true;
    this.#wake?.();
    if (this.#work !== undefined) await atMost(limitMs, this.#work);
  }

  async #tellAll(): Promise<void> {
    const { tell, retryMs = RETRY_MS } = this.#options;
    for (let failures = 0; this.#told !== this.#isThere; ) {
      const isThere = this.#isThere;
      try {
        await tell(isThere);
        this.#told = isThere;
        failures = 0;
      } catch {
        if (this.#isStopping) break;
        await this.#wait(retryMs[Math.min(failures, retryMs.length - 1)]!);
        failures++;
      }
    }
    this.#work = undefined;
  }

  async #wait(waitMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
