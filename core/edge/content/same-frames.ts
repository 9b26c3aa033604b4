import type { Snapshot } from '../../base/snapshot.ts';
import type { Micros } from '../../base/units.ts';
import type { Agreement, Match, Matchable, Matcher } from './matcher.ts';
import type { FrameTable } from './frame-table.ts';

/** So many frames in a row must be the same, */
const RUN = 4;
/** and so many of them different from one another. */
const LEAST_DISTINCT = 3;
/** By which frames of a stream the other one is searched: its newest one, and one a little older, should the newest be lost there. */
const PROBES = [0, 6] as const;
/** A frame that is there so often says nothing of where it belongs. */
const MOST_PLACES = 8;

/**
 * Finds the same point of the programme in two streams that are made of the same frames: two encoders that pull the same mountpoint of a server, or one
 * that was started anew, and begins with what the server had kept. That point is exact. Where the frames are not the same, the next
 * matcher is asked.
 *
 * Frames are compared by how their sound is coded, which is the same only where both come from one encoder. It costs four searches.
 */
export class SameFrames implements Matcher {
  readonly #next: Matcher;

  constructor(next: Matcher) {
    this.#next = next;
  }

  locate(from: Matchable, mediaUs: number, to: Matchable): Match | undefined {
    const lagUs = lagBetween(from.frames, to.frames);
    return lagUs === undefined ? this.#next.locate(from, mediaUs, to) : { mediaUs: mediaUs + lagUs, by: 'frames' };
  }

  agreement(backup: Matchable): Agreement | undefined {
    return this.#next.agreement?.(backup);
  }

  heard(now: Micros, live: Matchable, backup: Matchable): void {
    this.#next.heard(now, live, backup);
  }

  switched(from: Matchable, to: Matchable): void {
    this.#next.switched(from, to);
  }

  forget(stream: Matchable): void {
    this.#next.forget(stream);
  }

  snapshot(a: Snapshot, reference: (stream: Matchable | undefined) => Matchable): void {
    this.#next.snapshot(a, reference);
  }
}

/** Media time of `b` less that of `a` at the same frame; undefined when they have no run of frames in common, or more than one. */
export function lagBetween(a: FrameTable, b: FrameTable): number | undefined {
  for (const probe of PROBES) {
    const lag = lagAt(a, b, probe);
    if (lag !== undefined) return lag;
    const reverse = lagAt(b, a, probe);
    if (reverse !== undefined) return -reverse;
  }
  return undefined;
}

/** The same by one frame of `b`: as old as it may be, it is looked for among all of `a`. */
function lagAt(a: FrameTable, b: FrameTable, probe: number): number | undefined {
  if (b.size < probe + RUN) return undefined;
  const digest = b.digest(probe);
  let place = -1;
  let at = a.find(digest);
  for (let places = 0; at >= 0; at = a.find(digest, at + 1)) {
    if (++places > MOST_PLACES) return undefined;
    if (!isRun(a, at, b, probe)) continue;
    // What repeats itself has no place.
    if (place >= 0) return undefined;
    place = at;
  }
  return place < 0 || distinctFrom(b, probe) < LEAST_DISTINCT ? undefined : b.mediaUs(probe) - a.mediaUs(place);
}

/** How many frames of a run are different from one another. */
function distinctFrom(frames: FrameTable, probe: number): number {
  let distinct = 0;
  for (let back = 0; back < RUN; back++) {
    let newer = 0;
    while (newer < back && frames.digest(probe + newer) !== frames.digest(probe + back)) newer++;
    if (newer === back) distinct++;
  }
  return distinct;
}

function isRun(a: FrameTable, place: number, b: FrameTable, probe: number): boolean {
  if (a.size < place + RUN) return false;
  for (let back = 0; back < RUN; back++) if (a.digest(place + back) !== b.digest(probe + back)) return false;
  return true;
}
