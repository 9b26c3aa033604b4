/** Nothing happens in less time than this. */
const LEAST_MS = 1;
/** A little may be seen of what lies beyond the ends. */
const MARGIN = 0.02;

/** The part of the time that is seen. */
export class TimeWindow {
  /** What can be seen at most. */
  readonly wholeFromMs: number;
  readonly wholeUntilMs: number;
  readonly #changed: () => void;
  fromMs: number;
  untilMs: number;

  constructor(fromMs: number, untilMs: number, changed: () => void) {
    const margin = MARGIN * Math.max(LEAST_MS, untilMs - fromMs);
    this.wholeFromMs = fromMs - margin;
    this.wholeUntilMs = untilMs + margin;
    this.#changed = changed;
    this.fromMs = this.wholeFromMs;
    this.untilMs = this.wholeUntilMs;
  }

  get spanMs(): number {
    return this.untilMs - this.fromMs;
  }

  get wholeMs(): number {
    return this.wholeUntilMs - this.wholeFromMs;
  }

  get isWhole(): boolean {
    return this.spanMs >= this.wholeMs;
  }

  /** As near to this as can be seen. */
  show(fromMs: number, untilMs: number): void {
    const span = whole(Math.min(this.wholeMs, Math.max(LEAST_MS, untilMs - fromMs)));
    const from = whole(Math.min(this.wholeUntilMs - span, Math.max(this.wholeFromMs, fromMs)));
    if (!Number.isFinite(from) || (from === this.fromMs && from + span === this.untilMs)) return;
    this.fromMs = from;
    this.untilMs = from + span;
    this.#changed();
  }

  whole(): void {
    this.show(this.wholeFromMs, this.wholeUntilMs);
  }

  pan(byMs: number): void {
    this.show(this.fromMs + byMs, this.fromMs + byMs + this.spanMs);
  }

  /** More than 1 shows more; the moment stays where it is. */
  zoom(factor: number, aboutMs: number = (this.fromMs + this.untilMs) / 2): void {
    const span = Math.min(this.wholeMs, Math.max(LEAST_MS, this.spanMs * factor));
    const share = (aboutMs - this.fromMs) / this.spanMs;
    const from = aboutMs - share * span;
    this.show(from, from + span);
  }

  centre(atMs: number, spanMs: number = this.spanMs): void {
    this.show(atMs - spanMs / 2, atMs + spanMs / 2);
  }
}

/** To the microsecond: so an address says exactly what is seen. */
function whole(ms: number): number {
  return Math.round(1000 * ms) / 1000;
}
