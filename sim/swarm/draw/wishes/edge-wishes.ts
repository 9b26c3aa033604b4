import type { EdgeWish } from '../../../../core/edge/edge.ts';
import { pick, type Random } from '../../../world/rng.ts';
import type { Topology } from '../../../world/topology.ts';
import { chance, someOf } from '../draws.ts';

/**
 * In one of six seeds, some edges take in mountpoints on demand, or name those that their listeners want, and a relay that follows others may name some. It has draws of its own, so that a
 * seed without it is what it was. Where a listener wants a mountpoint, nobody leaves it out.
 */
export function drawEdgeWishes(random: Random, topology: Topology): Topology {
  if (!chance(random, 1 / 6)) return topology;
  const { relays, edges, listeners } = topology;
  const chosen = new Set(someOf(random, edges, 0.7));
  return {
    ...topology,
    edges: edges.map((edge) => {
      if (!chosen.has(edge)) return edge;
      const mounts = [...new Set(listeners.filter((listener) => listener.edge === edge.name).map(({ mount }) => mount))];
      return { ...edge, wish: drawWish(random, mounts) };
    }),
    relays: relays.map((relay) => (relay.upstream.length > 0 && chance(random, 0.3) ? { ...relay, mounts: [...new Set(listeners.map(({ mount }) => mount))] } : relay)),
  };
}

/** @param mounts that somebody wants to listen to there. */
function drawWish(random: Random, mounts: readonly string[]): EdgeWish {
  const onDemand = { lingerMs: pick(random, [0, 2_000, 10_000]) };
  return pick(random, [{ onDemand }, { onDemand, mounts: mounts.length > 0 ? mounts : ['*'] }, { mounts }]);
}
