const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const steps = [
  ...[0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500].map((ms) => ms),
  ...[1, 2, 5, 10, 15, 30].map((seconds) => seconds * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((minutes) => minutes * MINUTE),
  ...[1, 2, 3, 6, 12].map((hours) => hours * HOUR),
  ...[1, 2, 5, 10].map((days) => days * DAY),
];

export interface Tick {
  readonly atMs: number;
  readonly label: string;
}

/** Round times, at least so far apart, all with as many digits as their distance needs. */
export function ticksOf(fromMs: number, untilMs: number, leastMs: number): Tick[] {
  const step = steps.find((each) => each >= leastMs) ?? steps.at(-1)!;
  const first = Math.ceil(fromMs / step);
  const count = Math.max(0, Math.floor(untilMs / step) - first + 1);
  return Array.from({ length: count }, (_, index) => {
    const atMs = (first + index) * step;
    return { atMs, label: clock(atMs, step >= SECOND ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : step >= 1 ? 3 : 4) };
  });
}

/** Seconds, with minutes and hours where there are any: 20.313, 1:07.5, 2:00:00. */
export function clock(atMs: number, digits = 3): string {
  const sign = atMs < 0 ? '−' : '';
  const unit = 10 ** digits;
  const rounded = Math.round((Math.abs(atMs) / SECOND) * unit) / unit;
  const hours = Math.floor(rounded / 3_600);
  const minutes = Math.floor((rounded % 3_600) / 60);
  const seconds = (rounded % 60).toFixed(digits);
  if (hours > 0) return `${sign}${hours}:${two(String(minutes))}:${two(seconds)}`;
  if (minutes > 0) return `${sign}${minutes}:${two(seconds)}`;
  return `${sign}${seconds}`;
}

/** A length of time. */
export function lengthOf(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)} µs`;
  if (ms < SECOND) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < MINUTE) return `${Math.round(ms / 10) / 100} s`;
  return clock(ms, 0);
}

function two(text: string): string {
  return text.indexOf('.') === 1 || text.length === 1 ? `0${text}` : text;
}
