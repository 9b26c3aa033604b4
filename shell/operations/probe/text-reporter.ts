import type { ProbeFigures } from '../../../core/probe/figures.ts';
import type { Moment, ProbeNews, Reporter, Summary } from './reporter.ts';
import { figureLines, liveWords, verdictLine, wordsFor } from './wording.ts';

export interface TextOptions {
  readonly write: (text: string) => void;
  /** Of the terminal; undefined when it is none: then there is no line that is rewritten. */
  readonly columns: (() => number) | undefined;
  /** Nothing but the verdict. */
  readonly isQuiet: boolean;
}

const CLEAR_LINE = '\r\u001b[K';

/** Lines for people: events as they come, at a terminal a line that is rewritten each second, and figures at the end. */
export class TextReporter implements Reporter {
  readonly #options: TextOptions;
  #live = '';

  constructor(options: TextOptions) {
    this.#options = options;
  }

  event({ time }: Moment, event: ProbeNews, figures: () => ProbeFigures): void {
    if (this.#options.isQuiet) return;
    if (event.kind === 'second') return this.#rewrite(liveWords(event, figures()));
    const words = wordsFor(event);
    if (words !== undefined) this.#line(`${clock(time)}  ${words}`);
  }

  summary(_moment: Moment, summary: Summary): void {
    this.#rewrite('');
    if (!this.#options.isQuiet) for (const line of figureLines(summary.figures)) this.#line(line);
    this.#line(verdictLine(summary));
  }

  #line(text: string): void {
    const { write, columns } = this.#options;
    if (columns === undefined) write(`${printable(text)}\n`);
    else write(`${CLEAR_LINE}${printable(text)}\n${this.#live}`);
  }

  #rewrite(text: string): void {
    const { write, columns } = this.#options;
    if (columns === undefined) return;
    this.#live = printable(text).slice(0, columns() - 1);
    write(`${CLEAR_LINE}${this.#live}`);
  }
}

/** The local time of day, to the millisecond. */
function clock(time: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, '0')}`;
}

/** Titles, and what servers say, come from outside: nothing in them may be a command to the terminal. */
function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, ' ');
}
