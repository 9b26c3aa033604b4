import type { Scheme } from '../../../colours.ts';
import type { Lane, Span } from '../../../data.ts';
import { firstFrom } from '../clusters.ts';
import { LEAST_LABEL_PX, paintText, xOf, type Frame, type Stretch } from '../frame.ts';
import { hatching } from './hatching.ts';

/** There is no room for a pattern in less. */
const NARROW_PX = 4;
const SHORTEST_PX = 2;
const LEAST_PX = 0.5;

/** @param taken by signs and their labels: the spans' own stand beside them. */
export function paintSpans(frame: Frame, { spans, kind }: Lane, taken: readonly Stretch[] = []): void {
  const { height, width, fromMs, untilMs } = frame;
  const isThin = kind === 'path';
  let drawnTo = 0;
  for (let index = firstFrom(spans, (span) => span.untilMs > fromMs); index < spans.length; index++) {
    const span = spans[index]!;
    if (span.fromMs >= untilMs) break;
    const left = Math.max(drawnTo, xOf(frame, span.fromMs));
    // Whatever is bad is seen, however short it was; the rest may vanish.
    const right = Math.min(width, Math.max(xOf(frame, span.untilMs), left + (span.tone === 'bad' ? SHORTEST_PX : 0)));
    if (right - left < LEAST_PX) continue;
    drawnTo = right;
    const isWell = span.tone !== 'bad' && span.tone !== 'warn';
    paintSpan(frame, span, { left, right }, isThin && isWell ? height / 2 - 2 : 3, taken);
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
