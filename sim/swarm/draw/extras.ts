import type { MountPolicies, MountPolicy } from '../../../core/config/mount-policy.ts';
import type { Dice, Random } from '../../world/rng.ts';
import { aac, mp3 } from '../../programme/model-frame.ts';
import { pick } from '../../world/rng.ts';
import type { EdgeSpec, FileSpec, Topology } from '../../world/topology.ts';
import { chance, whole } from './draws.ts';

/**
 * What a station has besides, each with draws of its own, so that a seed whose station has none of it is what it was: listeners
 * who see titles, encoders that change theirs, fallbacks, and a backup that gets the programme seconds later.
 */
export function drawExtras(dice: Dice, topology: Topology): Topology {
  return withSlowBackup(dice.stream('swarm:slow'), withFallbacks(dice.stream('swarm:fallbacks'), withTitles(dice.stream('swarm:titles'), topology)));
}

function withTitles(random: Random, topology: Topology): Topology {
  return {
    ...topology,
    encoders: topology.encoders.map((each) => (chance(random, 0.5) ? { ...each, titleEveryFrames: whole(random, 100, 500) } : each)),
    listeners: topology.listeners.map((each) => (chance(random, 0.4) ? { ...each, wantsIcy: true } : each)),
  };
}

/** In three of ten seeds, for some mountpoints: a file, or another mountpoint of the same codec. */
function withFallbacks(random: Random, topology: Topology): Topology {
  if (!chance(random, 0.3)) return topology;
  const mounts = [...new Set(topology.encoders.map(({ mount }) => mount))];
  const codecOf = (mount: string): 'mp3' | 'aac' => topology.encoders.find((each) => each.mount === mount)!.format.codec;
  const files: Record<string, FileSpec> = {};
  const chosen = mounts.flatMap((mount): [string, MountPolicy][] => {
    if (!chance(random, 0.7)) return [];
    const other = mounts.find((each) => each > mount && codecOf(each) === codecOf(mount));
    const settings = { fallbackMs: pick(random, [300, 1_000, 3_000]), fallbackLeaveMs: pick(random, [0, 1_000, 4_000]) };
    if (other !== undefined && chance(random, 0.4)) return [[mount, { fallback: { mount: other }, settings }]];
    const file = `standby-${mount}`;
    files[file] = { format: codecOf(mount) === 'mp3' ? mp3() : aac(), frames: whole(random, 60, 400) };
    return [[mount, { fallback: { file }, settings }]];
  });
  return { ...topology, files, edges: topology.edges.map((each) => withPolicies(each, Object.fromEntries(chosen))) };
}

/** In two of ten: more than players hide, and no more than content is looked for. */
function withSlowBackup(random: Random, topology: Topology): Topology {
  if (!chance(random, 0.2)) return topology;
  const late = topology.encoders.filter(({ mount }, index) => topology.encoders.findIndex((each) => each.mount === mount) < index);
  if (late.length === 0) return topology;
  const slow = pick(random, late);
  const policies = { [slow.mount]: { settings: { slowerWaitMs: pick(random, [0, 300, 3_000]) } } };
  return {
    ...topology,
    encoders: topology.encoders.map((each) => (each === slow ? { ...each, feedDelayMs: whole(random, 3_200, 4_800) } : each)),
    edges: topology.edges.map((each) => withPolicies(each, policies)),
  };
}

function withPolicies(edge: EdgeSpec, more: MountPolicies): EdgeSpec {
  const before = edge.policies ?? {};
  const both = Object.entries(more).map(([mount, policy]): [string, MountPolicy] => {
    const known = before[mount];
    return [mount, { ...known, ...policy, settings: { ...known?.settings, ...policy.settings } }];
  });
  return both.length === 0 ? edge : { ...edge, policies: { ...before, ...Object.fromEntries(both) } };
}
