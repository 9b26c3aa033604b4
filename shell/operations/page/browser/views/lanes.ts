import { WINDOW_MS, type EncoderState, type Lane, type LanesPart, type Mark } from '../../state.ts';
import { drawing, element, Rows, setAttribute, setText, type Row } from '../dom.ts';
import { laneWords, legend, wordsOfCode } from './lane-words.ts';
import { joined } from '../text.ts';
import { clockText, spanText } from '../time.ts';

const NONE: readonly Mark[] = [];

export interface LaneToShow {
  readonly name: string;
  readonly lane: Lane | undefined;
  readonly encoder: EncoderState | undefined;
}

/** The encoders of one mountpoint over the last ten minutes, drawn anew with every second that passes. */
export class LanesView {
  readonly node: HTMLElement;
  readonly #rows: Rows<LaneToShow>;
  readonly #list: HTMLElement = element('ul', { class: 'lanes' });
  #marks: readonly Mark[] = NONE;
  #lanes: readonly LaneToShow[] = [];
  #nowMs = 0;

  /** @param button what stands beside a lane; undefined: nothing. */
  constructor(button?: (encoder: EncoderState) => HTMLElement) {
    const axis = element('div', { 'class': 'axis', 'aria-hidden': 'true' }, ['−10 min', '−5 min', 'now'].map((text) => element('span', {}, [text])));
    this.node = element('div', { class: 'timeline' }, [this.#list, axis]);
    this.#rows = new Rows(this.#list, () => this.#row(button));
  }

  show(nowMs: number, part: LanesPart | undefined, encoders: readonly EncoderState[]): void {
    this.#nowMs = nowMs;
    this.#marks = part?.marks.filter(({ kind }) => kind === 'switch' || kind.startsWith('fallback')) ?? NONE;
    const lanes = part?.lanes ?? [];
    const byId = new Map(encoders.map((encoder) => [encoder.id, encoder]));
    const others = encoders.filter(({ id, name }) => !lanes.some((lane) => lane.stream === id || lane.name === name));
    const all: LaneToShow[] = [
      ...lanes.map((lane) => ({ name: lane.name, lane, encoder: byId.get(lane.stream) })),
      ...others.map((encoder) => ({ name: encoder.name, lane: undefined, encoder })),
    ];
    this.#lanes = all.toSorted((a, b) => Number(b.encoder?.onAir ?? false) - Number(a.encoder?.onAir ?? false) || Number(a.lane?.stream === '') - Number(b.lane?.stream === '') || (a.name < b.name ? -1 : 1));
    this.#draw();
  }

  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.#draw();
  }

  #draw(): void {
    this.node.hidden = this.#lanes.length === 0;
    const seen = new Map<string, number>();
    // Two encoders may have one name.
    this.#rows.show(this.#lanes, ({ name }) => {
      seen.set(name, (seen.get(name) ?? 0) + 1);
      return `${name} ${seen.get(name)}`;
    });
  }

  #row(button: ((encoder: EncoderState) => HTMLElement) | undefined): Row<LaneToShow> {
    const name = element('span', { class: 'name' });
    const state = element('span', { class: 'state' });
    const more = element('span', { class: 'more' });
    const picture = drawing('svg', { class: 'lane', role: 'img' });
    const side = element('span', { class: 'side' });
    const node = element('li', {}, [element('div', { class: 'about' }, [name, state, more, side]), picture]);
    let buttonFor = '';
    return {
      node,
      update: ({ lane, encoder, name: called }) => {
        setText(name, called);
        const code = lane?.spans.at(-1);
        const words = encoder === undefined ? wordsOfCode(code ?? 10) : laneWords(encoder.state, encoder.onAir);
        const isFallback = lane?.stream === '' && words.look === 'onair';
        setText(state, isFallback ? '▲ on air' : `${words.sign} ${words.text}`);
        setAttribute(state, 'class', `state ${isFallback ? 'fallback' : words.look}`);
        const sinceMs = lane?.spans.at(-2);
        setText(more, moreOf(encoder, sinceMs === undefined ? '' : `for ${spanText(this.#nowMs - sinceMs)}`));
        drawSpans(picture, lane, this.#marks, this.#nowMs);
        setAttribute(picture, 'aria-label', sinceMs === undefined ? called : `${called}: ${words.text} since ${clockText(sinceMs, this.#nowMs)}`);
        const wanted = encoder === undefined || button === undefined || !canBeTried(encoder) ? '' : encoder.id;
        if (wanted === buttonFor) return;
        buttonFor = wanted;
        side.replaceChildren(...(wanted === '' ? [] : [button!(encoder!)]));
      },
    };
  }
}

/** An operator may know better; but what does not come cannot be switched to. */
function canBeTried({ onAir, state }: EncoderState): boolean {
  return !onAir && state !== 'lost' && state !== 'stalled';
}

function moreOf(encoder: EncoderState | undefined, since: string): string {
  if (encoder === undefined) return since;
  const { onAir, whyNot, preferred, chosen, origin, source } = encoder;
  return joined([onAir || whyNot === null ? since : whyNot, origin !== null && source !== null ? source : '', preferred ? 'preferred' : '', chosen ? 'chosen by an operator' : '']);
}

/** Height says what it is, too: on air fills the lane, what stands by is half of it, and what is lost is a line. */
function drawSpans(picture: SVGSVGElement, lane: Lane | undefined, marks: readonly Mark[], nowMs: number): void {
  const spans = lane?.spans ?? [];
  const beginsMs = nowMs - WINDOW_MS;
  const at = (ms: number): number => Math.min(100, Math.max(0, ((ms - beginsMs) / WINDOW_MS) * 100));
  const shapes: SVGElement[] = [];
  for (let index = 0; index < spans.length; index += 2) {
    const [from, until] = [at(spans[index]!), at(spans[index + 2] ?? nowMs)];
    const { look } = wordsOfCode(spans[index + 1]!);
    if (until <= 0 || look === 'off') continue;
    const width = `${Math.max(0.25, until - from).toFixed(3)}%`;
    shapes.push(...shapesOf(lane?.stream === '' ? `${look} fallback` : look, `${from.toFixed(3)}%`, width));
  }
  for (const { atMs, kind } of marks) {
    if (atMs < beginsMs) continue;
    const x = `${at(atMs).toFixed(3)}%`;
    shapes.push(drawing('line', { class: `mark ${kind}`, x1: x, x2: x, y1: 0, y2: '100%' }));
  }
  picture.replaceChildren(...shapes);
}

function shapesOf(look: string, x: string, width: string): readonly SVGElement[] {
  const place = { x, width, ...(look.startsWith('onair') ? heights['onair'] : heights[look]) };
  const hatch = hatches.find((name) => look.endsWith(name));
  return [drawing('rect', { class: look, ...place }), ...(hatch === undefined ? [] : [drawing('rect', { fill: `url(#${hatch})`, ...place })])];
}

/** What the lanes of the page mean. */
export function laneLegend(): HTMLDetailsElement {
  const row = ([look, text]: (typeof legend)[number]): HTMLElement => element('li', {}, [drawing('svg', { 'class': 'lane', 'aria-hidden': 'true' }, shapesOf(look, '0', '100%')), element('span', {}, [text])]);
  return element('details', { class: 'fold legend' }, [element('summary', {}, ['What the lanes show']), element('ul', {}, legend.map(row))]);
}

/** In a lane of 22 pixels. */
const heights: Readonly<Record<string, { readonly y: number; readonly height: number }>> = {
  onair: { y: 0, height: 22 }, standby: { y: 6, height: 10 }, unfit: { y: 6, height: 10 }, silent: { y: 4, height: 14 }, stalled: { y: 4, height: 14 }, lost: { y: 18, height: 4 },
};
const hatches = ['silent', 'stalled', 'unfit'] as const;

/** What lanes are hatched with; once in the page. */
export function laneDefinitions(): SVGSVGElement {
  const pattern = (id: string, size: number, paths: readonly string[]): SVGElement =>
    drawing('pattern', { id, width: size, height: size, patternUnits: 'userSpaceOnUse' }, paths.map((d) => drawing('path', { d, class: 'stroke' })));
  return drawing('svg', { 'class': 'definitions', 'width': 0, 'height': 0, 'aria-hidden': 'true' }, [
    drawing('defs', {}, [
      pattern('silent', 6, ['M0 3h6']),
      pattern('stalled', 7, ['M-1 8L8 -1M-1 1L1 -1M6 8L8 6']),
      pattern('unfit', 5, ['M2.5 0v2']),
    ]),
  ]);
}
