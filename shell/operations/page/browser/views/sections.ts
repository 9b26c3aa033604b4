import type { EventLine, PathsPart, PathState, Problem, RelayPart } from '../../state.ts';
import { element, Rows, setAttribute, setText, type Row } from '../dom.ts';
import { counted, joined } from '../text.ts';
import { clockText, spanText } from '../time.ts';

/** A problem, and of which process of the fleet. */
export interface ProblemToShow extends Problem {
  readonly of: string;
  readonly nowMs: number;
}

const problemSigns: Readonly<Record<Problem['level'], string>> = { bad: '✖', warn: '▲', note: 'ℹ' };
const problemNames: Readonly<Record<Problem['level'], string>> = { bad: 'Trouble', warn: 'Warning', note: 'Note' };

export function problemRow(): Row<ProblemToShow> {
  const sign = element('span', { class: 'sign' });
  const text = element('span');
  const since = element('span', { class: 'since' });
  const node = element('li', {}, [sign, text, since]);
  return {
    node,
    update: ({ level, text: what, mount, of, sinceMs, nowMs }) => {
      setAttribute(node, 'class', level);
      setText(sign, problemSigns[level] ?? '▲');
      setAttribute(sign, 'aria-label', problemNames[level]);
      setAttribute(sign, 'role', 'img');
      setText(text, joined([of, mount === undefined ? '' : `/${mount}`, what], ': '));
      setText(since, `since ${clockText(sinceMs, nowMs)}, ${spanText(nowMs - sinceMs)}`);
    },
  };
}

/** What has happened: when, what, and below it more, of the class `more`. */
export function pastRow<Item extends { readonly atMs: number }>(more: string, textsOf: (item: Item) => { readonly look: string; readonly what: string; readonly below: string }): Row<Item & { readonly nowMs: number }> {
  const time = element('time');
  const text = element('span');
  const last = element('span', { class: more });
  const node = element('li', {}, [time, text, last]);
  return {
    node,
    update: (item) => {
      const { look, what, below } = textsOf(item);
      setAttribute(node, 'class', look);
      setText(time, clockText(item.atMs, item.nowMs));
      setText(text, what);
      setText(last, below);
    },
  };
}

export function eventRow(): Row<EventLine & { readonly nowMs: number }> {
  return pastRow('next', ({ level, text, next, times }) => ({
    look: level === 'error' ? 'bad' : level === 'warn' ? 'warn' : 'news',
    what: times > 1 ? `${text} (${times} times)` : text,
    below: next === undefined ? '' : `→ ${next}`,
  }));
}

/** Relays, encoders and subscribers: who is connected. */
export class PathsView {
  readonly node: HTMLElement;
  readonly #rows: Rows<PathState>;
  readonly #relay: HTMLElement = element('p', { class: 'figures' });
  readonly #holders: HTMLElement = element('p', { class: 'figures' });

  /** @param heading '' where another one says what it is. */
  constructor(heading: string) {
    const list = element('ul', { class: 'paths' });
    this.#rows = new Rows(list, pathRow);
    this.node = element('section', { 'aria-label': 'Relays and paths' }, [...(heading === '' ? [] : [element('h2', {}, [heading])]), element('div', { class: 'card' }, [this.#relay, list, this.#holders])]);
  }

  show(paths: PathsPart | undefined, relay: RelayPart | undefined): void {
    this.node.hidden = relay === undefined && (paths?.paths.length ?? 0) === 0;
    setText(this.#relay, relay === undefined ? '' : joined([counted(relay.streams, 'stream'), counted(relay.subscribers, 'subscriber'), relay.lostMessages === 0 ? '' : `${relay.lostMessages} messages lost by slow subscribers`]));
    const holders = relay?.holders?.subscribers.map(([address, count]) => (count === 1 ? address : `${address} (${count})`)) ?? [];
    setText(this.#holders, holders.length === 0 ? '' : `Subscribers: ${holders.join(', ')}`);
    this.#rows.show(paths?.paths ?? [], ({ name, isRelay, transport }) => `${name} ${isRelay} ${transport}`);
  }
}

function pathRow(): Row<PathState> {
  const name = element('span', { class: 'name' });
  const state = element('span', { class: 'state' });
  const more = element('span', { class: 'more' });
  const node = element('li', {}, [name, state, more]);
  return {
    node,
    update: ({ name: called, isRelay, transport, open, isUp, dropped, lagMs }) => {
      setText(name, `${isRelay ? 'relay' : 'encoder'} ${called}`);
      const isBad = isRelay && !isUp;
      setText(state, isUp ? '✓ connected' : isBad ? '✖ not connected' : '– gone');
      setAttribute(state, 'class', `state ${isUp ? 'good' : isBad ? 'bad' : 'quiet'}`);
      setText(more, joined([transport.toUpperCase(), open > 1 ? `${open} connections` : '', lagMs === null || lagMs === 0 ? '' : `${lagMs} ms behind the fastest`, dropped === 0 ? '' : `${dropped} messages dropped`]));
    },
  };
}
