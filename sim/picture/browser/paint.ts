import type { Lane, Mark, Series, Span } from '../data.ts';
import type { Scheme } from '../colours.ts';
import { clustersOf, firstFrom, type Cluster } from './clusters.ts';
import { drawGlyph } from './glyphs.ts';
import { hatching } from './hatching.ts';

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
/** There is no room for a pattern in less. */
const NARROW_PX = 4;

export function xOf({ width, fromMs, untilMs }: Pick<Frame, 'width' | 'fromMs' | 'untilMs'>, atMs: number): number {
  return ((atMs - fromMs) / (untilMs - fromMs)) * width;
}

/** Part of a lane's width. */
export interface Stretch {
  readonly left: number;
  readonly right: number;
}

/** @param taken by signs and their labels: the spans' own stand beside them. */
export function paintSpans(frame: Frame, { spans, kind }: Lane, taken: readonly Stretch[] = []): void {
  const { height, width, fromMs, untilMs } = frame;
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
    paintSpan(frame, span, { left, right: Math.max(left + 0.5, right) }, inset, taken);
  }
}

function paintSpan({ context, scheme, y, height }: Frame, span: Span, { left, right }: Stretch, inset: number, taken: readonly Stretch[]): void {
  const [fill, line] = coloursOf(scheme, span);
  const [top, wide, high] = [y + inset, right - left, height - 2 * inset];
  context.fillStyle = fill;
  context.fillRect(left, top, wide, high);
  if (span.tone === 'off') return;
  if (span.tone === 'bad' || span.tone === 'warn') {
    context.fillStyle = wide < NARROW_PX ? line : hatching(context, line, span.tone === 'bad' ? 5 : 9);
    context.fillRect(left, top, wide, high);
  }
  if (wide < NARROW_PX) return;
  context.fillStyle = line;
  context.fillRect(left, top + high - Math.min(3, high), wide, Math.min(3, high));
  if (high < 10) return;
  context.fillRect(left, top, 1, high);
  if (span.label === '') return;
  let x = left + 5;
  for (const other of taken) if (other.right > x && other.left < x + LEAST_LABEL_PX) x = other.right + 4;
  const end = Math.min(right, ...taken.filter((other) => other.left >= x).map((other) => other.left));
  if (end - x > LEAST_LABEL_PX) paintText(context, span.label, x, top + high / 2 - 1, end - x - 3, scheme.ink, fill);
}

function coloursOf(scheme: Scheme, { tone, hue }: Span): readonly [string, string] {
  return hue === undefined || tone !== 'good' ? scheme.spans[tone] : scheme.hues[hue % scheme.hues.length]!;
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

/** A sign that stands for one mark or several, with its label where there is room for it. */
export interface Sign extends Stretch {
  readonly cluster: Cluster;
  readonly label: string;
  /** Where the label begins. */
  readonly labelX: number;
}

const SIGN_PX = 7;
const LABEL_GAP_PX = 9;
/** Shorter labels are figures: half of one would be a wrong one. */
const CUT_FROM_LETTERS = 14;

/** @param isBrief no labels that its spans give already. */
export function signsOf({ context, width }: Frame, clusters: readonly Cluster[], marks: readonly Mark[], isBrief: boolean): Sign[] {
  context.font = FONT;
  let freeFrom = 0;
  return clusters.map((cluster, index) => {
    const { x } = cluster;
    const right = (clusters[index + 1]?.x ?? width + SIGN_PX) - SIGN_PX;
    const told = labelOf(cluster, marks, isBrief);
    const wide = context.measureText(told).width;
    const bare: Sign = { cluster, label: '', labelX: x, left: x - SIGN_PX, right: x + SIGN_PX };
    const sign = ((): Sign => {
      if (told === '') return bare;
      if (x + LABEL_GAP_PX + wide < right) return { ...bare, label: told, labelX: x + LABEL_GAP_PX, right: x + LABEL_GAP_PX + wide };
      if (x - LABEL_GAP_PX - wide > freeFrom) return { ...bare, label: told, labelX: x - LABEL_GAP_PX - wide, left: x - LABEL_GAP_PX - wide };
      const cut = told.length < CUT_FROM_LETTERS || right - x < 2 * LEAST_LABEL_PX ? '' : fit(context, told, right - x - 2 * LABEL_GAP_PX);
      return cut === '' ? bare : { ...bare, label: cut, labelX: x + LABEL_GAP_PX, right };
    })();
    freeFrom = sign.right;
    return sign;
  });
}

function labelOf({ id, ids }: Cluster, marks: readonly Mark[], isBrief: boolean): string {
  const { tone, label } = marks[id]!;
  const isSaid = isBrief && (tone === 'fault' || tone === 'repair');
  if (ids.length === 1 || (label !== '' && !isSaid && ids.length === 2)) return isSaid ? '' : label;
  return ids.length > 2 && tone !== 'routine' ? `${ids.length}×` : '';
}

export function paintMarks(frame: Frame, signs: readonly Sign[], marks: readonly Mark[], chosen: number | undefined): void {
  const { context, scheme, y, height } = frame;
  const middle = y + height / 2;
  for (const { label, labelX } of signs) {
    if (label !== '') paintText(context, label, labelX, middle, Infinity, scheme.ink, scheme.ground);
  }
  for (const { cluster } of signs) {
    const { x, id, ids } = cluster;
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
