import type { Fault } from './fault.ts';
import type { ListenerReport, SwitchReport } from '../machines/listener.ts';
import type { Topology } from '../world/topology.ts';
import type { Note } from '../world/trace.ts';

/** What a scenario says at its end about what must have happened. */
export interface Expectation {
  readonly says: string;
  /** What was otherwise; nothing when all is well. */
  check(outcome: Outcome): readonly string[];
  /** How a scenario's file says it: by which function of this library, with what. */
  readonly written?: Written;
  /** It asks for no more than the topology and the faults allow, so it can be asked of any part of a scenario. */
  readonly asksOnlyPossible?: boolean;
}

export interface Written {
  readonly by: string;
  readonly given: readonly unknown[];
}

export interface Outcome {
  readonly listeners: readonly ListenerReport[];
  readonly notes: readonly Note[];
  readonly simulatedS: number;
  readonly topology: Topology;
  /** Those of the scenario; drawn ones too. */
  readonly faults: readonly Fault[];
  /** Further ones that nobody can look at. */
  readonly unkeptNotes: number;
}

/** Exactly a number, or a range. */
export type Amount = number | Range;

export interface Range {
  readonly atLeast: number;
  readonly atMost: number;
}

export function atMost(most: number): Range {
  return { atLeast: -Infinity, atMost: most };
}

export function atLeast(least: number): Range {
  return { atLeast: least, atMost: Infinity };
}

export function within(least: number, most: number): Range {
  return { atLeast: least, atMost: most };
}

/** What a listener hears, each figure over the whole run unless it says "worst". */
export interface Experience {
  readonly disconnects?: Amount;
  readonly silenceMs?: Amount;
  readonly longestStallMs?: Amount;
  /** Frames came, but there was digital silence in them. */
  readonly digitalSilenceMs?: Amount;
  /** Frames that a hanging encoder repeated. */
  readonly loopedMs?: Amount;
  /** Of the fallback, instead of the mountpoint that was asked for. */
  readonly fallbackMs?: Amount;
  /** Changes from one encoder to another. */
  readonly switches?: Amount;
  /** Places where frames of one encoder are missing. */
  readonly gaps?: Amount;
  readonly missingMs?: Amount;
  readonly repeatedMs?: Amount;
  readonly garbledMs?: Amount;
  /** Missing or repeated at any one place. */
  readonly worstJumpMs?: Amount;
  readonly worstGarbledMs?: Amount;
  /** 1 when it plays at the end, otherwise 0. */
  readonly playing?: Amount;
}

/** Every listener, or those named, experiences this. */
export function hears(experience: Experience, names?: readonly string[]): Expectation {
  const wanted = Object.entries(experience) as [keyof Experience, Amount][];
  return {
    says: `${names?.join(', ') ?? 'every listener'}: ${wanted.map(([key, amount]) => `${key} ${text(amount)}`).join(', ')}`,
    check: ({ listeners }) =>
      listeners
        .filter(({ name }) => names === undefined || names.includes(name))
        .flatMap((report) => {
          const heard = experienceOf(report);
          return wanted
            .filter(([key, amount]) => !fits(heard[key], amount))
            .map(([key, amount]) => `${report.name}: ${key} ${heard[key]}, not ${text(amount)}`);
        }),
    written: { by: 'hears', given: names === undefined ? [experience] : [experience, names] },
  };
}

export interface Report {
  readonly by: string;
  readonly kind: string;
  readonly times: Amount;
  /** Only those within. */
  readonly fromS?: number;
  readonly untilS?: number;
  /** Only those with these fields. */
  readonly fields?: Readonly<Record<string, unknown>>;
}

/** A machine reports an event so many times. */
export function reports(report: Report): Expectation {
  const { by, kind, times, fromS = 0, untilS = Infinity, fields = {} } = report;
  const which = Object.entries(fields).map(([key, value]) => ` with ${key} ${String(value)}`).join('');
  const when = untilS === Infinity && fromS === 0 ? '' : ` from ${fromS} to ${untilS} s`;
  return {
    says: `${by} reports ${kind}${which}${when}: ${text(times)}`,
    check: ({ notes, unkeptNotes }) => {
      if (unkeptNotes > 0) return [`${unkeptNotes} notes were not kept: reports cannot be counted in so long a run`];
      const count = notes.filter(
        (note) =>
          note.actor === by &&
          note.kind === kind &&
          note.atMs >= fromS * 1000 &&
          note.atMs <= untilS * 1000 &&
          Object.entries(fields).every(([key, value]) => note.fields[key] === value),
      ).length;
      return fits(count, times) ? [] : [`${by} reported ${kind}${which}${when} ${count} times, not ${text(times)}`];
    },
    written: { by: 'reports', given: [report] },
  };
}

/** Over all places where the programme does not simply go on, to the microsecond. */
export function sumOf(switches: readonly SwitchReport[], figure: 'missingMs' | 'repeatedMs' | 'garbledMs'): number {
  return Math.round(1000 * switches.reduce((total, splice) => total + splice[figure], 0)) / 1000;
}

function experienceOf(report: ListenerReport): Required<Record<keyof Experience, number>> {
  const { disconnects, silenceMs, longestStallMs, digitalSilenceMs, loopedMs, fallbackMs, switches, isPlaying } = report;
  const worst = (pick: (splice: ListenerReport['switches'][number]) => number): number =>
    switches.reduce((most, splice) => Math.max(most, pick(splice)), 0);
  return {
    disconnects,
    silenceMs,
    longestStallMs,
    digitalSilenceMs,
    loopedMs,
    fallbackMs,
    switches: switches.filter(({ reason }) => reason !== 'gap' && reason !== 'reconnected').length,
    gaps: switches.filter(({ reason }) => reason === 'gap').length,
    missingMs: sumOf(switches, 'missingMs'),
    repeatedMs: sumOf(switches, 'repeatedMs'),
    garbledMs: sumOf(switches, 'garbledMs'),
    worstJumpMs: worst(({ missingMs, repeatedMs }) => missingMs + repeatedMs),
    worstGarbledMs: worst(({ garbledMs }) => garbledMs),
    playing: isPlaying ? 1 : 0,
  };
}

function fits(value: number, amount: Amount): boolean {
  return typeof amount === 'number' ? value === amount : value >= amount.atLeast && value <= amount.atMost;
}

function text(amount: Amount): string {
  if (typeof amount === 'number') return `exactly ${amount}`;
  if (amount.atLeast === -Infinity) return `at most ${amount.atMost}`;
  if (amount.atMost === Infinity) return `at least ${amount.atLeast}`;
  return `${amount.atLeast} to ${amount.atMost}`;
}
