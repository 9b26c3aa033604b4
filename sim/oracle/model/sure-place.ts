/** So many numbers are told apart: more than any window has. */
const REMEMBERED = 4_096;

/**
 * Where a stream surely is, and what has surely come there: an edge has it, or has given it out, and gives it up never. It is known from when the edge
 * says what it has given up, until it says that the stream has gone elsewhere.
 *
 *     given up, or here | next |   here, or missing   | reached |   near   |  not sure
 */
export class SurePlace {
  readonly #near: number;
  readonly #window: number;
  readonly #here: Float64Array = new Float64Array(REMEMBERED).fill(-1);
  readonly #times: Float64Array = new Float64Array(REMEMBERED);
  /** Not more than the number that the edge releases next; -1: not known. */
  #next = -1;
  /** Not more than the highest number that has come there. */
  #reached = -1;

  /** @param near so many messages behind all that has come belong there, however much is missing before them. @param window and so many behind the next. */
  constructor(near: number, window: number) {
    this.#near = near;
    this.#window = window;
  }

  /** All before this number is released or given up. */
  isAt(next: number): void {
    this.#next = Math.max(this.#next, next);
    this.#reached = Math.max(this.#reached, next - 1);
    this.#release();
  }

  /** It is not known any more. */
  leave(): void {
    this.#next = -1;
    this.#reached = -1;
    this.#here.fill(-1);
  }

  /** A message has come. */
  take(now: number, sequence: number): void {
    const isHere = this.#next >= 0 && sequence >= this.#next && sequence <= this.#reached + this.#near && sequence < this.#next + this.#window;
    if (!isHere || this.#has(sequence)) return;
    this.#here[sequence % REMEMBERED] = sequence;
    this.#times[sequence % REMEMBERED] = now;
    this.#reached = Math.max(this.#reached, sequence);
    this.#release();
  }

  /** When a message surely came there; Infinity when that is not sure. */
  cameAt(sequence: number): number {
    return this.#has(sequence) ? this.#times[sequence % REMEMBERED]! : Infinity;
  }

  #has(sequence: number): boolean {
    return this.#here[sequence % REMEMBERED] === sequence;
  }

  #release(): void {
    while (this.#next >= 0 && this.#has(this.#next)) this.#next++;
  }
}
