import { eventText } from '../../../http/event-stream.ts';
import { PAGE_FORMAT, type Part } from '../state.ts';

/** Parts as they were told last, as text: what has not changed is not told again. */
export class PartSet {
  #told = new Map<string, string>();
  #next = new Map<string, string>();
  #changed: string[] = [];

  set(key: string, part: Part): void {
    const text = `${JSON.stringify(key)}:${JSON.stringify(part)}`;
    if (this.#told.get(key) !== text) this.#changed.push(text);
    this.#next.set(key, text);
  }

  /** All that is there has been set: an event with what has changed. */
  changes(nowMs: number): string {
    const gone = [...this.#told.keys()].filter((key) => !this.#next.has(key));
    const text = `{"nowMs":${Math.round(nowMs)},"parts":{${this.#changed.join(',')}},"gone":${JSON.stringify(gone)}}`;
    this.#told = this.#next;
    this.#next = new Map();
    this.#changed = [];
    return eventText('changes', text);
  }

  /** All of it, with what is only for those who ask. */
  whole(nowMs: number, more: Readonly<Record<string, Part>>): string {
    const own = Object.entries(more).map(([key, part]) => `${JSON.stringify(key)}:${JSON.stringify(part)}`);
    return `{"format":"${PAGE_FORMAT}","nowMs":${Math.round(nowMs)},"parts":{${[...own, ...this.#told.values()].join(',')}}}`;
  }
}
