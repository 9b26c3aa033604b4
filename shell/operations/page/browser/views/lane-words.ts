import { laneStates, type LaneState } from '../../state.ts';

/** What a lane is, for people: with a sign, so that it is not told by its colour alone. */
export interface LaneWords {
  readonly sign: string;
  readonly text: string;
  /** Of the style sheet. */
  readonly look: string;
}

const onAir: Readonly<Record<LaneState, string>> = {
  well: 'on air', unfit: 'on air', silent: 'on air, silent', frozen: 'on air, repeats itself', stalled: 'on air, stalled', lost: 'on air, lost', off: 'on air',
};
const offAir: Readonly<Record<LaneState, LaneWords>> = {
  well: { sign: '◇', text: 'standing by', look: 'standby' },
  unfit: { sign: '?', text: 'cannot take over', look: 'unfit' },
  silent: { sign: '∅', text: 'silent', look: 'silent' },
  frozen: { sign: '∞', text: 'repeats itself', look: 'silent' },
  stalled: { sign: '!', text: 'stalled', look: 'stalled' },
  lost: { sign: '×', text: 'lost', look: 'lost' },
  off: { sign: '–', text: 'not needed', look: 'off' },
};

export function laneWords(state: LaneState, isOnAir: boolean): LaneWords {
  if (!isOnAir) return offAir[state] ?? offAir.lost;
  const isWell = state === 'well' || state === 'unfit' || state === 'off';
  return { sign: isWell ? '●' : offAir[state].sign, text: onAir[state], look: isWell ? 'onair' : `onair ${offAir[state].look}` };
}

/** Of a number in a span. */
export function wordsOfCode(code: number): LaneWords {
  return laneWords(laneStates[code >> 1] ?? 'lost', code % 2 === 1);
}

/** What is drawn, in the order of how well it is; the last is a line across lanes. */
export const legend: readonly (readonly [look: string, text: string])[] = [
  ['onair', 'on air'], ['onair fallback', 'fallback on air'], ['standby', 'standing by'], ['unfit', 'cannot take over'], ['silent', 'silent, or repeats itself'], ['stalled', 'stalled'], ['lost', 'lost'],
];
