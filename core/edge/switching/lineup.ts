import { streamName } from '../../links/peers/encoder-name.ts';
import { toMs, type Micros } from '../../base/units.ts';
import type { Agreement, Match, Matcher } from '../content/matcher.ts';
import type { Playout } from '../playout/playout.ts';
import type { MountState } from '../playout/state.ts';
import type { EdgeStream } from '../stream/stream.ts';
import type { Candidates } from './candidates.ts';
import type { LastSeen } from './events.ts';
import type { Trust } from './trust.ts';

export interface LineupOptions {
  readonly matcher: Matcher;
  readonly candidates: Candidates;
  readonly playout: Playout;
  readonly trust: Trust;
  readonly state: MountState;
}

/** The streams of a mountpoint beside the one on air: what others may know of them. Nothing is decided here. */
export class Lineup {
  readonly #options: LineupOptions;

  constructor(options: LineupOptions) {
    this.#options = options;
  }

  /** All of them, and the one that was on air though it is known no more. The one on air comes first. */
  get byUse(): readonly EdgeStream[] {
    const live = this.#live;
    const others = [...this.#options.candidates].filter((stream) => stream !== live);
    return live === undefined ? others : [live, ...others];
  }

  /** Whether one has been seen to carry another programme than the live stream. */
  isStranger(stream: EdgeStream): boolean {
    const live = this.#live;
    return live !== undefined && stream !== live && this.#options.trust.isDifferent(stream, live);
  }

  /** Whether one carries the programme of the live stream, or is that. */
  isKnown(stream: EdgeStream): boolean {
    const live = this.#live;
    return stream === live || (live !== undefined && this.#options.trust.isSame(stream, live));
  }

  /**
   * Media time of `to` at the same point of the programme that `from` has at `mediaUs`, by what is in the two; undefined where that is not known. Against the live
   * stream it is known of every other one.
   */
  samePointUs(from: EdgeStream, mediaUs: number, to: EdgeStream): number | undefined {
    const fromLive = this.#lagOfLive(to);
    const toLive = this.#lagOfLive(from);
    return fromLive === undefined || toLive === undefined ? undefined : mediaUs - toLive + fromLive;
  }

  /** Programme that one has beyond the point where the listeners are; undefined where the two cannot be compared. */
  aheadUs(stream: EdgeStream): number | undefined {
    return this.#options.candidates.aheadUs(stream);
  }

  /** Where the point at which the listeners are lies in another stream; undefined for the live one, too. */
  matchOf(stream: EdgeStream): Match | undefined {
    return this.#options.candidates.matchOf(stream);
  }

  /** How well a backup agrees with the live stream by what is in the two. */
  agreement(stream: EdgeStream): Agreement | undefined {
    return this.#options.matcher.agreement?.(stream);
  }

  /** Whether one is not on air and could be entered now. */
  standsBy(now: Micros, stream: EdgeStream): boolean {
    return stream !== this.#live && this.#options.candidates.unfitness(now, stream) === undefined;
  }

  /** What one did last. */
  lastSeen(now: Micros, stream: EdgeStream): LastSeen {
    const { candidates, state } = this.#options;
    const why = candidates.has(stream) ? candidates.unfitness(now, stream) : 'gone';
    const { frameAt } = stream.health;
    return { ...streamName(stream), wasOnAir: stream === this.#live && state.kind !== 'fallback', why, silentMs: toMs((now - Math.max(frameAt, 0)) as Micros) };
  }

  get #live(): EdgeStream | undefined {
    return this.#options.playout.live;
  }

  #lagOfLive(to: EdgeStream): number | undefined {
    const live = this.#live;
    if (live === undefined || to === live) return live && 0;
    const match = this.#options.matcher.locate(live, 0, to);
    return match === undefined || match.by === 'arrival' ? undefined : match.mediaUs;
  }
}
