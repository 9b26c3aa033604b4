/** Lines of a start that can still fail: far more than any writes. Beyond it they are written. */
const MAX_HELD = 1_000;

/** Keeps lines until it is known whether they are to be written: a process that cannot start says why, and nothing else. */
export class HeldLines {
  readonly #write: (line: string) => void;
  /** Undefined: nothing is held, lines are written. */
  #held: string[] | undefined;

  constructor(write: (line: string) => void) {
    this.#write = write;
  }

  readonly take = (line: string): void => {
    if (this.#held === undefined) return this.#write(line);
    this.#held.push(line);
    if (this.#held.length >= MAX_HELD) this.release();
  };

  /** From now on lines are kept. */
  hold(): void {
    this.#held ??= [];
  }

  /** Writes what is held, in its order, and from now on every line. */
  release(): void {
    const lines = this.#held ?? [];
    this.#held = undefined;
    for (const line of lines) this.#write(line);
  }

  /** Forgets what is held; what comes is still kept. */
  forget(): void {
    if (this.#held !== undefined) this.#held = [];
  }
}
