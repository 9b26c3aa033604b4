import { at, type Fault } from '../../../run/fault.ts';
import { exponential, pick, type Random } from '../../../world/rng.ts';
import type { Topology } from '../../../world/topology.ts';
import { chance, seconds } from '../draws.ts';

/** In one of six seeds: titles that are set, each at any encoder, relay or edge, whatever state it is in. */
export function drawSetTitles(random: Random, { encoders, relays, edges }: Topology, fromS: number, untilS: number): readonly Fault[] {
  if (!chance(random, 1 / 6)) return [];
  const hosts = [...encoders, ...relays, ...edges].map(({ name }) => name);
  const mounts = [...new Set(encoders.map(({ mount }) => mount))];
  const meanPauseS = pick(random, [1, 3, 10]);
  const faults: Fault[] = [];
  for (let atS = fromS + exponential(random, meanPauseS); atS < untilS; atS += 0.05 + exponential(random, meanPauseS)) {
    faults.push(at(seconds(atS)).title(pick(random, hosts), pick(random, mounts), `Set ${faults.length + 1}`));
  }
  return faults;
}
