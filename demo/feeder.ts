import type { Encoding, ProgrammeFrame } from './programme.ts';

/**
 * Says which frames of an encoding are due: the place in the programme is a function of the clock alone, so every
 * encoder is at the same place, and one that starts later or again goes on where the clock is.
 *
 * A frame is due when its last sample has been "recorded", as from a real encoder.
 */
export class Pacer {
  readonly #frames: readonly ProgrammeFrame[];
  readonly #firstUs: number;
  readonly #frameUs: number;
  /** Frames since the clock began; the file's order, counted on through the loops. */
  #next: number;

  constructor(encoding: Encoding, nowUs: number) {
    const first = encoding.frames[0];
    if (first === undefined) throw new Error('an encoding without frames');
    this.#frames = encoding.frames;
    this.#firstUs = first.startUs;
    this.#frameUs = first.durationUs;
    this.#next = this.#endedBy(nowUs);
  }

  /** When the next frame is due. */
  get dueUs(): number {
    return this.#firstUs + (this.#next + 1) * this.#frameUs;
  }

  /** The next frame that is due at `nowUs`; undefined when none is. */
  take(nowUs: number): ProgrammeFrame | undefined {
    if (nowUs < this.dueUs) return undefined;
    // A machine that slept does not send the night's programme after waking.
    if (nowUs - this.dueUs > MAX_BEHIND_US) this.#next = this.#endedBy(nowUs);
    const count = this.#frames.length;
    return this.#frames[((this.#next++ % count) + count) % count];
  }

  #endedBy(nowUs: number): number {
    return Math.floor((nowUs - this.#firstUs) / this.#frameUs);
  }
}

const MAX_BEHIND_US = 2_000_000;

export interface Feed {
  stop(): void;
}

/** Hands an encoding's frames to `write` as they fall due, until it is stopped. */
export function feed(encoding: Encoding, nowUs: () => number, write: (frame: Uint8Array) => void): Feed {
  const pacer = new Pacer(encoding, nowUs());
  let timer: NodeJS.Timeout;
  const tick = (): void => {
    for (let frame = pacer.take(nowUs()); frame !== undefined; frame = pacer.take(nowUs())) write(frame.bytes);
    timer = setTimeout(tick, Math.max(1, (pacer.dueUs - nowUs()) / 1000));
  };
  tick();
  return { stop: () => clearTimeout(timer) };
}
