import { NEVER, type Micros } from '../../core/base/units.ts';
import type { World } from './world.ts';

/**
 * One time at which something wants to be called; setting it again replaces the time.
 *
 * Moving it to later keeps the event that is already scheduled, which then schedules itself again: most deadlines are
 * put off many times before they come.
 */
export class Alarm {
  readonly #world: World;
  readonly #ring: () => void;
  readonly #event = (): void => this.#due();
  #at: Micros = NEVER;
  /** When the earliest of our scheduled events comes. */
  #scheduledAt: Micros = NEVER;

  constructor(world: World, ring: () => void) {
    this.#world = world;
    this.#ring = ring;
  }

  /** NEVER when it is not set. */
  get at(): Micros {
    return this.#at;
  }

  set(at: Micros): void {
    this.#at = at;
    if (at >= this.#scheduledAt) return;
    this.#scheduledAt = at;
    this.#world.at(at, this.#event);
  }

  cancel(): void {
    this.#at = NEVER;
  }

  #due(): void {
    const now = this.#world.now;
    // An event that an earlier one has overtaken.
    if (now < this.#scheduledAt || this.#scheduledAt === NEVER) return;
    this.#scheduledAt = NEVER;
    if (this.#at > now) {
      if (this.#at !== NEVER) this.set(this.#at);
      return;
    }
    this.#at = NEVER;
    this.#ring();
  }
}
