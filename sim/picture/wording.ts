import { unfitnessTexts, type Unfitness } from '../../core/edge/switching/events.ts';
import type { Fields, MarkTone } from './data.ts';

/** How an event is told: what it means, a line for people, and what stands beside its mark. */
export interface Wording {
  readonly tone: MarkTone;
  readonly text: string;
  readonly label: string;
}

type Tell = (fields: Fields) => string;
type Entry = readonly [tone: MarkTone | ((fields: Fields) => MarkTone), text: Tell, label?: Tell];

const on = ({ mount }: Fields): string => `/${text(mount)}`;
const by = ({ reason }: Fields): string => text(reason);
/** Why a format cannot be heard. */
const why = (refusal: unknown): string => {
  const { code, format, before, wanted, codec = 'nothing' } = refusal as Fields;
  if (code === 'cannot-follow') return `${formatText(format)} cannot follow ${formatText(before)}`;
  return `the mountpoint is to have ${text(wanted)}, and not ${text(codec)}`;
};
const formatText = (format: unknown): string => {
  if (format === undefined) return 'nothing';
  const { codec, sampleRateHz, channels } = format as Fields;
  return `${text(codec)} ${text(sampleRateHz)} Hz ${text(channels)} ch`;
};
const unfit = (why: unknown): string => unfitnessTexts[why as Unfitness];
const who = ({ host }: Fields): string => text(host);
const ways = ({ ways }: Fields): string => wayNames(ways);

/** The events that people look for. All others are told by their fields, as a matter of routine. */
const entries: Readonly<Record<string, Entry>> = {
  // What is done to hosts and paths.
  kill: ['fault', (f) => `${who(f)} is killed`, (f) => `kill ${who(f)}`],
  vanish: ['fault', (f) => `${who(f)} vanishes without closing its connections`, (f) => `${who(f)} vanishes`],
  freeze: ['fault', (f) => `${who(f)} is frozen, with its connections open`, (f) => `freeze ${who(f)}`],
  step: ['fault', (f) => `${who(f)}'s clock is set by ${span(f['byMs'])}`, (f) => `${who(f)} ${Number(f['byMs']) < 0 ? '' : '+'}${span(f['byMs'])}`],
  loop: ['fault', (f) => `${who(f)} hangs, and repeats its last second`, (f) => `loop ${who(f)}`],
  programme: ['repair', (f) => `${who(f)} carries the programme again`, (f) => `programme ${who(f)}`],
  forget: ['fault', (f) => `existing connections carry nothing: ${ways(f)}`, (f) => `forget ${ways(f)}`],
  recall: ['repair', (f) => `forgotten connections carry data again: ${ways(f)}`, (f) => `recall ${ways(f)}`],
  cut: ['fault', (f) => `cut: ${ways(f)}`, (f) => `cut ${ways(f)}`],
  change: ['fault', (f) => `conditions change: ${ways(f)}: ${fieldsText(f['changes'] as Fields)}`, (f) => `change ${ways(f)}`],
  restart: ['repair', (f) => `${who(f)} is restarted`, (f) => `restart ${who(f)}`],
  thaw: ['repair', (f) => `${who(f)} resumes`, (f) => `thaw ${who(f)}`],
  heal: ['repair', (f) => `repaired: ${ways(f)}`, (f) => `heal ${ways(f)}`],
  command: [
    'news',
    (f) => (f['result'] === undefined ? `operator command to ${who(f)}: ${JSON.stringify(f['command'])}` : `${on(f)}: operator command: ${text(f['result'])}`),
    () => 'operator',
  ],
  policy: ['news', (f) => `what is wanted of ${on(f)} at ${who(f)}: ${JSON.stringify(f['policy'])}`, () => 'operator'],
  'policy-changed': ['news', (f) => `${on(f)} configured: ${text(f['changed'])}`],
  // What an edge decides.
  switch: [
    'switch',
    (f) =>
      `${on(f)} switches from ${text(f['from'])} to ${text(f['to'])}: ${by(f)}. No frame for ${span(f['silentMs'])}, ` +
      `${span(f['catchUpMs'])} follow at once, ${span(f['missingMs'])} missing, cut error ${span(f['offByMs'])}`,
    by,
  ],
  gap: [
    ({ action }) => (action === 'none' ? 'news' : 'loss'),
    (f) => `${text(f['messages'])} messages of ${text(f['stream'])} given up: ${text(f['verdict'])}, after ${span(f['waitedMs'])}. ${action(f['action'])}`,
    (f) => `${text(f['messages'])} lost`,
  ],
  stalled: [
    'loss',
    (f) => `${on(f)} is stalled: no frame of ${text(f['stream'])} for ${span(f['silentMs'])}, and no backup can take over`,
    () => 'stalled',
  ],
  resumed: ['repair', (f) => `${on(f)} resumes with ${text(f['stream'])} after ${span(f['silentMs'])}`],
  'programmes-differ': ['loss', (f) => `${on(f)}: ${text(f['stream'])} and ${text(f['other'])} carry different programmes`, () => 'stranger'],
  'programmes-agree': ['repair', (f) => `${on(f)}: ${text(f['stream'])} and ${text(f['other'])} carry the same programme again`],
  'origin-contested': ['loss', (f) => `${on(f)}: ${text(f['stream'])} and ${text(f['other'])} have the same origin ${text(f['origin'])}`, () => 'same origin'],
  'fallback-entered': [
    'loss',
    (f) => `${on(f)} has no stream, fallback on air: ${text(f['what'])}. No frame for ${span(f['silentMs'])}, sent at once`,
    () => 'fallback',
  ],
  'fallback-left': ['repair', (f) => `${on(f)} switches to ${text(f['to'])} after ${span(f['forMs'])} of fallback ${text(f['what'])}`],
  'fallback-replaced': ['news', (f) => `${on(f)}: fallback ${text(f['what'])} is wanted no more, after ${span(f['forMs'])}. ${f['by'] === '' ? 'There is none' : `${text(f['by'])} is`}`],
  'fallback-refused': ['bad', (f) => `${text(f['what'])} cannot be the fallback of ${on(f)}: ${why(f['why'])}`],
  'new-format': ['switch', (f) => `${on(f)} continues as ${formatText(f)}, after ${formatText(f['before'])}`],
  'format-changed': ['bad', (f) => `${on(f)} restarts with ${text(f['stream'])}: ${why(f['why'])}`],
  'mount-started': ['news', (f) => `${on(f)} starts with ${f['stream'] === '' ? 'its fallback' : text(f['stream'])}`],
  'mount-ended': ['bad', (f) => `${on(f)} ends: ${f['why'] === 'other-format' ? 'only another format is left' : `no source for ${span(f['silentMs'])}`}`, () => 'ended'],
  'no-backup': ['news', (f) => `${on(f)} has no backup: ${text(f['stream'])} is alone`],
  'backup-lost': [
    'loss',
    (f) => `nothing stands by for ${on(f)}: ${text(f['stream'])} ${unfit(f['why'])}${Number(f['forMs']) > 0 ? `, for ${span(f['forMs'])}` : ''}`,
    () => 'no backup',
  ],
  'redundancy-restored': ['repair', (f) => `${text(f['stream'])} stands by for ${on(f)}, after ${span(f['forMs'])} without a backup`],
  'path-opened': ['news', (f) => `connection to ${text(f['label'])} made`],
  'path-closed': ['loss', (f) => `connection to ${text(f['label'])} lost: ${by(f)}`, () => 'lost'],
  'relay-lost': ['loss', (f) => `relay ${text(f['label'])} lost: ${by(f)}; ${text(f['left'])} left`, () => 'relay lost'],
  'no-relay-left': ['bad', (f) => `no relay left, ${text(f['label'])} was the last: ${by(f)}`, () => 'no relay'],
  'relay-back': ['repair', (f) => `relay ${text(f['label'])} back`],
  'stream-unpaced': ['loss', (f) => `${text(f['stream'])} is faster than real time: ${span(f['programmeMs'])} of programme in ${span(f['withinMs'])}`],
  'stream-paced': ['repair', (f) => `${text(f['stream'])} is at real time again`],
  'backup-added': ['news', (f) => `${text(f['stream'])} is a backup for ${on(f)}`],
  'backup-refused': ['loss', (f) => `${text(f['stream'])} cannot be a backup for ${on(f)}: ${why(f['why'])}`],
  'bound-hit': ['loss', (f) => `limit reached: ${text(f['bound'])}, ${text(f['count'])} times`, (f) => text(f['bound'])],
  'listener-dropped': ['bad', (f) => `listener disconnected, too slow: ${text(f['label'])}, ${text(f['lagBytes'])} bytes behind`, () => 'too slow'],
  // What encoders and relays report.
  'stream-contested': ['loss', (f) => `${text(f['stream'])} from ${text(f['label'])} refused: its owner is ${text(f['owner'])}`, () => 'not owner'],
  'relay-forges': ['bad', (f) => `${text(f['label'])} brings audio of ${text(f['stream'])} that its encoder has not signed: ${text(f['messages'])} messages, ${text(f['given'])} of them given out`, () => 'forged'],
  'stream-unproven': ['loss', (f) => `${text(f['messages'])} messages of ${text(f['stream'])} refused: ${text(f['why'])}`, () => 'not signed'],
  'rights-exceeded': ['loss', (f) => `${text(f['label'])} sends what its key does not allow${f['mount'] === undefined ? '' : `, of ${text(f['mount'])}`}: ${text(f['messages'])} messages dropped`, () => 'not allowed'],
  'target-stuck': ['news', (f) => `${text(f['label'])} has acknowledged nothing for ${span(f['stuckMs'])}: reconnecting`],
  'no-target-left': ['loss', (f) => `no target connected, ${text(f['label'])} was the last`, () => 'no target'],
  'target-back': ['repair', (f) => `target ${text(f['label'])} connected, after ${span(f['forMs'])} without any`],
  'target-lost': ['routine', (f) => `${text(f['messages'])} messages dropped so far for ${text(f['label'])}: unreachable or too slow`],
  'subscriber-behind': ['loss', (f) => `${text(f['label'])} is behind the history: ${text(f['lostMessages'])} messages lost`],
  'subscriber-cut': ['loss', (f) => `${text(f['label'])} is disconnected, too slow: behind for ${span(f['behindMs'])}`, () => 'cut'],
  // What listeners hear.
  splice: [
    ({ reason }) => (reason === 'gap' ? 'loss' : 'switch'),
    (f) =>
      `hears ${text(f['to'])}${f['from'] === f['to'] ? ' go on' : ` after ${text(f['from'])}`}: ${by(f)}. ` +
      `${span(f['missingMs'])} missing, ${span(f['repeatedMs'])} repeated${f['garbledMs'] === undefined ? '' : `, ${span(f['garbledMs'])} garbled`}`,
    errorText,
  ],
  connected: [
    ({ stream }) => (stream === undefined ? 'routine' : 'news'),
    (f) => (f['stream'] === undefined ? `connected: ${fieldsText(f)}` : `connected, hears ${text(f['stream'])}`),
  ],
  disconnected: [
    ({ retryInMs }) => (retryInMs === undefined ? 'bad' : 'routine'),
    (f) => (f['retryInMs'] === undefined ? `disconnected by the server: ${by(f)}` : `disconnected: ${fieldsText(f)}`),
  ],
  // An encoder that carries it, by what is done to it; or a listener who hears nothing.
  silence: [
    ({ host }) => (host === undefined ? 'bad' : 'fault'),
    (f) => (f['host'] === undefined ? `silence for ${span(f['silentMs'])}` : `${who(f)} carries digital silence`),
    (f) => (f['host'] === undefined ? `${span(f['silentMs'])} silent` : `silence ${who(f)}`),
  ],
  violation: ['bad', (f) => `${text(f['rule'])}: ${text(f['what'])}`],
};

export function wordingOf(kind: string, fields: Fields): Wording {
  const entry = Object.hasOwn(entries, kind) ? entries[kind] : undefined;
  if (entry === undefined) return { tone: 'routine', text: `${kind} ${fieldsText(fields)}`.trimEnd(), label: '' };
  const [tone, tell, label] = entry;
  return { tone: typeof tone === 'function' ? tone(fields) : tone, text: tell(fields), label: label?.(fields) ?? '' };
}

/** Milliseconds as people read them. */
export function span(ms: unknown): string {
  if (typeof ms !== 'number') return text(ms);
  if (Math.abs(ms) >= 10_000) return `${Math.round(ms / 100) / 10} s`;
  return `${Math.abs(ms) >= 100 ? Math.round(ms) : Math.round(ms * 10) / 10} ms`;
}

function fieldsText(fields: Fields): string {
  return Object.entries(fields)
    .map(([key, value]) => `${key} ${text(value)}`)
    .join(', ');
}

/** The error of a splice: what is missing counts as negative, what is heard twice as positive. */
function errorText({ missingMs, repeatedMs }: Fields): string {
  if (Number(missingMs) > 0) return `−${span(missingMs)}`;
  return Number(repeatedMs) > 0 ? `+${span(repeatedMs)}` : '0 ms';
}

function action(what: unknown): string {
  if (what === 'none') return 'Not audible: it is a backup';
  return what === 'switched' ? 'Recovered from another stream' : 'Missing for the listeners';
}

function wayNames(ways: unknown): string {
  if (!Array.isArray(ways)) return text(ways);
  const names = (ways as readonly { readonly from: string; readonly to: string }[]).map(({ from, to }) => ({ from, to }));
  const isBack = (index: number): boolean => names.slice(0, index).some(({ from, to }) => from === names[index]!.to && to === names[index]!.from);
  return names
    .map(({ from, to }, index) => {
      if (isBack(index)) return '';
      return `${from} ${names.some((other) => other.from === to && other.to === from) ? '↔' : '→'} ${to}`;
    })
    .filter((name) => name !== '')
    .join(', ');
}

function text(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
