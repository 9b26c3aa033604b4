import { eventually, type Fields, type Running } from './running.ts';

/** What says it: a line of a log, a sample of /metrics that becomes a value, or what a page answers. */
export type Saying = { readonly by: Running; /** Why it is said later than two seconds. */ readonly late?: string } & (
  | { readonly log: string; readonly fields?: Fields }
  | { readonly metric: RegExp; readonly is: (value: number) => boolean; readonly at: string; readonly shown: string }
  | { readonly page: string; readonly at: string; readonly holds: (answer: { readonly status: number; readonly body: string }) => boolean; readonly shown: string }
);

interface Row {
  readonly incident: string;
  readonly what: string;
  readonly ms: number;
  readonly late: string | undefined;
}

/** A machine that does other things still gets there; nobody waits for ever. */
const LONGEST_MS = 40_000;
const ASK_EVERY_MS = 100;
const READ_EVERY_MS = 25;
/** What is promised on a machine that is not busy. It is measured, and printed, but no test fails for a busy one. */
const PROMISED_MS = 2_000;

/** Plays incidents, and measures when each is said. */
export class Ledger {
  readonly rows: Row[] = [];

  /** @param act the incident; it begins with it. Resolves with when each was said, in ms since then, once all of it has been; rejects with what never was. */
  async incident(name: string, act: () => unknown, sayings: readonly Saying[]): Promise<readonly number[]> {
    const fromMs = Date.now();
    await act();
    const measured = await Promise.all(sayings.map(async (saying) => ({ incident: name, what: whatOf(saying), ms: (await saidAt(saying, fromMs, name)) - fromMs, late: saying.late })));
    this.rows.push(...measured);
    return measured.map(({ ms }) => ms);
  }

  /** As docs/runbook.md has it. */
  get table(): string {
    const rows = this.rows.map(({ incident, what, ms, late }) => `| ${incident} | ${what} | ${ms.toLocaleString('en')}${ms > PROMISED_MS && late === undefined ? ' (!)' : ''} | ${late ?? ''} |`);
    return ['| incident | said by | ms | later by design |', '|---|---|---|---|', ...rows].join('\n');
  }
}

function whatOf(saying: Saying): string {
  const { name } = saying.by;
  if ('log' in saying) return `${name}: \`${saying.log}\``;
  return `${name}: \`${saying.shown}\``;
}

async function saidAt(saying: Saying, fromMs: number, incident: string): Promise<number> {
  const what = `${incident}: ${whatOf(saying)}`;
  const { by } = saying;
  if ('log' in saying) return await eventually(what, () => by.find(saying.log, saying.fields, fromMs)?.atMs, { withinMs: LONGEST_MS, everyMs: READ_EVERY_MS });
  return await eventually(what, async () => ('page' in saying ? await isAnswered(saying) : await isSampled(saying)) ? Date.now() : undefined, { withinMs: LONGEST_MS, everyMs: ASK_EVERY_MS });
}

async function isSampled({ by, at, metric, is }: Extract<Saying, { metric: RegExp }>): Promise<boolean> {
  const samples = [...(await by.metrics(at))].filter(([name]) => metric.test(name));
  return samples.length > 0 && samples.every(([, value]) => is(value));
}

async function isAnswered({ by, at, page, holds }: Extract<Saying, { page: string }>): Promise<boolean> {
  return await by.get(at, page).then(holds, () => false);
}
