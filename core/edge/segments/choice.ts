import type { SlotShare } from './slot.ts';

/** What decides between the streams of a mountpoint, besides what they have of a slot. */
export interface Merits {
  /** Unix time since which it has been on air, as far as it is believed. */
  startedUs(share: SlotShare): number;
  /** An operator wants it rather than others. */
  isPreferred(share: SlotShare): boolean;
  /** Silence is programme as any other. */
  readonly mayBeSilent: boolean;
}

/** Of those that miss the same up to this, in microseconds, what they miss decides nothing. */
const SAME_MISSING_US = 30_000;

/**
 * The stream that a segment is made of. It needs no memory, so that edges that have the same streams come to the same: of those that are complete the one that
 * has been on air for longest, then the one that is preferred, then the one whose id comes first. If none is complete: of those that miss least. One that is silent all
 * the time is taken only where no other one is complete that is not.
 */
export function chooseShare(shares: readonly SlotShare[], merits: Merits): SlotShare | undefined {
  const whole = shares.filter(({ isComplete }) => isComplete);
  const sounding = whole.filter(({ isSilent }) => !isSilent);
  const complete = sounding.length > 0 && !merits.mayBeSilent ? sounding : whole;
  const leastUs = shares.reduce((least, { missingUs }) => Math.min(least, missingUs), Infinity);
  const candidates = complete.length > 0 ? complete : shares.filter(({ missingUs }) => missingUs < leastUs + SAME_MISSING_US);
  return candidates.reduce<SlotShare | undefined>((best, share) => (best === undefined || goesBefore(share, best, merits) ? share : best), undefined);
}

function goesBefore(one: SlotShare, other: SlotShare, merits: Merits): boolean {
  const laterUs = merits.startedUs(one) - merits.startedUs(other);
  if (laterUs !== 0) return laterUs < 0;
  const preferred = [one, other].map((share) => merits.isPreferred(share));
  return preferred[0] === preferred[1] ? one.stream.name < other.stream.name : preferred[0]!;
}
