import type { EncoderState, LanesPart, Mark, MountPart, OnAir, Problem } from '../../state.ts';
import { confirmed, send, withMount, type Answers } from '../commands.ts';
import { element, Rows, setAttribute, setText, type Row } from '../dom.ts';
import { LanesView } from './lanes.ts';
import { listenerList } from './listener-list.ts';
import { pastRow } from './sections.ts';
import { counted, joined } from '../text.ts';
import { clockText, spanText } from '../time.ts';

export interface MountToShow {
  readonly mount: MountPart;
  readonly lanes: LanesPart | undefined;
  /** The worst of its problems; those above all others are told at the top of the page. */
  readonly level: Problem['level'] | undefined;
  readonly notes: readonly string[];
  readonly nowMs: number;
}

export interface MountCardOptions {
  /** What an operator may have done; undefined: nobody is one. */
  readonly operator: { readonly answers: Answers; readonly canKick: boolean } | undefined;
  /** Whether it is open until somebody chooses. */
  readonly isOpen: (item: MountToShow) => boolean;
}

/** Of those that are known. */
const MAX_MARKS = 8;

const states: Readonly<Record<OnAir, { readonly sign: string; readonly text: string; readonly look: string }>> = {
  live: { sign: '●', text: 'On air', look: 'good' },
  fallback: { sign: '▲', text: 'Fallback', look: 'bad' },
  stalled: { sign: '!', text: 'Stalled', look: 'bad' },
  starting: { sign: '…', text: 'Starting', look: 'warn' },
  'on-demand': { sign: '○', text: 'On demand', look: 'good' },
  ended: { sign: '×', text: 'Ended', look: 'bad' },
};

/** A mountpoint: what is on air, its encoders as lanes, its last switches, and what an operator can do about it. */
export function mountCard({ operator, isOpen }: MountCardOptions): Row<MountToShow> {
  const badge = element('span', { class: 'badge' });
  const name = element('h3');
  const listeners = element('span', { class: 'listening' });
  const title = element('p', { class: 'title' });
  const figures = element('p', { class: 'figures' });
  const note = element('p', { class: 'figures' });
  const message = element('p', { class: 'ended' });
  const marks = element('ol', { class: 'marks' });
  const markRows = new Rows<Mark & { readonly nowMs: number }>(marks, markRow);
  const history = element('details', { class: 'fold', open: true }, [element('summary', {}, ['Last switches and troubles']), marks]);
  const tools = element('div', { class: 'tools' });
  const body = element('div', { class: 'body' });
  const node = element('details', { class: 'card mount' }, [element('summary', {}, [badge, name, listeners]), body]);
  let lanes: LanesView | undefined;
  let listening: HTMLElement | undefined;
  let isMade = false;
  let isChosenByHand = false;
  node.querySelector('summary')!.addEventListener('click', () => {
    isChosenByHand = true;
  });

  const make = ({ mount: { mount, detail } }: MountToShow): void => {
    isMade = true;
    body.append(title, figures, note, message);
    if (detail === undefined) return;
    lanes = new LanesView(operator && ((encoder) => switchButton(mount, encoder, operator.answers)));
    body.append(lanes.node, history);
    if (operator === undefined) return;
    body.append(tools);
    if (!operator.canKick) return;
    listening = listenerList(mount, operator.answers);
    body.append(listening);
  };

  const update = (item: MountToShow): void => {
    const { mount, level, nowMs } = item;
    const { detail, onAir } = mount;
    if (!isMade) make(item);
    if (!isChosenByHand && node.open !== isOpen(item)) node.open = isOpen(item);
    const { sign, text, look } = states[onAir] ?? states.starting;
    setText(badge, `${sign} ${text}`);
    setAttribute(badge, 'class', `badge ${look}`);
    setText(name, `/${mount.mount}`);
    setText(listeners, isSilent(onAir) ? '' : counted(mount.listeners, 'listener'));
    setAttribute(node, 'class', `card mount ${level ?? 'good'}`);
    setText(title, joined([mount.label, mount.title], ' — '));
    setText(figures, figuresOf(mount));
    setText(note, item.notes.map((text) => `ℹ ${text}`).join(' '));
    setText(message, detail?.ended === undefined ? '' : `Ended at ${clockText(detail.ended.atMs, nowMs)}, ${spanText(nowMs - detail.ended.atMs)} ago: ${detail.ended.message}. ${detail.ended.listeners} listeners were disconnected.`);
    if (listening !== undefined) listening.hidden = isSilent(onAir);
    if (!node.open) return;
    lanes?.show(nowMs, item.lanes, detail?.encoders ?? []);
    const told = (item.lanes?.marks ?? []).slice(0, MAX_MARKS);
    history.hidden = told.length === 0;
    markRows.show(told.map((mark) => ({ ...mark, nowMs })), ({ atMs, kind, text: what }) => `${atMs} ${kind} ${what}`);
    if (operator !== undefined) showTools(tools, mount, operator.answers);
  };
  return { node, update };
}

/** Nobody can be listening. */
function isSilent(onAir: OnAir): boolean {
  return onAir === 'ended' || onAir === 'on-demand';
}

function figuresOf({ onAir, codec, kbps, listenerPeak, detail }: MountPart): string {
  if (onAir === 'on-demand') return 'Starts when its first listener asks';
  if (onAir === 'ended') return codec;
  const standingBy = detail === undefined ? '' : `${detail.standingBy} standing by`;
  const slow = detail === undefined || detail.slowListeners === 0 ? '' : `${detail.slowListeners} listeners dropped as too slow`;
  const peak = listenerPeak === 0 ? '' : `peak ${listenerPeak}`;
  return joined([standingBy, `${codec} ${kbps} kbit/s`, peak, slow]);
}

function switchButton(mount: string, { id, name }: EncoderState, answers: Answers): HTMLElement {
  return confirmed('Switch', () => void send(withMount('switch', mount, { to: id }), answers), `Switch ${mount} to ${name}`);
}

/** Automatic selection only where somebody has chosen. */
function showTools(tools: HTMLElement, { mount, detail }: MountPart, answers: Answers): void {
  const isWanted = detail?.isChosen === true;
  if (isWanted === tools.hasChildNodes()) return;
  tools.replaceChildren(...(isWanted ? [confirmed('Back to automatic', () => void send(withMount('automatic', mount), answers), `Choose the encoder of ${mount} automatically`)] : []));
}

function markRow(): Row<Mark & { readonly nowMs: number }> {
  return pastRow('error', (mark) => ({ look: mark.tone, what: mark.text, below: errorText(mark) }));
}

function errorText({ errorMs, silentMs }: Mark): string {
  if (errorMs === undefined) return '';
  const cut = errorMs === 0 ? 'cut exact' : `cut ${Math.abs(errorMs)} ms ${errorMs < 0 ? 'repeated' : 'left out'}`;
  return `${cut}${silentMs === undefined ? '' : `, nothing came for ${silentMs} ms`}`;
}
