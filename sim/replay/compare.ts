import type { Told, ReplayLog } from './log.ts';
import { StreamNames } from './names.ts';
import { isInFocus, lineOf, type Focus } from './describe.ts';
import type { Outcomes } from './what-if.ts';

/** What somebody compares who wants to know what an alteration would have done; the rest follows from it. */
const telling: ReadonlySet<string> = new Set([
  'path-opened', 'path-closed', 'stream-forgotten', 'mount-started', 'mount-ended', 'stream-unpaced', 'stream-paced', 'stalled', 'resumed', 'switch', 'fallback-entered', 'fallback-left', 'fallback-replaced', 'policy-changed', 'new-format', 'format-changed', 'gap', 'listener-dropped', 'backup-lost', 'redundancy-restored',
  'relay-lost', 'no-relay-left', 'relay-back',
  'subscriber-behind', 'subscriber-cut', 'bound-hit', 'failure',
]);

const MOST_LINES = 200;

/** How one mountpoint fared. */
export interface Fare {
  readonly mount: string;
  readonly switches: number;
  readonly gaps: number;
  readonly lostMessages: number;
  readonly stalls: number;
  readonly programmeS: number;
  readonly longestPauseMs: number;
  readonly silenceMs: number;
}

/** Side by side, by mountpoint; undefined where there was none. */
export function compareMounts({ was, wouldBe }: Outcomes, { mount }: Focus): readonly (readonly [was: Fare | undefined, wouldBe: Fare | undefined])[] {
  const names = new Set([...was.air.keys(), ...wouldBe.air.keys()]);
  return [...names].filter((name) => mount === undefined || name === mount).map((name) => [fareOf(was, name), fareOf(wouldBe, name)]);
}

export function describeMounts(outcomes: Outcomes, focus: Focus): string[] {
  return compareMounts(outcomes, focus).flatMap(([was, wouldBe]) => {
    const row = (what: string, figure: (fare: Fare) => string): string =>
      `  ${what.padEnd(34)} ${(was === undefined ? '-' : figure(was)).padStart(14)} ${(wouldBe === undefined ? '-' : figure(wouldBe)).padStart(14)}`;
    return [
      `/${(was ?? wouldBe)!.mount}`.padEnd(36) + ' ' + 'recorded'.padStart(14) + ' ' + 'what if'.padStart(14),
      row('switches', ({ switches }) => `${switches}`),
      row('gaps of the live stream, messages', ({ gaps, lostMessages }) => `${gaps}, ${lostMessages}`),
      row('stalls', ({ stalls }) => `${stalls}`),
      row('programme output', ({ programmeS }) => `${programmeS.toFixed(1)} s`),
      row('longest pause', ({ longestPauseMs }) => `${longestPauseMs} ms`),
      row('silence after the burst on connect', ({ silenceMs }) => `${silenceMs} ms`),
      '',
    ];
  });
}

/** All telling events of both, in order: those of one only with a sign in front. */
export function describeDifferences({ was, wouldBe }: Outcomes, originUs: number, focus: Focus): string[] {
  const names = new StreamNames(was);
  const lines = merged(tellingOf(was, originUs, focus), tellingOf(wouldBe, originUs, focus)).map(({ sign, told }) => `${sign} ${lineOf(names.readable(told), originUs)}`);
  if (lines.every((line) => line.startsWith(' '))) return [...lines.slice(0, MOST_LINES), 'no differences'];
  if (lines.length <= MOST_LINES) return lines;
  // What differs is what was asked for.
  const different = lines.filter((line) => !line.startsWith(' '));
  return [...different.slice(0, MOST_LINES), ...(different.length > MOST_LINES ? [`  … ${different.length - MOST_LINES} more lines`] : [])];
}

interface Merged {
  readonly sign: ' ' | '-' | '+';
  readonly told: Told;
}

function merged(was: readonly Told[], wouldBe: readonly Told[]): Merged[] {
  const rest = new Map<string, number>();
  for (const told of wouldBe) rest.set(keyOf(told), (rest.get(keyOf(told)) ?? 0) + 1);
  const all: Merged[] = [];
  const common = new Map<string, number>();
  for (const told of was) {
    const key = keyOf(told);
    const left = rest.get(key) ?? 0;
    if (left > 0) {
      rest.set(key, left - 1);
      common.set(key, (common.get(key) ?? 0) + 1);
    }
    all.push({ sign: left > 0 ? ' ' : '-', told });
  }
  for (const told of wouldBe) {
    const left = common.get(keyOf(told)) ?? 0;
    if (left > 0) common.set(keyOf(told), left - 1);
    else all.push({ sign: '+', told });
  }
  return all.sort((a, b) => a.told.atUs - b.told.atUs);
}

/** The same thing a few milliseconds earlier or later is the same. */
function keyOf({ atUs, kind, fields }: Told): string {
  const { mount, stream, from, to, label, reason, verdict } = fields;
  return JSON.stringify([Math.round(atUs / SAME_US), kind, mount, stream, from, to, label, reason, verdict]);
}

const SAME_US = 50_000;

function tellingOf(log: ReplayLog, originUs: number, focus: Focus): Told[] {
  return log.told.filter((told) => telling.has(told.kind) && isInFocus(told, originUs, focus));
}

function fareOf(log: ReplayLog, mount: string): Fare | undefined {
  const air = log.air.get(mount);
  if (air === undefined) return undefined;
  const of = (kind: string): readonly Told[] => log.told.filter((told) => told.kind === kind && told.fields['mount'] === mount);
  const gaps = of('gap').filter(({ fields }) => fields['action'] !== 'none');
  return {
    mount,
    switches: of('switch').length,
    gaps: gaps.length,
    lostMessages: gaps.reduce((sum, { fields }) => sum + Number(fields['messages']), 0),
    stalls: of('stalled').length,
    programmeS: air.programmeUs / 1e6,
    longestPauseMs: Math.round(air.longestPauseUs / 1_000),
    silenceMs: Math.round(air.silenceUs / 1_000),
  };
}
