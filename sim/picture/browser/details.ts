import { markTones, type Mark } from '../data.ts';
import { clock, lengthOf } from './canvas/axis.ts';
import { element } from './dom.ts';
import { toneNames } from './filter.ts';
import type { Model } from './model.ts';
import { fieldList } from './tooltip.ts';

/** The chosen event with all that is known of it, and what it has to do with. */
export class Details {
  readonly root: HTMLElement = element('section', { id: 'details', 'aria-live': 'polite' });
  readonly #model: Model;
  readonly #jump: (id: number) => void;
  #shown: number | undefined = -1;

  constructor(model: Model, jump: (id: number) => void) {
    this.#model = model;
    this.#jump = jump;
  }

  draw(): void {
    const { chosen, chosenMark } = this.#model;
    if (chosen === this.#shown) return;
    this.#shown = chosen;
    this.root.replaceChildren(...(chosen === undefined || chosenMark === undefined ? legend() : this.#told(chosen, chosenMark)));
  }

  #told(id: number, { atMs, kind, tone, who, text, fields, seeAlso }: Mark): HTMLElement[] {
    const { marks } = this.#model.picture;
    const links = seeAlso.map((other) => this.#link(other, atMs));
    const fault = marks.findLastIndex((mark, other) => other < id && mark.tone === 'fault');
    if (fault >= 0 && tone !== 'fault' && !seeAlso.includes(fault)) links.push(this.#link(fault, atMs, 'latest fault before: '));
    return [
      element('h2', { class: `event ${tone}` }, [`${clock(atMs)} ${who} ${kind}`]),
      element('p', {}, [text]),
      ...(links.length === 0 ? [] : [element('ul', {}, links)]),
      fieldList(fields),
    ];
  }

  #link(id: number, fromMs: number, before = ''): HTMLElement {
    const { atMs, text } = this.#model.picture.marks[id]!;
    const apart = `${lengthOf(Math.abs(atMs - fromMs))} ${atMs <= fromMs ? 'earlier' : 'later'}`;
    return element('li', {}, [before, element('button', { type: 'button', class: 'link', onclick: () => this.#jump(id), title: text }, [`${text.split(/[.:] /)[0]}, ${apart}`])]);
  }
}

/** While nothing is chosen: what the signs and colours mean. */
function legend(): HTMLElement[] {
  const signs = markTones.map((tone) => element('li', { class: tone }, [element('i', { class: 'sign' }), toneNames[tone]]));
  return [
    element('p', {}, ['Select an event to see its details.']),
    element('ul', { class: 'legend' }, signs),
    element('p', {}, ['Each encoder has the same colour in all lanes. Hatching marks problems: red is down, cut or silent, yellow is frozen, stalled, lossy or not connected.']),
    element('p', {}, ['Arrow keys or Shift and the wheel scroll, + and − zoom, Home shows all.']),
  ];
}
