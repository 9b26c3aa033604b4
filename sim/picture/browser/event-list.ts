import { clock } from './canvas/axis.ts';
import { element } from './dom.ts';
import { choicesOf } from './filter.ts';
import type { Model } from './model.ts';

const ROW_PX = 24;
const SPARE_ROWS = 8;

/** All events that the filter lets through, as a list for eyes, keyboards and screen readers; only rows that are seen exist. */
export class EventList {
  readonly root: HTMLElement;
  readonly #model: Model;
  readonly #jump: (id: number) => void;
  readonly #rows: HTMLElement = element('div', { class: 'rows' });
  readonly #box: HTMLElement;
  readonly #count: HTMLElement = element('span', { id: 'count', role: 'status' });
  #revealed: number | undefined;

  constructor(model: Model, jump: (id: number) => void) {
    this.#model = model;
    this.#jump = jump;
    this.#box = element('div', { id: 'events', role: 'listbox', tabindex: 0, 'aria-label': 'Events', onkeydown: (event) => this.#pressed(event as KeyboardEvent) }, [this.#rows]);
    this.#box.addEventListener('scroll', () => this.draw());
    this.root = element('section', { class: 'list' }, [this.#controls(), this.#box]);
  }

  draw(): void {
    const { ids, chosen, picture, window } = this.#model;
    this.#count.textContent = `${ids.length} of ${picture.marks.length}`;
    this.#rows.style.height = `${ids.length * ROW_PX}px`;
    if (chosen !== this.#revealed) this.#reveal(chosen);
    const first = Math.max(0, Math.floor(this.#box.scrollTop / ROW_PX) - SPARE_ROWS);
    const last = Math.min(ids.length, Math.ceil((this.#box.scrollTop + this.#box.clientHeight) / ROW_PX) + SPARE_ROWS);
    const rows: HTMLElement[] = [];
    for (let place = first; place < last; place++) {
      const { atMs } = picture.marks[ids[place]!]!;
      rows.push(this.#row(place, atMs < window.fromMs || atMs > window.untilMs));
    }
    this.#rows.replaceChildren(...rows);
    const isThere = chosen !== undefined && rows.some(({ id }) => id === `event-${chosen}`);
    if (isThere) this.#box.setAttribute('aria-activedescendant', `event-${chosen}`);
    else this.#box.removeAttribute('aria-activedescendant');
  }

  #row(place: number, isOutside: boolean): HTMLElement {
    const id = this.#model.ids[place]!;
    const { atMs, tone, kind, who, text } = this.#model.picture.marks[id]!;
    const isChosen = id === this.#model.chosen;
    return element(
      'div',
      {
        id: `event-${id}`,
        class: `row ${tone}${isChosen ? ' chosen' : ''}${isOutside ? ' outside' : ''}`,
        style: `top: ${place * ROW_PX}px`,
        role: 'option',
        'aria-selected': String(isChosen),
        'aria-posinset': place + 1,
        'aria-setsize': this.#model.ids.length,
        title: text,
        onclick: () => this.#jump(id),
      },
      [element('time', {}, [clock(atMs)]), element('i', { class: 'sign', 'aria-label': kind }), element('b', {}, [who]), element('span', {}, [text])],
    );
  }

  #controls(): HTMLElement {
    const { picture, filter } = this.#model;
    const choices = choicesOf(picture.marks).map(({ value, name, count }) =>
      element('option', { value, selected: value === filter.what }, [`${name} (${count})`]),
    );
    const select = element('select', { id: 'what', 'aria-label': 'Which events' }, choices);
    const search = element('input', { id: 'text', type: 'search', placeholder: 'containing …', 'aria-label': 'Events containing this text' });
    const apply = (): void => {
      this.#model.filter = { what: select.value, text: search.value };
    };
    select.addEventListener('change', apply);
    search.addEventListener('input', apply);
    return element('div', { class: 'controls' }, [select, search, this.#count]);
  }

  #pressed(event: KeyboardEvent): void {
    const { ids, chosen } = this.#model;
    const place = chosen === undefined ? -1 : ids.indexOf(chosen);
    const page = Math.max(1, Math.floor(this.#box.clientHeight / ROW_PX) - 1);
    const steps: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const step = steps[event.key];
    if (step === undefined || ids.length === 0) return;
    // Neither the page nor the lanes take it for themselves.
    event.preventDefault();
    event.stopPropagation();
    this.#jump(ids[Math.min(ids.length - 1, Math.max(0, place + step))]!);
  }

  #reveal(chosen: number | undefined): void {
    this.#revealed = chosen;
    const place = chosen === undefined ? -1 : this.#model.ids.indexOf(chosen);
    if (place < 0) return;
    const { scrollTop, clientHeight } = this.#box;
    const top = place * ROW_PX;
    if (top < scrollTop || top + ROW_PX > scrollTop + clientHeight) this.#box.scrollTop = top - clientHeight / 2;
  }
}
