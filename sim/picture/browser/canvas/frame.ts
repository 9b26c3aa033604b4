import type { Scheme } from '../../colours.ts';

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

/** Part of a lane's width. */
export interface Stretch {
  readonly left: number;
  readonly right: number;
}

export const FONT = '11.5px system-ui, sans-serif';
/** Where there is less room, nothing is written. */
export const LEAST_LABEL_PX = 26;

export function xOf({ width, fromMs, untilMs }: Pick<Frame, 'width' | 'fromMs' | 'untilMs'>, atMs: number): number {
  return ((atMs - fromMs) / (untilMs - fromMs)) * width;
}

/** Text on a ground of its own, cut where there is no room. */
export function paintText(context: CanvasRenderingContext2D, text: string, x: number, y: number, room: number, ink: string, ground: string): void {
  context.font = FONT;
  context.textBaseline = 'middle';
  const fitting = fit(context, text, room);
  if (fitting === '') return;
  context.fillStyle = ground;
  context.fillRect(x - 2, y - 7, context.measureText(fitting).width + 4, 14);
  context.fillStyle = ink;
  context.fillText(fitting, x, y + 0.5);
}

/** As much of a text as there is room for. */
export function fit(context: CanvasRenderingContext2D, text: string, room: number): string {
  const wide = context.measureText(text).width;
  if (wide <= room) return text;
  const letters = Math.floor((text.length * room) / wide) - 1;
  return letters < 2 ? '' : `${text.slice(0, letters)}…`;
}
