import { Simulation, type RunOptions } from '../run/simulation.ts';
import type { Scenario } from '../run/scenario.ts';
import type { TraceLine } from '../world/trace.ts';
import type { Happening } from './happening.ts';

/** So many of the latest events are remembered: those of a minute or so. */
const REMEMBERED = 65_536;

/** A simulation that is played event by event, and what it did lately. */
export class Diary {
  readonly simulation: Simulation;
  readonly #happenings: Happening[] = [];
  #lines: TraceLine[] = [];
  #latest: Happening | undefined;

  constructor(scenario: Scenario, options: Omit<RunOptions, 'line'>) {
    this.simulation = new Simulation(scenario, { ...options, line: (line) => this.#lines.push(line) });
  }

  /** Undefined when there is nothing left to play. */
  get latest(): Happening | undefined {
    return this.#latest;
  }

  /** Plays the next event. An event that throws is the last one, and still has what was traced before. */
  step(): Happening | undefined {
    const { world } = this.simulation;
    const before = world.number;
    this.simulation.step();
    this.#latest = world.number === before ? undefined : { number: world.number, cause: world.cause, atUs: world.now, lines: this.#lines };
    if (this.#latest === undefined) return undefined;
    this.#lines = [];
    this.#happenings[this.#latest.number % REMEMBERED] = this.#latest;
    return this.#latest;
  }

  find(number: number): Happening | undefined {
    const found = this.#happenings[number % REMEMBERED];
    return found?.number === number ? found : undefined;
  }
}
