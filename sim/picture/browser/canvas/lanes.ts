import type { Lane, Mark, Series } from '../../data.ts';
import { lengthOf } from './axis.ts';
import { element, freshContext } from '../dom.ts';
import { xOf, type Frame } from './frame.ts';
import { heightOf, rowAt, type Row } from './layout.ts';
import type { Model } from '../model.ts';
import { laneClusters, NEAR_PX, paintMarks, signsOf } from './paint/paint-marks.ts';
import { paintSeries, scaleOf } from './paint/paint-series.ts';
import { paintSpans } from './paint/paint-spans.ts';
import type { Palette } from './paint/palette.ts';

/** What is under the pointer. */
export interface Hit {
  readonly lane: Lane;
  readonly atMs: number;
  /** Marks that are drawn there as one; empty: none. */
  readonly ids: readonly number[];
}

/** More lines through all lanes than these would hide more than they show. */
const MOST_LINES = 60;

/**
 * All lanes on one canvas, which covers what is seen of them: however many there are, a screenful is drawn. Their names
 * stand to its left, as text.
 */
export class Lanes {
  readonly root: HTMLElement;
  readonly canvas: HTMLCanvasElement = element('canvas', { id: 'lanes', 'aria-hidden': 'true' });
  readonly #model: Model;
  readonly #palette: Palette;
  readonly #names: HTMLElement = element('div', { class: 'names' });
  readonly #inner: HTMLElement = element('div', { class: 'inner' }, [this.canvas, this.#names]);
  #rows: readonly Row[] = [];

  constructor(model: Model, palette: Palette) {
    this.#model = model;
    this.#palette = palette;
    this.root = element('div', { id: 'scroller', tabindex: 0, role: 'application', 'aria-label': 'Lanes: arrows move, plus and minus zoom, Home shows all' }, [this.#inner]);
    this.root.addEventListener('scroll', () => model.redraw());
  }

  get width(): number {
    return this.canvas.clientWidth;
  }

  timeAt(x: number): number {
    const { fromMs, spanMs } = this.#model.window;
    return fromMs + (x / this.width) * spanMs;
  }

  /** @param x,y on the canvas. */
  hit(x: number, y: number): Hit | undefined {
    const row = rowAt(this.#rows, y + this.root.scrollTop);
    if (row?.lane === undefined) return undefined;
    const { picture, window } = this.#model;
    const frame = { width: this.width, fromMs: window.fromMs, untilMs: window.untilMs };
    const near = laneClusters(frame, this.#model.idsIn(row.lane), picture.marks)
      .filter((cluster) => Math.abs(cluster.x - x) <= NEAR_PX)
      .sort((a, b) => Math.abs(a.x - x) - Math.abs(b.x - x));
    return { lane: picture.lanes[row.lane]!, atMs: this.timeAt(x), ids: near[0]?.ids ?? [] };
  }

  /** Scrolls to where a mark is drawn, and unfolds its lane. */
  reveal(mark: Mark): void {
    const { lanes } = this.#model.picture;
    const [first] = mark.lanes;
    if (first === undefined) return;
    const wanted = mark.lanes.find((lane) => !this.#model.isFolded(lanes[lane]!.group)) ?? first;
    if (this.#model.isFolded(lanes[wanted]!.group)) this.#model.fold(lanes[wanted]!.group, false);
    const row = this.#model.rows.find(({ lane }) => lane === wanted);
    if (row === undefined) return;
    const { scrollTop, clientHeight } = this.root;
    if (row.y < scrollTop || row.y + row.height > scrollTop + clientHeight) this.root.scrollTop = row.y - clientHeight / 3;
  }

  draw(): void {
    if (this.#rows !== this.#model.rows) this.#layOut();
    const height = this.root.clientHeight;
    this.canvas.style.height = `${height}px`;
    const context = freshContext(this.canvas, this.width, height);
    const { fromMs, untilMs } = this.#model.window;
    const { scheme } = this.#palette;
    const top = this.root.scrollTop;
    const frames = this.#rows
      .filter(({ y, height: high }) => y + high > top && y < top + height)
      .map((row) => ({ row, frame: { context, scheme, y: row.y - top, height: row.height, width: this.width, fromMs, untilMs } }));
    for (const { row, frame } of frames) this.#drawGround(row, frame);
    this.#drawLines({ context, scheme, y: 0, height, width: this.width, fromMs, untilMs });
    for (const { row, frame } of frames) if (row.lane !== undefined) this.#drawLane(row.lane, frame);
  }

  #layOut(): void {
    this.#rows = this.#model.rows;
    this.#inner.style.height = `${heightOf(this.#rows)}px`;
    this.#names.replaceChildren(...this.#rows.map((row) => this.#nameOf(row)));
  }

  #nameOf({ y, height, group, lane }: Row): HTMLElement {
    const style = `top: ${y}px; height: ${height}px`;
    if (lane !== undefined) {
      const { name } = this.#model.picture.lanes[lane]!;
      return element('div', { class: 'name', style, title: name }, [name]);
    }
    const isFolded = this.#model.isFolded(group);
    const fold = (): void => this.#model.fold(group, !this.#model.isFolded(group));
    return element('button', { class: 'heading', style, type: 'button', 'aria-expanded': String(!isFolded), onclick: fold }, [group]);
  }

  #drawGround({ lane }: Row, { context, scheme, y, height, width }: Frame): void {
    if (lane === undefined) {
      context.fillStyle = scheme.panel;
      context.fillRect(0, y, width, height);
    }
    context.fillStyle = scheme.rule;
    context.fillRect(0, y + height - 1, width, 1);
  }

  /** Faults and switches go through all lanes: what they did stands below one another. */
  #drawLines(frame: Frame): void {
    const { context, scheme, height, width } = frame;
    const { picture, ids, chosenMark, hoverMs, window } = this.#model;
    const line = (x: number, colour: string, alpha: number, dash: readonly number[]): void => {
      context.save();
      context.globalAlpha = alpha;
      context.strokeStyle = colour;
      context.setLineDash([...dash]);
      context.lineWidth = dash.length > 0 ? 1 : 1.5;
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, 0);
      context.lineTo(Math.round(x) + 0.5, height);
      context.stroke();
      context.restore();
    };
    const through = ids.filter((id) => {
      const { atMs, tone } = picture.marks[id]!;
      return atMs >= window.fromMs && atMs <= window.untilMs && (tone === 'fault' || tone === 'repair' || tone === 'switch' || tone === 'bad');
    });
    const clusters = laneClusters(frame, through, picture.marks);
    if (clusters.length <= MOST_LINES) {
      for (const { x, id } of clusters) line(x, scheme.marks[picture.marks[id]!.tone], 0.55, [2, 4]);
    }
    if (hoverMs !== undefined) line(xOf(frame, hoverMs), scheme.quiet, 0.8, []);
    if (chosenMark === undefined) return;
    const x = xOf(frame, chosenMark.atMs);
    if (x >= 0 && x <= width) line(x, scheme.accent, 1, []);
  }

  #drawLane(index: number, frame: Frame): void {
    const { picture, chosen } = this.#model;
    const lane = picture.lanes[index]!;
    const signs = signsOf(frame, laneClusters(frame, this.#model.idsIn(index), picture.marks), picture.marks, lane.kind !== 'faults');
    paintSpans(frame, lane, signs);
    if (lane.series.length > 0) {
      const scale = scaleOf(lane.series, frame.fromMs, frame.untilMs);
      paintSeries(frame, lane.series, scale);
      if (lane.kind === 'buffer') this.#drawScale(frame, lane.series[0]!, scale.low, scale.high);
    }
    paintMarks(frame, signs, picture.marks, chosen);
  }

  #drawScale({ context, scheme, y, height }: Frame, { unit }: Series, low: number, high: number): void {
    context.font = '10.5px system-ui, sans-serif';
    context.textBaseline = 'middle';
    const say = (text: string, at: number): void => {
      context.globalAlpha = 0.85;
      context.fillStyle = scheme.ground;
      context.fillRect(2, at - 6, context.measureText(text).width + 6, 12);
      context.globalAlpha = 1;
      context.fillStyle = scheme.quiet;
      context.fillText(text, 5, at);
    };
    say(high === low ? `always ${amount(high, unit)}` : amount(high, unit), y + 9);
    if (low < 0) say(amount(low, unit), y + height - 9);
  }
}

/** A figure with its unit. */
export function amount(value: number, unit: string): string {
  if (unit === 'ms') return value < 0 ? `−${lengthOf(-value)}` : value === 0 ? '0' : lengthOf(value);
  return `${value} ${unit}`;
}
