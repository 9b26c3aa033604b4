import { ordinary, Way } from './path.ts';
import type { Dice } from './rng.ts';
import type { World } from './world.ts';

/** Every path between two hosts, each direction for itself; made when it is first asked for. */
export class Network {
  readonly #world: World;
  readonly #dice: Dice;
  readonly #ways = new Map<string, Way>();

  constructor(world: World, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  way(from: string, to: string): Way {
    const name = `${from}→${to}`;
    const known = this.#ways.get(name);
    if (known !== undefined) return known;
    const made = new Way(this.#world, this.#dice, name, ordinary);
    this.#ways.set(name, made);
    return made;
  }
}
