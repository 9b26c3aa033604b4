import type { PageViewer } from './page-viewer.ts';
import { until } from '../../bench/common/until.ts';
import type { Fields, Running } from './running.ts';

/** What says it: a line of a log, a sample of /metrics that becomes a value, what an address answers, or the page that somebody has open. */
export type Saying = { readonly by: Running; /** Why it is said later than two seconds. */ readonly late?: string } & (
  | { readonly log: string; readonly fields?: Fields }
  | { readonly metric: RegExp; readonly is: (value: number) => boolean; readonly at: string; readonly shown: string }
  | { readonly page: string; readonly at: string; readonly holds: (answer: { readonly status: number; readonly body: string }) => boolean; readonly shown: string }
  | { readonly viewer: PageViewer; readonly mount: string | undefined; readonly problem: RegExp }
);

/** When something was said of an incident, in ms since then. */
interface Measured {
  readonly incident: string;
  readonly saying: Saying;
  readonly ms: number;
}

/** A machine that does other things still gets there; nobody waits for ever. */
const LONGEST_MS = 40_000;
const ASK_EVERY_MS = 100;
const READ_EVERY_MS = 25;
/** What is promised. It is measured and printed, but no test fails for a machine that is busier than that. */
const PROMISED_MS = 2_000;

/** Plays incidents, and measures when each is said. */
export class Ledger {
  readonly #measured: Measured[] = [];

  /** @param act the incident; it begins with it, or when it says, as `Date.now()`. Resolves with when each was said, in ms since then, once all of it has been; rejects with what never was. */
  async incident(name: string, act: () => unknown, sayings: readonly Saying[]): Promise<readonly number[]> {
    const actedMs = Date.now();
    const began = await act();
    const fromMs = typeof began === 'number' ? began : actedMs;
    const measured = await Promise.all(sayings.map(async (saying) => ({ incident: name, saying, ms: (await saidAt(saying, actedMs, name)) - fromMs })));
    this.#measured.push(...measured);
    return measured.map(({ ms }) => ms);
  }

  /** As docs/runbook.md has it: each incident in a row, with what is late beside it. */
  get table(): string {
    const rows = [...new Set(this.#measured.map(({ incident }) => incident))].map((incident) => {
      const all = this.#measured.filter((one) => one.incident === incident);
      const late = new Set(all.flatMap(({ saying, ms }) => (saying.late === undefined ? (ms > PROMISED_MS ? ['LATE'] : []) : [`${shownAs(saying)}: ${saying.late}`])));
      return `| ${incident} | ${cellOf(all.filter(({ saying }) => 'log' in saying))} | ${cellOf(all.filter(({ saying }) => !('log' in saying)))} | ${[...late].join('; ')} |`;
    });
    return ['| incident | log, ms | metrics, `/readyz` and the page, ms | later by design |', '|---|---|---|---|', ...rows].join('\n');
  }
}

function cellOf(measured: readonly Measured[]): string {
  return measured.map(({ saying, ms }) => `${saying.by.name} ${shownAs(saying)} ${ms.toLocaleString('en')}`).join(', ');
}

/** Without labels and addresses. */
function shownAs(saying: Saying): string {
  if ('log' in saying) return `\`${saying.log}\``;
  return 'viewer' in saying ? 'page' : `\`${saying.shown.replace(/\{.*/, '').replace(/^davecast_/, '')}\``;
}

function whatOf(saying: Saying): string {
  if ('log' in saying) return `${saying.by.name}: ${saying.log}`;
  return `${saying.by.name}: ${'viewer' in saying ? `page: ${saying.problem}` : saying.shown}`;
}

async function saidAt(saying: Saying, fromMs: number, incident: string): Promise<number> {
  const what = `${incident}: ${whatOf(saying)}`;
  const reading = { withinMs: LONGEST_MS, everyMs: READ_EVERY_MS };
  if ('log' in saying) return await until(what, () => saying.by.find(saying.log, saying.fields, fromMs)?.atMs, reading);
  if ('viewer' in saying) return await until(what, () => saying.viewer.said(saying.mount, saying.problem, fromMs), reading);
  return await until(what, async () => ('page' in saying ? await isAnswered(saying) : await isSampled(saying)) && Date.now(), { ...reading, everyMs: ASK_EVERY_MS });
}

async function isSampled({ by, at, metric, is }: Extract<Saying, { metric: RegExp }>): Promise<boolean> {
  const samples = [...(await by.metrics(at))].filter(([name]) => metric.test(name));
  return samples.length > 0 && samples.every(([, value]) => is(value));
}

async function isAnswered({ by, at, page, holds }: Extract<Saying, { page: string }>): Promise<boolean> {
  return await by.get(at, page).then(holds, () => false);
}
