import type { Moment, ProbeNews, Reporter, Summary } from './reporter.ts';

/** One JSON object a line. */
export class JsonReporter implements Reporter {
  readonly #write: (text: string) => void;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  event(moment: Moment, { kind, ...fields }: ProbeNews): void {
    this.#line(moment, kind, fields);
  }

  summary(moment: Moment, { url, figures, violations }: Summary): void {
    this.#line(moment, 'summary', { url, ok: violations.length === 0, violations, ...figures });
  }

  #line({ time, atMs }: Moment, event: string, fields: object): void {
    this.#write(`${JSON.stringify({ time, atMs, event, ...fields }, plain)}\n`);
  }
}

/** To the microsecond; what is not known is null. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'number') return Math.round(value * 1_000) / 1_000;
  return value === undefined ? null : value;
}
