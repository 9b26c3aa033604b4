/** Whole microseconds on the caller's monotonic clock, which is never below 0, or a span of them. */
export type Micros = number & { readonly unit: 'us' };

/** The deadline of a machine that waits for nothing. */
export const NEVER: Micros = Infinity as Micros;

/** Brands a number that already counts microseconds; rounds to a whole one. */
export function micros(value: number): Micros {
  return Math.round(value) as Micros;
}

/** Milliseconds to microseconds. */
export function ms(value: number): Micros {
  return Math.round(value * 1000) as Micros;
}

/** Microseconds to milliseconds, for events and figures that people read. */
export function toMs(value: Micros): number {
  return value / 1000;
}

/** How many samples there are in a span, the nearest whole number. */
export function samplesIn(us: number, sampleRateHz: number): number {
  return Math.round((us * sampleRateHz) / 1_000_000);
}

export function later(now: Micros, span: Micros): Micros {
  return (now + span) as Micros;
}

export function earliest(a: Micros, b: Micros): Micros {
  return a < b ? a : b;
}
