import { ms, type Micros } from '../../../core/base/units.ts';
import { Fifo } from '../../world/transport/fifo.ts';

const BUCKET_MS = 250;

/** How many bytes came in at most during so many ms in a row, rounded up to whole buckets. */
export class Inflow {
  readonly #clock: { readonly now: Micros };
  readonly #spanUs: number;
  readonly #buckets = new Fifo<{ readonly beginsAt: number; bytes: number }>();
  #latest: { readonly beginsAt: number; bytes: number } | undefined;
  #sum = 0;
  #peak = 0;

  /** @param clock by whose time it counts: that of the machine which takes the bytes in. */
  constructor(clock: { readonly now: Micros }, spanMs: number) {
    this.#clock = clock;
    this.#spanUs = ms(spanMs + 2 * BUCKET_MS);
  }

  get peakBytes(): number {
    return this.#peak;
  }

  add(bytes: number): void {
    const now = this.#clock.now;
    if (this.#latest === undefined || now - this.#latest.beginsAt >= ms(BUCKET_MS)) {
      this.#latest = { beginsAt: now, bytes: 0 };
      this.#buckets.push(this.#latest);
      this.#forgetBefore(now - this.#spanUs);
    }
    this.#latest.bytes += bytes;
    this.#sum += bytes;
    this.#peak = Math.max(this.#peak, this.#sum);
  }

  #forgetBefore(oldest: number): void {
    for (let first = this.#buckets.first; first !== undefined && first.beginsAt < oldest; first = this.#buckets.first) {
      this.#sum -= first.bytes;
      this.#buckets.shift();
    }
  }
}
