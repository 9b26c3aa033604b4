interface Mark {
  readonly programmeUs: number;
  readonly given: number;
}

/**
 * What a mountpoint has given out sooner than a player can have played it: a listener who plays as it should has yet so much to get. That is
 * the newest of it, so many seconds: another stream, or the fallback, can have many times the bit rate of what was ahead before.
 */
export class MountLead {
  #at: number;
  #given: number;
  #bitrateBps = Infinity;
  #programmeUs = 0;
  #leadUs = 0;
  readonly #marks: Mark[] = [];

  constructor(now: number, given: number) {
    this.#at = now;
    this.#given = given;
  }

  /** @param given all bytes that it has given out; @param bitrateBps of what it gives out now. */
  look(now: number, given: number, bitrateBps: number): void {
    // It has ended since, and begun anew.
    if (given < this.#given) {
      this.#given = 0;
      this.#leadUs = 0;
      this.#marks.length = 0;
    }
    // What came since may be of the stream before.
    const slowestBps = Math.min(this.#bitrateBps, bitrateBps);
    const us = given === this.#given || slowestBps === 0 ? 0 : ((given - this.#given) * 8_000_000) / slowestBps;
    this.#marks.push({ programmeUs: this.#programmeUs, given: this.#given });
    this.#programmeUs += us;
    // It may all have come just before this look.
    this.#leadUs = Math.max(0, this.#leadUs - (now - this.#at)) + us;
    this.#at = now;
    this.#given = given;
    this.#bitrateBps = bitrateBps === 0 ? Infinity : bitrateBps;
    while (this.#marks.length > 1 && this.#marks[1]!.programmeUs <= this.#programmeUs - this.#leadUs) this.#marks.shift();
  }

  get bytes(): number {
    return this.#leadUs === 0 ? 0 : this.#given - this.#marks[0]!.given;
  }
}
