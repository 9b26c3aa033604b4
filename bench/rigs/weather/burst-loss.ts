/**
 * Gilbert's model of loss: a good state that loses nothing and a bad one that loses everything, with
 * P(bad to good) = 1 / burst and P(good to bad) such that the share of time in the bad state is the loss.
 */
export class BurstLoss {
  readonly #toBad: number;
  readonly #toGood: number;
  readonly #random: () => number;
  #bad = false;

  constructor(share: number, burst: number, random: () => number) {
    this.#toGood = 1 / burst;
    this.#toBad = (share / (1 - share)) * this.#toGood;
    this.#random = random;
  }

  /** Whether the next one is lost. */
  loses(): boolean {
    this.#bad = this.#random() < (this.#bad ? 1 - this.#toGood : this.#toBad);
    return this.#bad;
  }
}
