import type { Log } from '../../log/log.ts';
import { printable } from '../../log/printable.ts';

/** Lines of heads that are kept in mind because they were told of, and how much of each. */
const MAX_LINES = 64;
const MAX_LINE = 80;

/** Tells of lines in heads that were passed over: of each once, for a source client that has it comes again and again. */
export class LinesTold {
  readonly #log: Log;
  readonly #told = new Set<string>();

  constructor(log: Log) {
    this.#log = log;
  }

  passedOver(from: string, text: string): void {
    const line = printable(text.slice(0, MAX_LINE));
    if (this.#told.has(line)) return;
    if (this.#told.size === MAX_LINES) this.#told.clear();
    this.#told.add(line);
    this.#log({ kind: 'line-passed-over', from, line });
  }
}
