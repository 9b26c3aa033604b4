import { formats, frameMs, type Format } from '../../rigs/formats.ts';
import type { Experience, SessionResult } from '../experience.ts';
import { faults, type FaultName } from '../fault.ts';
import { percentile } from './summary.ts';

/** What was to be reached, and what was, for one codec. */
export interface Goal {
  readonly name: string;
  readonly wanted: string;
  readonly reached: string;
  readonly ok: boolean;
}

export interface CodecGoals {
  readonly codec: Format;
  readonly switches: number;
  readonly goals: readonly Goal[];
}

/** Faults after which listeners are given another encoder at once. */
const AT_ONCE: readonly FaultName[] = ['encoder-kill', 'encoder-freeze', 'encoder-restart'];
/** One granule of MP3. */
const GRANULE_MS = 13;
const MOST_STALL_MS = 500;

/** Holds a run of ours against the goals. Errors are programme missing and repeated, of each fault all together. */
export function goalsOf(sessions: readonly SessionResult[]): CodecGoals[] {
  const ours = sessions.filter(({ system, rounds }) => system === 'davecast' && rounds.length > 0);
  return (Object.keys(formats) as Format[]).flatMap((codec) => {
    const all = ours.filter((session) => session.codec === codec);
    const switched = all.filter(({ fault }) => AT_ONCE.includes(fault as FaultName)).flatMap(({ rounds }) => rounds);
    return switched.length === 0 ? [] : [{ codec, switches: switched.length, goals: goalsOfCodec(codec, switched, all) }];
  });
}

function goalsOfCodec(codec: Format, switched: readonly Experience[], all: readonly SessionResult[]): Goal[] {
  const errors = switched.map(({ missingMs, repeatedMs }) => missingMs + repeatedMs);
  const worst = (of: (one: Experience) => number): number => Math.max(...switched.map(of));
  const total = (of: (one: Experience) => number): number => all.flatMap(({ rounds }) => rounds).reduce((sum, one) => sum + of(one), 0);
  const most = (name: string, value: number, limit: number, unit = ' ms'): Goal => ({
    name,
    wanted: limit === 0 ? `0${unit}` : `≤ ${tenths(limit)}${unit}`,
    reached: `${tenths(value)}${unit}`,
    ok: value <= limit,
  });
  return [
    most('error in 95 %', percentile(errors, 95), frameMs(codec) / 2 + 1),
    most('error at most', Math.max(...errors), frameMs(codec) + 1),
    most('garbled at most', worst(({ garbledMs }) => garbledMs), formats[codec].demuxer === 'mp3' ? GRANULE_MS : 0),
    most('decoder complaints', total(({ complaints }) => complaints), 0, ''),
    most('longest stall', worst(({ stallMs }) => stallMs), MOST_STALL_MS),
    most('disconnects', total(({ disconnects }) => disconnects), 0, ''),
    most('false switches', falseSwitches(all), 0, ''),
  ];
}

/** Switches where nothing was wrong with the encoder on air, and all beyond the one that a fault asks for. */
function falseSwitches(sessions: readonly SessionResult[]): number {
  return sessions.reduce((sum, { fault, rounds, calm }) => {
    const needed = faults[fault as FaultName].isSwitch ? 1 : 0;
    return sum + (calm?.switches ?? 0) + rounds.reduce((more, { switches }) => more + Math.max(0, (switches ?? 0) - needed), 0);
  }, 0);
}

function tenths(value: number): number {
  return Math.round(10 * value) / 10;
}
