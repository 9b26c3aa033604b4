import { laneStates, WINDOW_MS, type Lane, type LaneState } from '../state.ts';

/** Spans kept of one lane: one that changes more often in ten minutes loses its oldest. */
const MAX_SPANS = 64;

/** What one encoder was in the last ten minutes: 1 KiB at most. */
export class LaneHistory {
  readonly name: string;
  /** The stream that it has now, or had last. */
  stream: string;
  /** As in `Lane.spans`. */
  readonly #spans: number[] = [];

  constructor(name: string, stream: string) {
    this.name = name;
    this.stream = stream;
  }

  /** It is not there now. */
  get isLost(): boolean {
    const code = this.#spans.at(-1);
    return code === codeOf('lost', false) || code === codeOf('off', false);
  }

  /** Since when it has been what it is. */
  get sinceMs(): number {
    return this.#spans.at(-2) ?? 0;
  }

  get lane(): Lane {
    return { name: this.name, stream: this.stream, spans: [...this.#spans] };
  }

  /** From then on it is that; true when that is news. */
  enter(atMs: number, state: LaneState, isOnAir: boolean): boolean {
    const code = codeOf(state, isOnAir);
    if (this.#spans.at(-1) === code) return false;
    // The clock may have been set.
    this.#spans.push(Math.max(Math.round(atMs), this.sinceMs), code);
    if (this.#spans.length > 2 * MAX_SPANS) this.#spans.splice(0, 2);
    return true;
  }

  /** Forgets what was over before the window; true when something was. */
  trim(nowMs: number): boolean {
    let past = 0;
    while (past + 2 < this.#spans.length && this.#spans[past + 2]! <= nowMs - WINDOW_MS) past += 2;
    this.#spans.splice(0, past);
    return past > 0;
  }
}

function codeOf(state: LaneState, isOnAir: boolean): number {
  return 2 * laneStates.indexOf(state) + (isOnAir ? 1 : 0);
}
