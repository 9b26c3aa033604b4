import type { Series } from '../data.ts';
import { xOf, type Frame } from './frame.ts';

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
  if ((untilMs - fromMs) / width > 2 * series.everyMs) return paintColumns(frame, series, yOf);
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

/** Where several values fall into one column of pixels: a bar from the least to the greatest, and to the column before. */
function paintColumns(frame: Frame, series: Series, yOf: (value: number) => number): void {
  const { context, fromMs, untilMs } = frame;
  const [first, last] = seen(series, fromMs, untilMs);
  let column = -1;
  let [low, high] = [Infinity, -Infinity];
  let before: number | null = null;
  const finish = (): void => {
    if (low <= high) context.fillRect(column, Math.round(yOf(high)) - 0.5, 1, Math.max(1.5, yOf(low) - yOf(high)));
  };
  for (let index = first; index <= last; index++) {
    const value = series.values[index] ?? null;
    const x = Math.floor(xOf(frame, series.fromMs + index * series.everyMs));
    if (x !== column) {
      finish();
      column = x;
      [low, high] = before === null ? [Infinity, -Infinity] : [before, before];
    }
    before = value;
    if (value === null) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  finish();
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
