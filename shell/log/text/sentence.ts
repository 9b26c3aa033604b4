import { NOT_REACHED } from '../../../core/edge/intake/relays-left.ts';
import { unfitnessTexts, type LastSeen, type SwitchReason } from '../../../core/edge/switching/events.ts';
import type { EndReason } from '../../../core/edge/mountpoint/events.ts';
import type { ProcessEvent } from '../events.ts';
import { printable } from '../printable.ts';
import { logTable } from './table.ts';

interface Encoder {
  readonly origin: string;
  readonly source: string;
  readonly stream: string;
}

/** First digits of the id of a stream that tell it from others, as a rule. */
export const LEAST_DIGITS = 8;

/** An encoder for people: its name and address, as far as they are known, or its stream: studio-a (192.0.2.7). */
export function encoderText({ origin, source, stream }: Encoder): string {
  if (origin === '' && source === '') return stream === '' ? 'an encoder that is not known' : `stream ${stream.slice(0, LEAST_DIGITS)}`;
  return printable(origin === '' || source === '' ? origin + source : `${origin} (${source})`);
}

/** Why a mountpoint has ended, behind its name. */
export const endTexts: Readonly<Record<EndReason, string>> = {
  'no-source': 'no frame from any encoder',
  'other-format': 'only an encoder of another format is left, and it begins anew with that',
};

/** The same, with how long it was without frames. */
export function endText({ why, silentMs }: { readonly why: EndReason; readonly silentMs: number }): string {
  return `${endTexts[why]}${silentMs > 0 ? ` for ${spanText(silentMs)}` : ''}`;
}

const switchTexts: Readonly<Record<SwitchReason, string>> = {
  'stalled': 'stalled',
  'paths-closed': 'its connections are closed',
  'forgotten': 'it is gone',
  'lost': 'it has lost audio',
  'behind': 'it is behind',
  'lossy': 'it loses audio again and again',
  'silent': 'silence',
  'frozen': 'it repeats itself',
  'foreign': 'it carries another programme',
  'unpaced': 'it is faster than real time',
  'preferred': 'the other one is preferred',
  'operator': 'operator command',
};

/** What a stream of a mountpoint that has ended did last, behind its name. */
export function lastSeenText({ wasOnAir, why, silentMs }: LastSeen): string {
  return `${wasOnAir ? 'was on air, ' : ''}${why === undefined ? 'was well' : unfitnessTexts[why]}, last frame ${spanText(silentMs)} before the end`;
}

/** Milliseconds as people read them: 0.4 s, 75 s, 3 min, 5 h. */
export function spanText(ms: number): string {
  if (ms < 10_000) return `${Math.round(ms / 100) / 10} s`;
  if (ms < 120_000) return `${Math.round(ms / 1_000)} s`;
  return ms < 7_200_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}

/** An event in one line for people: where, what, and whose encoders. Its figures and ids stand beside it. */
export function sentenceOf(event: ProcessEvent): string {
  const { text } = logTable[event.kind];
  if (!('mount' in event) || event.mount === undefined || event.mount === '' || isOfListener(event.kind)) return `${text}${about(event)}`;
  return `${printable(event.mount)}: ${text}${about(event)}`;
}

/** Behind the text of the table. */
function about(event: ProcessEvent): string {
  switch (event.kind) {
    case 'switch': {
      const from = encoderText({ origin: event.fromOrigin, source: event.fromSource, stream: event.from });
      return `: ${from} to ${encoderText({ origin: event.toOrigin, source: event.toSource, stream: event.to })}, ${switchTexts[event.reason]}`;
    }
    case 'fallback-left':
      return `: to ${encoderText({ origin: event.toOrigin, source: event.toSource, stream: event.to })}`;
    case 'backup-lost':
      return `: ${encoderText(event)} ${unfitnessTexts[event.why]}${onAir(event)}${already(event.forMs)}`;
    case 'redundancy-restored':
      return `: ${encoderText(event)} stands by`;
    case 'programmes-differ':
    case 'programmes-agree':
      return `: ${encoderText(event)} and ${encoderText({ origin: event.otherOrigin, source: event.otherSource, stream: event.other })}`;
    case 'origin-contested':
      return `: ${encoderText(event)} and ${encoderText({ origin: '', source: event.otherSource, stream: event.other })}`;
    case 'mount-ended':
      return `: ${endText(event)}, ${event.listeners} ${event.listeners === 1 ? 'listener' : 'listeners'} disconnected`;
    case 'relay-lost':
      return `: ${printable(event.label)}, ${event.left} left`;
    case 'no-relay-left':
      return `: ${printable(event.label)} ${event.reason === NOT_REACHED ? 'is not reached' : 'was the last'}${already(event.forMs)}`;
    case 'no-target-left':
      return `: ${printable(event.label)}${already(event.forMs)}`;
    case 'target-up':
    case 'target-down':
    case 'target-lost':
    case 'left-target-lost':
    case 'target-stuck':
      return `: ${printable(event.label)}`;
    case 'reloaded':
      return `, changed: ${printable(event.changed)}`;
    case 'needs-restart':
      return `: ${printable(event.keys)}`;
    case 'reload-refused':
      return `: ${printable(event.problem)}`;
    case 'relay-back':
    case 'target-back':
      return `: ${printable(event.label)}${event.forMs > 0 ? `, after ${spanText(event.forMs)} without any` : ''}`;
    default:
      return isOfStream(event) ? `: ${encoderText(event)}` : '';
  }
}

function onAir({ onAirOrigin: origin, onAirSource: source, onAir: stream }: Extract<ProcessEvent, { kind: 'backup-lost' }>): string {
  return stream === '' ? ', and no encoder is on air' : `, ${encoderText({ origin, source, stream })} is alone`;
}

function already(forMs: number): string {
  return forMs < 10_000 ? '' : `, for ${spanText(forMs)}`;
}

function isOfStream(event: ProcessEvent): event is ProcessEvent & Encoder {
  return 'stream' in event && event.stream !== '' && 'source' in event && 'origin' in event;
}

function isOfListener(kind: ProcessEvent['kind']): boolean {
  return kind === 'access' || kind.startsWith('listener-');
}
