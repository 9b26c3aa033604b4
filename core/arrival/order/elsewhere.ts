import type { Micros } from '../../base/units.ts';
import type { PathRecord, PathRecords } from './path-records.ts';
import type { Place } from './place.ts';
import { NEAR_MESSAGES } from './rival.ts';
import type { Held } from './window.ts';

/** What a path had brought far from where the stream was, when the stream has gone there. */
export interface Elsewhere<W> {
  readonly by: W;
  /** What lies between. */
  readonly onTheWay: readonly Held[];
  /** By their numbers, all within a window. */
  readonly held: readonly Held[];
}

/** Takes what a path has at its rival place, which it must have; it is kept there no longer. */
export function takeElsewhere<W extends PathRecord>(now: Micros, place: Place, by: W): Elsewhere<W> {
  const onTheWay = place.takeOnTheWay(now, by);
  const held = by.rival!.take();
  by.rival = undefined;
  return { by, onTheWay, held };
}

/** The same, with what other replicas of its connection have there: a relay passes each message on once, with the replica that brings it first. */
export function takeOfConnection<W extends PathRecord>(now: Micros, place: Place, by: W, pathRecords: PathRecords<W>, windowMessages: number): Elsewhere<W> {
  const taken = takeElsewhere(now, place, by);
  const most = taken.held.at(-1)!.sequence + NEAR_MESSAGES;
  const bySequence = new Map(taken.held.map((one) => [one.sequence, one]));
  for (const { path, rival } of pathRecords) {
    const other = path === by.path ? (rival?.take() ?? []) : [];
    for (const one of other) if (one.sequence > place.newest && one.sequence <= most && !bySequence.has(one.sequence)) bySequence.set(one.sequence, one);
  }
  const held = [...bySequence.values()].sort((a, b) => a.sequence - b.sequence);
  const least = held.at(-1)!.sequence - windowMessages;
  return { ...taken, held: held.filter(({ sequence }) => sequence > least) };
}
