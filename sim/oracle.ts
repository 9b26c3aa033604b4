import { toMs } from '../core/units.ts';
import type { World } from './world.ts';

/** What must hold at every moment of every run, whatever the scenario. */
export type Rule =
  | 'every delivered frame equals one that an encoder made'
  | 'a frame is never delivered twice or backwards'
  | 'a frame that reached the edge in time is never lost'
  | 'cuts are at frame boundaries'
  | 'bounds hold'
  | 'every switch is reported'
  | 'a machine never throws';

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

  constructor(world: World) {
    this.#world = world;
  }

  get violations(): readonly Violation[] {
    return this.#violations;
  }

  violated(rule: Rule, what: string): void {
    if (this.#violations.length >= MOST_VIOLATIONS) return;
    this.#violations.push({ atMs: toMs(this.#world.now), rule, what });
  }

  bound(who: string, what: string, value: number, most: number): void {
    if (value > most) this.violated('bounds hold', `${who}: ${what} ${value}, at most ${Math.round(most)}`);
  }
}
