import { toMs } from '../../core/base/units.ts';
import type { World } from '../world/world.ts';

/** What must hold at every moment of every run, whatever the scenario. */
export type Rule =
  | 'every delivered frame equals one that an encoder made'
  | 'a listener hears only frames that an allowed encoder made'
  | 'a frame is never delivered twice or backwards'
  | 'a frame that reached the edge in time is never lost'
  | 'cuts are at frame boundaries'
  | 'bounds hold'
  | 'every switch is reported'
  | 'what may still come is not given up'
  | 'a gap is decided in time'
  | 'a switch has its reason'
  | 'a switch costs no more than it must'
  | 'nobody waits while a stream is well'
  | 'what is over ends'
  | 'redundancy is told as it is'
  | 'a fallback stands in as it is set'
  | 'a decoder is given nothing that it cannot decode'
  | 'a title is that of its frames'
  | 'a title that was set is followed by newer ones only'
  | 'a listener gets what is given out'
  | 'a listener hears only those who are allowed'
  | 'forged audio is not heard past its signature'
  | 'a stream that has to be signed is not heard without'
  | 'a subscriber gets each message once'
  | 'what is kept is sent again'
  | 'a dead connection is let go of'
  | 'a machine never throws';

/** What only those see who compare what comes by all paths; machines do not report it. */
export type Sighting = 'loss on one path of three' | 'arrival after the switch';

export interface Violation {
  readonly atMs: number;
  /** One of the rules, or what a scenario expected. */
  readonly rule: string;
  readonly what: string;
}

/** One fault of ours can break a rule at every frame from then on. */
const MOST_VIOLATIONS = 50;

/** Collects what went against the rules. */
export class Oracle {
  readonly #world: World;
  readonly #violations: Violation[] = [];
  readonly #sightings = new Map<string, number>();
  readonly #titlesSetAt = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  /** What was seen that is rare, but nobody's fault, and how often. */
  get sightings(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#sightings);
  }

  /** Somebody sets this title, which no one has set before. */
  titleSet(title: string): void {
    this.#titlesSetAt.set(title, Math.floor(toMs(this.#world.now)));
  }

  /** When that was, in whole milliseconds, as processes say it to each other; undefined when nobody has set it. */
  titleSetAt(title: string): number | undefined {
    return this.#titlesSetAt.get(title);
  }

  sighted(what: Sighting): void {
    this.#sightings.set(what, (this.#sightings.get(what) ?? 0) + 1);
  }

  violated(rule: Rule, what: string): void {
    if (this.#violations.length >= MOST_VIOLATIONS) return;
    this.#violations.push({ atMs: toMs(this.#world.now), rule, what });
  }

  bound(who: string, what: string, value: number, most: number): void {
    if (value > most) this.violated('bounds hold', `${who}: ${what} ${value}, at most ${Math.round(most)}`);
  }
}
