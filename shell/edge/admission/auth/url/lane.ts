/** Runs so many tasks at a time, in their order, and has so many more wait. */
export class Lane {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** What the task gives; undefined when too many wait. */
  run<T>(task: () => Promise<T>): Promise<T> | undefined {
    if (this.#running < this.#atOnce) return this.#begin(task);
    if (this.#waiting.length >= this.#maxWaiting) return undefined;
    return new Promise((resolve) => this.#waiting.push(() => resolve(this.#begin(task))));
  }

  async #begin<T>(task: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await task();
    } finally {
      this.#running--;
      this.#waiting.shift()?.();
    }
  }
}
