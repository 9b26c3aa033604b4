/** What an encoder makes frames of: what it should, digital silence, or its last second for ever. */
export type Carried = 'programme' | 'silence' | 'loop';

/** The line into an encoder, and what of the encoder lies before the bytes that it sends. */
export class Feed {
  #carries: Carried = 'programme';

  get carries(): Carried {
    return this.#carries;
  }

  carry(what: Carried): void {
    this.#carries = what;
  }

  /** The encoder has been started anew: if it was the one that hung, it does not any more. A silent line is still silent. */
  restarted(): void {
    if (this.#carries === 'loop') this.#carries = 'programme';
  }
}
