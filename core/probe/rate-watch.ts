import { familyOf } from '../codec/families.ts';
import type { FrameHeader } from '../codec/format/format.ts';

export type RateNews =
  /** One or two frames had another bit rate than those around them: what Davecast, and others, put at a splice. */
  | { readonly kind: 'odd-rate'; readonly usualBps: number; readonly oddBps: number }
  /** The stream goes on at another bit rate. */
  | { readonly kind: 'new-rate'; readonly fromBps: number; readonly toBps: number };

/** So many frames of one bit rate make a stream one of constant bit rate. */
const STEADY_FRAMES = 100;
const MOST_ODD_FRAMES = 2;

/** Watches the bit rate that headers name, as long as it is constant; streams of variable bit rate have no news. */
export class RateWatch {
  /** Undefined while it is not known to be constant. */
  #usualBps: number | undefined;
  #runBps = 0;
  #runFrames = 0;

  frame({ format, bitrateBps }: FrameHeader): RateNews | undefined {
    // Without a field for it, the bit rate of a frame is its own length, and always varies.
    if (!familyOf(format).hasRateField) {
      this.restart();
      return undefined;
    }
    if (bitrateBps === this.#runBps) return ++this.#runFrames === STEADY_FRAMES ? this.#settle() : undefined;
    const oddBps = this.#runBps;
    const wasOdd = this.#runFrames <= MOST_ODD_FRAMES;
    const usualBps = this.#usualBps;
    const wasUsual = oddBps === usualBps;
    this.#runBps = bitrateBps;
    this.#runFrames = 1;
    if (usualBps === undefined || wasUsual) return undefined;
    if (bitrateBps === usualBps && wasOdd) return { kind: 'odd-rate', usualBps, oddBps };
    // A third bit rate, or a longer stretch of another: it is variable, or will have to show that it is not.
    this.#usualBps = undefined;
    return undefined;
  }

  restart(): void {
    this.#usualBps = undefined;
    this.#runBps = 0;
    this.#runFrames = 0;
  }

  #settle(): RateNews | undefined {
    const fromBps = this.#usualBps;
    const toBps = this.#runBps;
    this.#usualBps = toBps;
    return fromBps === undefined || fromBps === toBps ? undefined : { kind: 'new-rate', fromBps, toBps };
  }
}
