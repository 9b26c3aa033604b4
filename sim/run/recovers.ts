import { defaultSettings } from '../../core/config/settings.ts';
import type { Expectation, Outcome } from './expectation.ts';
import type { Topology } from '../world/topology.ts';
import type { Note } from '../world/trace.ts';
import { unmatchedLossesMs } from './unmatched-losses.ts';
import { servedFrom } from './whole.ts';

/** See docs/simulator.md for what it is made of. */
export const RECOVERS_WITHIN_S = 30;

/** What a listener needs besides, to connect again and to fill its buffer. */
const RETRY_S = 5;

/**
 * Silence at once that is not worth a word: a switch while the others go on breaking; and of all the time. Whoever is taken to a slower
 * encoder, because it is preferred, waits for it besides.
 */
const MOST_SILENCE_MS = 500;
const MOST_SILENCE_SHARE = 0.02;

/** A stream is left when another one is `behindSwitchMs` ahead of it, and has been for a moment, and by a burst. */
const MOST_BEHIND_MS = 2 * defaultSettings.behindSwitchMs;

/** What a player has in its buffer is heard before what is missing. */
const HEARD_WITHIN_MS = 10_000;

export interface Recovery {
  /** From then on nothing happens any more to what is well. */
  readonly healsAtS: number;
  readonly withinS: number;
  /** All of them, unless given. */
  readonly listeners?: readonly string[];
}

/**
 * Every listener to whom some way is whole for good from `healsAtS` on hears audio `withinS` later, and goes on hearing it
 * until the end; one whose own path was broken for longer than that, as much later as it was broken. Which way is whole
 * follows from the faults of the run.
 */
export function recovers(recovery: Recovery): Expectation {
  const { healsAtS, withinS, listeners } = recovery;
  return {
    says: `${listeners?.join(', ') ?? 'every listener'} hears again within ${withinS} s from ${healsAtS} s on, if a way is whole`,
    check: (outcome) => {
      return servedFrom(outcome.topology, outcome.faults, healsAtS)
        .filter(({ listener }) => listeners === undefined || listeners.includes(listener.name))
        .flatMap(({ listener, way, cutOffS }) => {
          const fromS = Math.max(healsAtS, listener.joinsAtS) + Math.max(withinS, cutOffS + RETRY_S);
          const problem = silenceOf(listener.name, outcome, 1_000 * fromS, unmatchedLossesMs(outcome.notes, listener, way[0]!));
          return problem === undefined ? [] : [`${listener.name} ${problem}; whole: ${way.join(' ')}`];
        });
    },
    written: { by: 'recovers', given: [recovery] },
    asksOnlyPossible: true,
  };
}

/** What was wrong from that time on; undefined when nothing was. */
function silenceOf(name: string, { topology, notes, listeners, simulatedS }: Outcome, fromMs: number, excusedMs: readonly number[]): string | undefined {
  const own = notes.filter(({ actor }) => actor === name);
  const endMs = 1_000 * simulatedS;
  if (endMs <= fromMs) return undefined;
  const firstHeard = own.find(({ kind }) => kind === 'connected');
  if (firstHeard === undefined) return 'never heard anything';
  if (firstHeard.atMs > fromMs) return `heard nothing before ${firstHeard.atMs / 1_000} s`;
  const all = own.filter(({ kind }) => kind === 'silence').map((note) => within(note, fromMs, endMs));
  const silences = all.filter(({ sinceMs, silentMs }) => !excusedMs.some((atMs) => atMs > sinceMs - HEARD_WITHIN_MS && atMs < sinceMs + silentMs));
  const longest = silences.reduce((most, { silentMs }) => Math.max(most, silentMs), 0);
  const total = silences.reduce((sum, { silentMs }) => sum + silentMs, 0);
  const [first] = silences.filter(({ silentMs }) => silentMs > 0);
  const waits = notes.filter(({ kind }) => kind === 'switch').map((note) => waitedMs(note, fromMs));
  const mostAtOnce = MOST_SILENCE_MS + Math.max(0, ...waits);
  const behind = notes.filter(({ kind }) => kind === 'switch').map((note) => behindMs(note, fromMs, topology));
  const mostInAll = MOST_SILENCE_SHARE * (endMs - fromMs) + [...waits, ...behind].reduce((sum, ms) => sum + ms, 0);
  if (first !== undefined && (longest > mostAtOnce || total > mostInAll)) {
    return `was silent for ${Math.round(total)} ms after ${fromMs / 1_000} s, first from ${first.sinceMs / 1_000} s on, ${Math.round(longest)} ms at once`;
  }
  // A pause that is worth no word may lie at the very end.
  const hasJustPaused = silences.some(({ sinceMs, silentMs }) => silentMs > 0 && sinceMs >= endMs - mostAtOnce);
  const plays = hasJustPaused || listeners.some((report) => report.name === name && report.isPlaying);
  return plays ? undefined : `does not play at the end, since ${lastConnected(own)} s`;
}

/** The part of a silence that lies behind a time; since when it was silent in all. */
function within({ fields }: Note, fromMs: number, endMs: number): { readonly sinceMs: number; readonly silentMs: number } {
  const sinceMs = Number(fields['fromMs']);
  const untilMs = Math.min(endMs, sinceMs + Number(fields['silentMs']));
  return { sinceMs, silentMs: Math.max(0, untilMs - Math.max(sinceMs, fromMs)) };
}

/** For how long a switch kept listeners waiting for a slower encoder: behind it, or before it, where the stream that was left had failed. */
function waitedMs({ atMs, fields }: Note, fromMs: number): number {
  const [waitMs, silentMs, catchUpMs] = [Number(fields['waitMs']), Number(fields['silentMs']), Number(fields['catchUpMs'])];
  // Where the programme goes on as it was, what does not follow at once had yet to come.
  const goesOn = atMs >= fromMs && fields['reason'] === 'stalled' && fields['missingMs'] === 0 && fields['repeatedMs'] === 0;
  return waitMs + (goesOn ? Math.min(Math.max(0, silentMs - catchUpMs), defaultSettings.slowerWaitMs) : 0);
}

/** How long listeners got pieces before a switch, because a stream came slower than it plays: until another one was so far ahead, which may have had the programme later. */
function behindMs({ atMs, fields }: Note, fromMs: number, { encoders }: Topology): number {
  if (atMs < fromMs || fields['reason'] !== 'behind') return 0;
  const delayMs = (stream: unknown): number => encoders.find(({ name }) => String(stream).startsWith(`${name}#`))?.feedDelayMs ?? 0;
  return Math.min(Number(fields['catchUpMs']), MOST_BEHIND_MS) + Math.max(0, delayMs(fields['to']) - delayMs(fields['from']));
}

function lastConnected(notes: readonly Note[]): number {
  return Math.max(...notes.filter(({ kind }) => kind === 'connected' || kind === 'disconnected').map(({ atMs }) => atMs)) / 1_000;
}
