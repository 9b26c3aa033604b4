import { formats, type Format } from '../../rigs/formats.ts';
import type { SessionResult } from '../experience.ts';
import { faults, type FaultName } from '../fault.ts';
import { goalsOf } from './goals.ts';
import type { Results } from './results.ts';
import { summarise, type Measure } from './summary.ts';
import { systems, type SystemName } from '../systems.ts';

const COLUMNS: readonly (readonly [Measure, string])[] = [
  ['missingMs', 'missing'],
  ['repeatedMs', 'repeated'],
  ['garbledMs', 'garbled'],
  ['silentMs', 'silent'],
  ['stallMs', 'longest stall'],
  ['bufferMs', 'buffer that hides it'],
  ['complaints', 'decoder lines'],
  ['disconnects', 'disconnects'],
];

/** The tables of docs/outages.md, in Markdown. */
export function tables({ measured, skipped, sessions }: Results): string {
  const { on, minutes, processors, rigsAtATime, load, programs } = measured;
  const compared = sessions.filter(({ fault }) => faults[fault as FaultName].needs === 'studios');
  const codecsOf = (system: string): Set<string> => new Set(compared.filter((session) => session.system === system).map(({ codec }) => codec));
  const shared = [...codecsOf('davecast')].filter((codec) => codecsOf('icecast').has(codec) || codecsOf('liquidsoap').has(codec)) as Format[];
  return [
    `Measured on ${on} in ${minutes} minutes on ${processors} processors, ${rigsAtATime} rigs at a time (load at the end: ${load}), with ${programs.join(', ')}.`,
    ...skipped.map((skip) => `Skipped: ${skip}.`),
    '### Side by side',
    'Each figure is median / worst, in ms but for the last two columns.',
    ...shared.flatMap((codec) => [`**${formats[codec].label}**`, sideBySide(compared.filter((session) => session.codec === codec))]),
    '### Davecast, every fault and codec',
    everything(sessions.filter(({ system }) => system === 'davecast')),
    '### The goals',
    goalTable(sessions),
  ].join('\n\n');
}

function sideBySide(sessions: readonly SessionResult[]): string {
  const rows = orderedFaults(sessions).flatMap((fault) =>
    sessions.filter((session) => session.fault === fault).map((session, index) => [index === 0 ? faults[fault].label : '', systems[session.system as SystemName].label, ...figures(session)]),
  );
  return markdown(['fault', 'system', 'n', ...COLUMNS.map(([, title]) => title)], rows);
}

function everything(sessions: readonly SessionResult[]): string {
  const rows = orderedFaults(sessions).flatMap((fault) =>
    sessions.filter((session) => session.fault === fault).map((session, index) => [index === 0 ? faults[fault].label : '', formats[session.codec as Format].label, ...figures(session)]),
  );
  return markdown(['fault', 'codec', 'n', ...COLUMNS.map(([, title]) => title)], rows);
}

function figures(session: SessionResult): string[] {
  const summary = summarise(session);
  if (summary === undefined) return ['failed', ...COLUMNS.map(() => '')];
  return [
    `${summary.count}`,
    ...COLUMNS.map(([measure]) => {
      const { median, worst } = summary.spread[measure];
      return worst === 0 ? '0' : `${Math.round(median)} / ${Math.round(worst)}`;
    }),
  ];
}

function goalTable(sessions: readonly SessionResult[]): string {
  const all = goalsOf(sessions);
  const [first] = all;
  if (first === undefined) return 'Not measured.';
  const head = ['goal', ...all.map(({ codec, switches }) => `${formats[codec].label} (${switches} switches)`)];
  const rows = first.goals.map(({ name }, index) => [
    name,
    ...all.map(({ goals }) => {
      const { wanted, reached, ok } = goals[index]!;
      return `${ok ? '' : '**missed:** '}${reached} (${wanted})`;
    }),
  ]);
  return markdown(head, rows);
}

function orderedFaults(sessions: readonly SessionResult[]): FaultName[] {
  return (Object.keys(faults) as FaultName[]).filter((name) => sessions.some(({ fault }) => fault === name));
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, index) => (index < 2 ? '---' : '---:'))), ...rows.map(line)].join('\n');
}
