import { pick, type Random } from '../../../world/rng.ts';
import type { HostileKind, Topology } from '../../../world/topology.ts';
import { chance } from '../draws.ts';
import { hostileKinds } from '../hostile.ts';

/** What a hostile peer with a good key of its own may do besides, and is heard by nobody. */
const bold: readonly HostileKind[] = ['thief', 'far'];

/** In three of ten seeds in which nobody sends datagrams, everybody has a key. Then hostile peers forge the streams of others, at any time. */
export function drawKeys(random: Random, topology: Topology): Topology {
  const { encoders, settings = {}, hostile = [] } = topology;
  const hasRoom = hostileKinds.thief.needs.every((name) => settings[name] === undefined);
  const isDrawn = chance(random, 0.3);
  if (!isDrawn || encoders.some(({ to, stranger }) => stranger !== undefined || to.some(({ transport }) => transport === 'udp'))) return topology;
  return { ...topology, hasKeys: true, ...(hostile.length > 0 && { hostile: hostile.map((each) => ({ ...each, isBold: true, kind: hasRoom && chance(random, 0.5) ? pick(random, bold) : each.kind })) }) };
}
