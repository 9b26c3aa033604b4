import { element, freshContext } from '../dom.ts';
import { xOf, type Frame } from './frame.ts';
import type { Model } from '../model.ts';
import { laneClusters } from './paint/paint-marks.ts';
import { paintSpans } from './paint/paint-spans.ts';
import type { Palette } from './paint/palette.ts';

const STRIP_PX = 7;
const MOST_STRIPS = 10;
const MARKS_PX = 12;

/** The whole time in a few strips, with the part that is seen in the lanes below. Dragging moves that part. */
export class Overview {
  readonly canvas: HTMLCanvasElement = element('canvas', { id: 'overview', 'aria-hidden': 'true' });
  readonly #model: Model;
  readonly #palette: Palette;
  readonly #strips: readonly number[];

  constructor(model: Model, palette: Palette) {
    this.#model = model;
    this.#palette = palette;
    const keys = [...model.picture.lanes.entries()].filter(([, { isKey, spans }]) => isKey && spans.length > 0);
    this.#strips = keys.slice(0, MOST_STRIPS).map(([index]) => index);
    this.canvas.style.height = `${this.#height}px`;
    this.canvas.addEventListener('pointerdown', (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.#goTo(event);
    });
    this.canvas.addEventListener('pointermove', (event) => {
      if (event.buttons === 1) this.#goTo(event);
    });
  }

  get #height(): number {
    return MARKS_PX + STRIP_PX * this.#strips.length + 4;
  }

  draw(): void {
    const width = this.canvas.clientWidth;
    const context = freshContext(this.canvas, width, this.#height);
    const { scheme } = this.#palette;
    const { picture, window, ids } = this.#model;
    const whole = { width, fromMs: window.wholeFromMs, untilMs: window.wholeUntilMs };
    for (const [place, index] of this.#strips.entries()) {
      const frame: Frame = { ...whole, context, scheme, y: MARKS_PX + place * STRIP_PX - 3, height: STRIP_PX + 6 };
      context.save();
      context.beginPath();
      context.rect(0, MARKS_PX + place * STRIP_PX, width, STRIP_PX - 1);
      context.clip();
      paintSpans(frame, picture.lanes[index]!);
      context.restore();
    }
    const told = ids.filter((id) => picture.marks[id]!.tone !== 'routine' && picture.marks[id]!.tone !== 'news');
    for (const { x, id } of laneClusters(whole, told, picture.marks)) {
      context.fillStyle = scheme.marks[picture.marks[id]!.tone];
      context.fillRect(x - 1, 2, 2.5, MARKS_PX - 4);
    }
    if (window.isWhole) return;
    const left = xOf(whole, window.fromMs);
    const right = Math.max(left + 3, xOf(whole, window.untilMs));
    context.globalAlpha = 0.55;
    context.fillStyle = scheme.panel;
    context.fillRect(0, 0, left, this.#height);
    context.fillRect(right, 0, width - right, this.#height);
    context.globalAlpha = 1;
    context.strokeStyle = scheme.accent;
    context.lineWidth = 2;
    context.strokeRect(left, 1, right - left, this.#height - 2);
  }

  #goTo({ offsetX }: PointerEvent): void {
    const { window } = this.#model;
    window.centre(window.wholeFromMs + (offsetX / this.canvas.clientWidth) * window.wholeMs);
  }
}
