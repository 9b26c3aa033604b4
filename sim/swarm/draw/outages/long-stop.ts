import { at, type Fault } from '../../../run/fault.ts';
import { pick, type Dice } from '../../../world/rng.ts';
import type { Topology } from '../../../world/topology.ts';
import { chance, whole } from '../draws.ts';

/** With what an edge would take for too fast a stream, so that a stop as long as a run has room for holds up more. */
export interface LongStop {
  readonly topology: Topology;
  readonly faults: readonly Fault[];
}

/** In one of ten seeds: an edge is stopped for so long that all that waits for it comes to more than a stream may be ahead. */
export function drawLongStop(dice: Dice, topology: Topology, fromS: number, untilS: number): LongStop {
  const random = dice.stream('swarm:long-stop');
  if (!chance(random, 0.1)) return { topology, faults: [] };
  const host = pick(random, topology.edges).name;
  const stopS = fromS + whole(random, 0, 7);
  const unpacedMs = pick(random, [15_000, 20_000]);
  const faults = [at(stopS).freeze(host), at(Math.min(untilS, stopS + whole(random, 15, 35))).thaw(host)];
  return { topology: { ...topology, settings: { ...topology.settings, unpacedMs } }, faults };
}
