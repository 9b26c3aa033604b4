import type { SettingName } from '../../../../core/config/settings.ts';
import { pick, type Random } from '../../../world/rng.ts';
import type { EncoderSpec, HostileKind, HostileSpec, Target, Topology } from '../../../world/topology.ts';
import { whole } from '../draws.ts';

/** What somebody with a good key may do that has turned bad. */
export const turncoats: readonly HostileKind[] = ['trespasser', 'flood', 'edge-key', 'thief', 'far', 'replays', 'garbled', 'extremes', 'ids'];

/** Bounds so small that whoever comes first has all of it. */
const ROOM: ReadonlySet<SettingName> = new Set(['maxStreams', 'maxUnannouncedStreams', 'maxPaths', 'maxSubscribers']);

/** Everybody has a key, nobody sends datagrams, and two to four peers with good keys do harm at any time: for `--bad-keys`. */
export function drawBadKeys(random: Random, topology: Topology): Topology {
  const { relays, settings = {} } = topology;
  const encoders = topology.encoders.filter(({ stranger }) => stranger === undefined).map(byTcp);
  const hostile = Array.from({ length: whole(random, 2, 4) }, (_, index): HostileSpec => {
    const { mount, format } = pick(random, encoders);
    return { name: `hostile-${index + 1}`, kind: pick(random, turncoats), relay: pick(random, relays).name, startsAtS: whole(random, 1, 20), isBold: true, mount, format };
  });
  const roomy = Object.fromEntries(Object.entries(settings).filter(([name]) => !ROOM.has(name as SettingName)));
  return { ...topology, encoders, hostile, hasKeys: true, settings: roomy };
}

/** Each relay once. */
function byTcp(encoder: EncoderSpec): EncoderSpec {
  const to = [...new Set(encoder.to.map(({ relay }) => relay))].map((relay): Target => ({ relay, transport: 'tcp' }));
  return { ...encoder, to };
}
