import type { Lane, Picture } from '../data.ts';
import { clock, lengthOf } from './canvas/axis.ts';
import { element, textOf } from './dom.ts';
import { amount, type Hit } from './canvas/lanes.ts';

const MOST_EVENTS = 6;
const MOST_FIGURES = 12;

/** Tells about what is under the pointer, with all its fields. */
export class Tooltip {
  readonly root: HTMLElement = element('div', { id: 'tooltip', role: 'tooltip', hidden: true });
  readonly #picture: Picture;

  constructor(picture: Picture) {
    this.#picture = picture;
  }

  show(hit: Hit | undefined, x: number, y: number): void {
    const lines = hit === undefined ? [] : hit.ids.length > 0 ? this.#events(hit.ids) : linesOf(hit.lane, hit.atMs);
    this.root.hidden = lines.length === 0;
    if (hit === undefined || lines.length === 0) return;
    const head = element('div', { class: 'where' }, [element('b', {}, [hit.lane.name]), ` at ${clock(hit.atMs)}`]);
    this.root.replaceChildren(head, ...lines);
    const { offsetWidth, offsetHeight } = this.root;
    const left = x + 18 + offsetWidth > window.innerWidth ? x - offsetWidth - 14 : x + 18;
    const top = y + 18 + offsetHeight > window.innerHeight ? y - offsetHeight - 14 : y + 18;
    this.root.style.left = `${Math.max(4, left)}px`;
    this.root.style.top = `${Math.max(4, top)}px`;
  }

  #events(ids: readonly number[]): HTMLElement[] {
    const told = ids.slice(0, MOST_EVENTS).map((id) => {
      const { atMs, kind, tone, text, fields } = this.#picture.marks[id]!;
      const head = element('div', { class: `event ${tone}` }, [element('b', {}, [`${clock(atMs)} ${kind}`]), ` ${text}`]);
      return element('div', {}, ids.length === 1 ? [head, fieldList(fields)] : [head]);
    });
    if (ids.length > MOST_EVENTS) told.push(element('div', { class: 'where' }, [`and ${ids.length - MOST_EVENTS} more: zoom in`]));
    return told;
  }
}

/** The fields of an event, one a line. */
export function fieldList(fields: Readonly<Record<string, unknown>>): HTMLElement {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return element(
    'dl',
    {},
    entries.flatMap(([key, value]) => [element('dt', {}, [key]), element('dd', {}, [textOf(value)])]),
  );
}

function linesOf({ spans, series }: Lane, atMs: number): HTMLElement[] {
  const span = spans.find(({ fromMs, untilMs }) => atMs >= fromMs && atMs < untilMs);
  const lines: HTMLElement[] = [];
  if (span !== undefined) {
    const { state, label, fromMs, untilMs, fields = {} } = span;
    const what = label === '' || label === state ? state : `${state}: ${label}`;
    lines.push(element('div', {}, [`${what}, from ${clock(fromMs)} to ${clock(untilMs)}: ${lengthOf(untilMs - fromMs)}`]), fieldList(fields));
  }
  const figures = series.flatMap(({ name, unit, fromMs, everyMs, values }) => {
    const value = values[Math.round((atMs - fromMs) / everyMs)] ?? undefined;
    return value === undefined ? [] : [[name, amount(value, unit)] as const];
  });
  if (figures.length > 0) lines.push(fieldList(Object.fromEntries(figures.slice(0, MOST_FIGURES).map(([name, value]) => [name === '' ? 'now' : name, value]))));
  return lines;
}
