import type { Mark } from '../../../data.ts';
import { clustersOf, type Cluster } from '../clusters.ts';
import { fit, FONT, LEAST_LABEL_PX, paintText, xOf, type Frame, type Stretch } from '../frame.ts';
import { drawGlyph } from './glyphs.ts';

/** Marks nearer than this to one another are drawn as one. */
export const NEAR_PX = 9;

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
      // Only names may be cut: half of a figure would be a wrong one.
      const cut = isDone(marks[cluster.id]!) && right - x > 2 * LEAST_LABEL_PX ? fit(context, told, right - x - 2 * LABEL_GAP_PX) : '';
      return cut === '' ? bare : { ...bare, label: cut, labelX: x + LABEL_GAP_PX, right };
    })();
    freeFrom = sign.right;
    return sign;
  });
}

/** To a host or path, by the scenario. */
function isDone({ tone }: Mark): boolean {
  return tone === 'fault' || tone === 'repair';
}

function labelOf({ id, ids }: Cluster, marks: readonly Mark[], isBrief: boolean): string {
  const { tone, label } = marks[id]!;
  const isSaid = isBrief && isDone(marks[id]!);
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
