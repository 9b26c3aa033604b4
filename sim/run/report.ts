import type { Run } from './simulation.ts';
import type { Note } from '../world/trace.ts';

/** The story of a run for people: what failed, what the system decided, what the listeners heard. */
export function describe(run: Run, wallMs: number): string {
  const { scenario, seed, simulatedS, traceHash, ok } = run;
  const { encoders, relays, edges, listeners } = scenario.topology;
  const cast = [encoders, relays, edges, listeners].map((group) => group.map(({ name }) => name).join(' ')).join(' → ');
  return [
    `${scenario.name}, seed ${seed}, ${simulatedS} s: ${cast}`,
    scenario.story,
    ...drawnLines(run),
    '',
    ...timeline(run.notes),
    ...(run.unkeptNotes > 0 ? [`  … ${run.unkeptNotes} more events were not kept …`] : []),
    '',
    ...heard(run),
    '',
    ...judged(run),
    '',
    `${ok ? 'ok' : 'FAILED'}, trace ${traceHash}, ${simulatedS} s in ${wallMs} ms`,
  ].join('\n');
}

/** What the seed drew, one option a line. */
function drawnLines({ scenario: { drawn = {} } }: Run): string[] {
  return Object.entries(drawn).flatMap(([key, value]) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`  ${key.padEnd(12)} ${optionText(value)}`];
    return Object.entries(value).map(([part, content]) => `  ${part.padEnd(12)} ${optionText(content)}`);
  });
}

function optionText(value: unknown): string {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value.join(', ') : JSON.stringify(value);
}

const MOST_LINES = 300;

/** What is worth a line, by its kind; undefined: always. */
const told: Readonly<Record<string, ((note: Note) => boolean) | undefined>> = {
  'mount-started': undefined,
  'mount-ended': undefined,
  'backup-added': undefined,
  'backup-refused': undefined,
  'no-backup': undefined,
  'backup-lost': undefined,
  'redundancy-restored': undefined,
  'relay-lost': undefined,
  'no-relay-left': undefined,
  'relay-back': undefined,
  'new-format': undefined,
  'relay-forges': undefined,
  'stream-unproven': undefined,
  'stream-unpaced': undefined,
  'stream-paced': undefined,
  stalled: undefined,
  switch: undefined,
  gap: ({ fields }) => fields['action'] !== 'none',
  'bound-hit': undefined,
  'listener-dropped': undefined,
  'subscriber-behind': undefined,
  'subscriber-cut': undefined,
  'target-lost': undefined,
  'target-stuck': undefined,
  'no-target-left': undefined,
  'target-back': undefined,
  'target-up': undefined,
  'path-closed': undefined,
  connected: ({ fields }) => 'stream' in fields,
  disconnected: ({ fields }) => fields['reason'] !== 'refused' && fields['reason'] !== 'connect-timeout',
  silence: undefined,
  splice: undefined,
};

function timeline(notes: readonly Note[]): string[] {
  const lines = notes.filter((note) => isTold(note)).map(lineOf);
  if (lines.length <= MOST_LINES) return lines;
  const shown = MOST_LINES / 2;
  const between = `  … ${lines.length - MOST_LINES} more lines: --trace writes all events to a file …`;
  return [...lines.slice(0, shown), between, ...lines.slice(-shown)];
}

function isTold(note: Note): boolean {
  if (note.actor === 'fault') return true;
  return Object.hasOwn(told, note.kind) && (told[note.kind]?.(note) ?? true);
}

function lineOf({ atMs, actor, kind, fields }: Note): string {
  const time = (atMs / 1000).toFixed(3).padStart(10);
  return `${time}  ${actor.padEnd(12)} ${kind.padEnd(15)} ${Object.entries(fields).map(fieldText).join(', ')}`.trimEnd();
}

function fieldText([key, value]: [string, unknown]): string {
  if (Array.isArray(value)) return `${key} ${value.map(wayText).join(' ')}`;
  return `${key} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`;
}

function wayText(value: unknown): string {
  const { from, to } = value as { readonly from?: string; readonly to?: string };
  return from === undefined ? JSON.stringify(value) : `${from}→${to}`;
}

function heard({ listeners }: Run): string[] {
  return listeners.flatMap(({ name, mount, disconnects, silenceMs, longestStallMs, switches }) => [
    `${name} on /${mount}: ${disconnects} disconnects, ${silenceMs} ms silence, longest stall ${longestStallMs} ms, ${switches.length} switches`,
    ...switches.slice(0, 20).map(
      ({ atMs, reason, missingMs, repeatedMs, garbledMs }) =>
        `${(atMs / 1000).toFixed(3).padStart(10)}  ${reason}: ${missingMs} ms missing, ${repeatedMs} ms repeated, ${garbledMs} ms garbled`,
    ),
  ]);
}

function judged({ expectations, violations }: Run): string[] {
  const broken = new Set(violations.map(({ rule }) => rule));
  return [
    ...expectations.map(({ says }) => `${broken.has(says) ? 'NOT MET' : 'met'}: ${says}`),
    ...violations.map(({ atMs, rule, what }) => `VIOLATION at ${atMs / 1000} s: ${rule}: ${what}`),
  ];
}
