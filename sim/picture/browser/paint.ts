import type { Lane, Mark, Series, Span } from '../data.ts';
import type { Scheme } from '../colours.ts';
import { clustersOf, firstFrom, type Cluster } from './clusters.ts';
import { drawGlyph } from './glyphs.ts';

/** Where a lane is drawn, and what of the time. */
export interface Frame {
  readonly context: CanvasRenderingContext2D;
  readonly scheme: Scheme;
  readonly y: number;
  readonly height: number;
  readonly width: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** Marks nearer than this to one another are drawn as one. */
export const NEAR_PX = 9;
const FONT = '11.5px system-ui, sans-serif';
const LEAST_LABEL_PX = 26;

export function xOf({ width, fromMs, untilMs }: Pick<Frame, 'width' | 'fromMs' | 'untilMs'>, atMs: number): number {
  return ((atMs - fromMs) / (untilMs - fromMs)) * width;
}

export function paintSpans(frame: Frame, { spans, kind }: Lane): void {
  const { context, y, height, width, fromMs, untilMs } = frame;
  const isThin = kind === 'path';
  let drawnTo = -1;
  for (let index = firstFrom(spans, (span) => span.untilMs > fromMs); index < spans.length; index++) {
    const span = spans[index]!;
    if (span.fromMs >= untilMs) break;
    const left = Math.max(0, xOf(frame, span.fromMs));
    // Whatever is not well is seen, however short it was.
    const least = span.tone === 'bad' || span.tone === 'warn' ? 2 : 0;
    const right = Math.min(width, Math.max(xOf(frame, span.untilMs), left + least));
    if (right <= drawnTo) continue;
    drawnTo = Math.floor(right);
    const inset = isThin && span.tone !== 'bad' && span.tone !== 'warn' ? height / 2 - 2 : 3;
    paintSpan(context, frame.scheme, span, left, y + inset, Math.max(0.5, right - left), height - 2 * inset);
  }
}

function paintSpan(context: CanvasRenderingContext2D, scheme: Scheme, span: Span, x: number, y: number, wide: number, high: number): void {
  const [fill, line] = coloursOf(scheme, span);
  context.fillStyle = fill;
  context.fillRect(x, y, wide, high);
  if (span.tone === 'off') return;
  if (span.tone === 'bad' || span.tone === 'warn') hatch(context, line, x, y, wide, high, span.tone === 'bad' ? 5 : 9);
  context.fillStyle = line;
  context.fillRect(x, y + high - Math.min(3, high), wide, Math.min(3, high));
  if (high < 10) return;
  context.fillRect(x, y, 1, high);
  if (span.label !== '' && wide > LEAST_LABEL_PX) paintText(context, span.label, x + 5, y + high / 2 - 1, wide - 8, scheme.ink, fill);
}

function coloursOf(scheme: Scheme, { tone, hue }: Span): readonly [string, string] {
  return hue === undefined || tone !== 'good' ? scheme.spans[tone] : scheme.hues[hue % scheme.hues.length]!;
}

function hatch(context: CanvasRenderingContext2D, colour: string, x: number, y: number, wide: number, high: number, every: number): void {
  context.save();
  context.beginPath();
  context.rect(x, y, wide, high);
  context.clip();
  context.beginPath();
  // In step with the page, not with the span: it does not swim while the picture is moved.
  for (let at = Math.floor((x - high) / every) * every; at < x + wide; at += every) {
    context.moveTo(at, y + high);
    context.lineTo(at + high, y);
  }
  context.strokeStyle = colour;
  context.globalAlpha = 0.45;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}

/** Text on a ground of its own, cut where there is no room. */
function paintText(context: CanvasRenderingContext2D, text: string, x: number, y: number, room: number, ink: string, ground: string): void {
  context.font = FONT;
  context.textBaseline = 'middle';
  const fitting = fit(context, text, room);
  if (fitting === '') return;
  context.fillStyle = ground;
  context.fillRect(x - 2, y - 7, context.measureText(fitting).width + 4, 14);
  context.fillStyle = ink;
  context.fillText(fitting, x, y + 0.5);
}

function fit(context: CanvasRenderingContext2D, text: string, room: number): string {
  const wide = context.measureText(text).width;
  if (wide <= room) return text;
  const letters = Math.floor((text.length * room) / wide) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}

export function laneClusters(frame: Pick<Frame, 'width' | 'fromMs' | 'untilMs'>, ids: readonly number[], marks: readonly Mark[]): Cluster[] {
  return clustersOf(ids, marks, (atMs) => xOf(frame, atMs), -NEAR_PX, frame.width + NEAR_PX, NEAR_PX);
}

export function paintMarks(frame: Frame, clusters: readonly Cluster[], marks: readonly Mark[], chosen: number | undefined): void {
  const { context, scheme, y, height, width } = frame;
  const middle = y + height / 2;
  // Behind all signs, so that no label hides one.
  for (const [index, { x, id, ids }] of clusters.entries()) {
    const room = (clusters[index + 1]?.x ?? width) - x - 16;
    const label = ids.length > 1 ? `${ids.length}×` : marks[id]!.label;
    const isWorthIt = ids.length > 1 ? ids.length > 2 && marks[id]!.tone !== 'routine' : label !== '';
    if (isWorthIt && room > LEAST_LABEL_PX) paintText(context, label, x + 9, middle, room, scheme.ink, scheme.ground);
  }
  for (const { x, id, ids } of clusters) {
    const { tone } = marks[id]!;
    drawGlyph(context, tone, x, middle, ids.length > 1 ? 6 : 5, scheme.marks[tone], scheme.ground);
    if (chosen === undefined || !ids.includes(chosen)) continue;
    context.strokeStyle = scheme.accent;
    context.lineWidth = 2;
    context.beginPath();
    context.arc(x, middle, 9.5, 0, 2 * Math.PI);
    context.stroke();
  }
}

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
  return high === low ? { low, high: low + 1 } : { low, high };
}

export function paintSeries(frame: Frame, series: readonly Series[], scale: Scale): void {
  const { context, scheme, y, height, width } = frame;
  const bottom = y + height - 4;
  const yOf = (value: number): number => bottom - ((value - scale.low) / (scale.high - scale.low)) * (height - 10);
  context.fillStyle = scheme.rule;
  context.fillRect(0, Math.round(yOf(0)), width, 1);
  context.save();
  context.beginPath();
  context.rect(0, y, width, height);
  context.clip();
  for (const each of series) {
    const plain = each.shape === 'bars' ? scheme.marks.loss : scheme.accent;
    const colour = each.hue === undefined ? plain : scheme.hues[each.hue % scheme.hues.length]![1];
    context.strokeStyle = colour;
    context.fillStyle = colour;
    if (each.shape === 'bars') paintBars(frame, each, yOf);
    else paintLine(frame, each, yOf);
  }
  context.restore();
}

function paintLine(frame: Frame, series: Series, yOf: (value: number) => number): void {
  const { context, fromMs, untilMs } = frame;
  const [first, last] = seen(series, fromMs, untilMs);
  context.beginPath();
  context.lineWidth = 1.5;
  context.lineJoin = 'round';
  let isOpen = false;
  for (let index = first; index <= last; index++) {
    const value = series.values[index] ?? null;
    if (value === null) {
      isOpen = false;
      continue;
    }
    const x = xOf(frame, series.fromMs + index * series.everyMs);
    if (isOpen) context.lineTo(x, yOf(value));
    else context.moveTo(x, yOf(value));
    isOpen = true;
  }
  context.stroke();
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
