import type { ProcessEvent } from '../../../log/events.ts';
import { nextStep } from '../../../log/text/next-step.ts';
import { printable } from '../../../log/printable.ts';
import { sentenceOf } from '../../../log/text/sentence.ts';
import { logTable } from '../../../log/text/table.ts';
import { isTold } from './marks.ts';
import type { EventLine, EventsPart } from '../state.ts';

const MAX_LINES = 60;
/** Of one line: names come from anywhere. */
const MAX_TEXT = 500;

/** The newest events that an operator wants to know: 80 KiB at most. */
export class EventLines {
  #lines: readonly EventLine[] = [];
  #part: EventsPart | undefined;

  get part(): EventsPart {
    this.#part ??= { kind: 'events', events: this.#lines };
    return this.#part;
  }

  take(atMs: number, event: ProcessEvent): void {
    if (!isTold(event)) return;
    const { level } = logTable[event.kind];
    const text = lineOf(event).slice(0, MAX_TEXT);
    const next = nextStep(event);
    const [newest, ...older] = this.#lines;
    const isAgain = newest?.text === text;
    const line: EventLine = { atMs: Math.round(atMs), level: level === 'debug' ? 'info' : level, text, ...(next !== undefined && { next }), times: isAgain ? newest!.times + 1 : 1 };
    this.#lines = [line, ...(isAgain ? older : this.#lines)].slice(0, MAX_LINES);
    this.#part = undefined;
  }
}

/** What the log has beside its sentence is in it: whom it is about, and what an operator has done. */
function lineOf(event: ProcessEvent): string {
  const text = sentenceOf(event);
  if (event.kind === 'operator') return printable(`${text}: ${[event.command, ...(event.to === undefined ? [] : [event.to])].join(' ')}${event.result === event.command ? '' : `, ${event.result}`}`);
  return 'peer' in event && event.peer !== undefined && !text.includes(event.peer) ? `${text}: ${printable(event.peer)}` : text;
}
