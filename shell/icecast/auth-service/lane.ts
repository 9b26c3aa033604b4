/** A task that was not begun: too many wait. */
export class Crowded extends Error {
  override readonly name = 'Crowded';
}

interface Waiting {
  readonly begin: () => void;
  readonly refuse: () => void;
}

/**
 * Runs so many tasks at a time, and has so many more wait. Each has a key, the address of whoever wants it: keys take turns, and when too many
 * wait, the newest of the key that has most has to go.
 */
export class Lane {
  readonly #atOnce: number;
  readonly #maxWaiting: number;
  /** By key, in the order of their turns; none is empty. */
  readonly #waiting = new Map<string, Waiting[]>();
  #size = 0;
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** What the task gives; rejects with `Crowded` when it has to go. */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) return this.#begin(task);
    if (this.#size >= this.#maxWaiting && !this.#makeRoomFor(key)) return Promise.reject(new Crowded(`${this.#maxWaiting} wait already`));
    return new Promise((resolve, reject) => {
      const own = this.#waiting.get(key) ?? [];
      this.#waiting.set(key, own);
      own.push({ begin: () => resolve(this.#begin(task)), refuse: () => reject(new Crowded(`${this.#maxWaiting} wait already`)) });
      this.#size++;
    });
  }

  async #begin<T>(task: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      return await task();
    } finally {
      this.#running--;
      this.#next();
    }
  }

  #next(): void {
    const [key, own] = this.#waiting.entries().next().value ?? [];
    if (key === undefined || own === undefined) return;
    const first = own.shift()!;
    this.#size--;
    this.#waiting.delete(key);
    if (own.length > 0) this.#waiting.set(key, own);
    first.begin();
  }

  /** Whether there is room then: not for one of whom as many wait as of any other. */
  #makeRoomFor(key: string): boolean {
    let [most, count] = ['', this.#waiting.get(key)?.length ?? 0];
    for (const [other, { length }] of this.#waiting) if (length > count) [most, count] = [other, length];
    const crowd = this.#waiting.get(most);
    if (most === '' || crowd === undefined || count < 2) return false;
    crowd.pop()!.refuse();
    this.#size--;
    return true;
  }
}
