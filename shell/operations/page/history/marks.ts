import type { ProcessEvent } from '../../../log/events.ts';
import { sentenceOf } from '../../../log/text/sentence.ts';
import { logTable } from '../../../log/text/table.ts';
import type { Mark, Tone } from '../state.ts';

/** Of what becomes of a mountpoint, as a machine tells it: what sources and listeners ask for may have any name. */
const tones: Readonly<Partial<Record<ProcessEvent['kind'], Tone>>> = {
  'switch': 'news',
  'fallback-entered': 'bad',
  'fallback-left': 'good',
  'mount-started': 'good',
  'mount-ended': 'bad',
  'stalled': 'bad',
  'resumed': 'good',
  'backup-lost': 'warn',
  'redundancy-restored': 'good',
  'format-changed': 'warn',
  'programmes-differ': 'warn',
};

/** Of one mark: names come from anywhere. */
const MAX_TEXT = 300;

/** Whether an event tells what has become of a mountpoint. */
export function isOfMountpoint(event: ProcessEvent): event is ProcessEvent & { readonly mount: string } {
  return Object.hasOwn(tones, event.kind);
}

/** What is drawn and listed at a mountpoint; undefined for what is not, and for reminders. */
export function markOf(atMs: number, event: ProcessEvent & { readonly mount: string }): Mark | undefined {
  const tone = tones[event.kind];
  if (tone === undefined || isReminder(event)) return undefined;
  const { kind } = event;
  const text = sentenceOf(event).replace(`${event.mount}: `, '').slice(0, MAX_TEXT);
  if (kind === 'switch') return { atMs: Math.round(atMs), tone, kind, text, errorMs: tenths(event.offByMs), silentMs: tenths(event.silentMs) };
  return { atMs: Math.round(atMs), tone, kind, text };
}

/** The same as before, said again because it lasts. */
function isReminder(event: ProcessEvent): boolean {
  return (event.kind === 'backup-lost' || event.kind === 'no-relay-left' || event.kind === 'no-target-left') && event.forMs > 0;
}

/** Whether it is among the lines of the page: what the log tells at `warn` and above, and good news. */
export function isTold(event: ProcessEvent): boolean {
  if (isReminder(event)) return false;
  return logTable[event.kind].level === 'warn' || logTable[event.kind].level === 'error' || told.has(event.kind);
}

const told: ReadonlySet<ProcessEvent['kind']> = new Set(['mount-started', 'backup-added', 'redundancy-restored', 'relay-back', 'resumed', 'programmes-agree', 'operator', 'source-started', 'stopping', 'no-backup']);

function tenths(ms: number): number {
  return Math.round(ms * 10) / 10;
}
