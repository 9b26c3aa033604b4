import { clock, ticksOf } from './axis.ts';
import { element, freshContext } from '../dom.ts';
import { xOf } from './frame.ts';
import type { Model } from '../model.ts';
import type { Palette } from './paint/palette.ts';

const HEIGHT_PX = 26;
const TICK_PX = 92;

/** The axis that all lanes share, with the times of the pointer and of the chosen event. */
export class Ruler {
  readonly canvas: HTMLCanvasElement = element('canvas', { id: 'ruler', 'aria-hidden': 'true' });
  readonly #model: Model;
  readonly #palette: Palette;

  constructor(model: Model, palette: Palette) {
    this.#model = model;
    this.#palette = palette;
    this.canvas.style.height = `${HEIGHT_PX}px`;
  }

  draw(): void {
    const width = this.canvas.clientWidth;
    const context = freshContext(this.canvas, width, HEIGHT_PX);
    const { scheme } = this.#palette;
    const { window, hoverMs, chosenMark } = this.#model;
    const { fromMs, untilMs } = window;
    context.font = '11.5px system-ui, sans-serif';
    context.textBaseline = 'middle';
    for (const { atMs, label } of ticksOf(fromMs, untilMs, (window.spanMs * TICK_PX) / width)) {
      const x = xOf({ width, fromMs, untilMs }, atMs);
      context.fillStyle = scheme.quiet;
      context.fillRect(Math.round(x), HEIGHT_PX - 7, 1, 7);
      if (x + 4 + context.measureText(label).width < width) context.fillText(label, x + 4, HEIGHT_PX / 2);
    }
    const flag = (atMs: number, colour: string): void => {
      const text = clock(atMs);
      const wide = context.measureText(text).width + 10;
      const x = xOf({ width, fromMs, untilMs }, atMs);
      if (x < 0 || x > width) return;
      const left = Math.min(width - wide, Math.max(0, x - wide / 2));
      context.fillStyle = colour;
      context.fillRect(left, 3, wide, HEIGHT_PX - 8);
      context.fillStyle = scheme.ground;
      context.fillText(text, left + 5, HEIGHT_PX / 2 - 0.5);
    };
    if (chosenMark !== undefined) flag(chosenMark.atMs, scheme.accent);
    if (hoverMs !== undefined) flag(hoverMs, scheme.quiet);
  }
}
