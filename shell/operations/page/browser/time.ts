/** The clock of the process that is shown, as far as its last message says. */
export class ServerClock {
  #aheadMs = NaN;
  /** When a message came last, by `performance`. */
  #heardAtMs = -Infinity;

  heard(nowMs: number): void {
    this.#heardAtMs = performance.now();
    this.#aheadMs = nowMs - this.#heardAtMs;
  }

  get nowMs(): number {
    return performance.now() + this.#aheadMs;
  }

  get silentMs(): number {
    return performance.now() - this.#heardAtMs;
  }

  /** When the newest message was made; NaN: none has come. */
  get heardMs(): number {
    return this.#heardAtMs + this.#aheadMs;
  }
}

/** 03:12:05, and with its day when that is not today. */
export function clockText(ms: number, nowMs: number = ms): string {
  const date = new Date(ms);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return date.toDateString() === new Date(nowMs).toDateString() ? time : `${date.toLocaleDateString(undefined, { month: 'short', day: 'numeric' })} ${time}`;
}

/** 12 s, 5 min, 3 h, 2 d. */
export function spanText(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} d`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
