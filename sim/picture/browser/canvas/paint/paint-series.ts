import type { Series } from '../../../data.ts';
import { xOf, type Frame } from '../frame.ts';

/** Values that are nearer to one another than this are not joined by a smooth line, which takes long to draw. */
const LEAST_APART_PX = 3;
const LINE_PX = 2;

/** Where the values of a chart lie, of what is seen of it. */
export interface Scale {
  readonly low: number;
  readonly high: number;
}

export function scaleOf(series: readonly Series[], fromMs: number, untilMs: number): Scale {
  let low = 0;
  let high = 0;
  for (const each of series) {
    const [first, last] = seen(each, fromMs, untilMs);
    for (let index = first; index <= last; index++) {
      const value = each.values[index] ?? 0;
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return { low, high };
}

export function paintSeries(frame: Frame, series: readonly Series[], scale: Scale): void {
  const { context, scheme, y, height, width } = frame;
  const bottom = y + height - 4;
  const yOf = (value: number): number => bottom - ((value - scale.low) / (scale.high - scale.low || 1)) * (height - 10);
  context.fillStyle = scheme.rule;
  context.fillRect(0, Math.round(yOf(0)), width, 1);
  context.save();
  context.beginPath();
  context.rect(0, y, width, height);
  context.clip();
  for (const each of series) {
    const plain = each.shape === 'bars' ? scheme.marks.bad : scheme.accent;
    const colour = each.hue === undefined ? plain : scheme.hues[each.hue % scheme.hues.length]![1];
    context.strokeStyle = colour;
    context.fillStyle = colour;
    if (each.shape === 'bars') paintBars(frame, each, yOf);
    else paintLine(frame, each, yOf);
  }
  context.restore();
}

function paintLine(frame: Frame, series: Series, yOf: (value: number) => number): void {
  const { context, fromMs, untilMs, width } = frame;
  if ((untilMs - fromMs) / width > series.everyMs / LEAST_APART_PX) return paintColumns(frame, series, yOf);
  const [first, last] = seen(series, fromMs, untilMs);
  context.beginPath();
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  let isOpen = false;
  for (let index = first; index <= last; index++) {
    const value = series.values[index] ?? null;
    const x = xOf(frame, series.fromMs + index * series.everyMs);
    if (value !== null && isOpen) context.lineTo(x, yOf(value));
    else if (value !== null) context.moveTo(x, yOf(value));
    isOpen = value !== null;
  }
  context.stroke();
}

/** Where values lie close together: in each column of pixels a bar from the least to the greatest and to the value before, and each value held until the next. */
function paintColumns(frame: Frame, series: Series, yOf: (value: number) => number): void {
  const { context, fromMs, untilMs } = frame;
  const [first, last] = seen(series, fromMs, untilMs);
  let column = -1;
  let [low, high] = [Infinity, -Infinity];
  let before: number | null = null;
  // Whole pixels: nothing has to be smoothed.
  const bar = (from: number, until: number, highest: number, lowest: number): void => {
    const top = Math.round(yOf(highest));
    context.fillRect(from, top, until - from, Math.max(LINE_PX, Math.round(yOf(lowest)) - top));
  };
  const finish = (next: number): void => {
    if (low <= high) bar(column, column + 1, high, low);
    if (before !== null && next > column + 1) bar(column + 1, next, before, before);
  };
  for (let index = first; index <= last; index++) {
    const value = series.values[index] ?? null;
    const x = Math.floor(xOf(frame, series.fromMs + index * series.everyMs));
    if (x !== column) {
      finish(x);
      column = x;
      [low, high] = before === null ? [Infinity, -Infinity] : [before, before];
    }
    before = value;
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  finish(column + 1);
}

function paintBars(frame: Frame, series: Series, yOf: (value: number) => number): void {
  const { context, fromMs, untilMs } = frame;
  const [first, last] = seen(series, fromMs, untilMs);
  const zero = yOf(0);
  for (let index = first; index <= last; index++) {
    const value = series.values[index] ?? 0;
    if (value === 0) continue;
    const x = xOf(frame, series.fromMs + index * series.everyMs);
    const wide = Math.max(1, xOf(frame, series.fromMs + (index + 1) * series.everyMs) - x - 1);
    context.fillRect(x, yOf(value), wide, zero - yOf(value));
  }
}

function seen({ fromMs: start, everyMs, values }: Series, fromMs: number, untilMs: number): [number, number] {
  return [Math.max(0, Math.floor((fromMs - start) / everyMs)), Math.min(values.length - 1, Math.ceil((untilMs - start) / everyMs))];
}
