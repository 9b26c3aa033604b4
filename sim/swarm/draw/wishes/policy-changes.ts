import type { MountPolicy } from '../../../../core/config/mount-policy.ts';
import { aac, mp3 } from '../../../programme/model-frame.ts';
import { at, type Fault } from '../../../run/fault.ts';
import { exponential, pick, type Random } from '../../../world/rng.ts';
import type { FileSpec, Topology } from '../../../world/topology.ts';
import { chance, seconds, whole } from '../draws.ts';

export interface PolicyChangesOptions {
  readonly random: Random;
  readonly topology: Topology;
  readonly fromS: number;
  readonly untilS: number;
}

export interface PolicyChanges {
  /** With the files that mountpoints may have as fallbacks later. */
  readonly topology: Topology;
  readonly faults: readonly Fault[];
}

/**
 * In a quarter of all seeds, operators want something else of mountpoints while these are on air. It has draws of its own, so that a seed
 * without it is what it was. Fallbacks lead to mountpoints further down the alphabet: they never form a loop.
 */
export function drawPolicyChanges({ random, topology, fromS, untilS }: PolicyChangesOptions): PolicyChanges {
  if (!chance(random, 0.25)) return { topology, faults: [] };
  const codecs = new Map(topology.encoders.map(({ mount, format }) => [mount, format.codec]));
  const files: Record<string, FileSpec> = {};
  for (const [mount, codec] of codecs) files[laterFile(mount)] = { format: codec === 'mp3' ? mp3() : aac(), frames: whole(random, 60, 400) };
  const meanPauseS = pick(random, [3, 8, 20]);
  const faults: Fault[] = [];
  for (let atS = fromS + exponential(random, meanPauseS); atS < untilS; atS += 0.1 + exponential(random, meanPauseS)) {
    const mount = pick(random, [...codecs.keys()]);
    faults.push(at(seconds(atS)).policy(pick(random, topology.edges).name, mount, drawPolicy(random, topology, mount, codecs)));
  }
  return { topology: { ...topology, files: { ...topology.files, ...files } }, faults };
}

function drawPolicy(random: Random, { encoders }: Topology, mount: string, codecs: ReadonlyMap<string, string>): MountPolicy {
  const own = encoders.filter((encoder) => encoder.mount === mount);
  const others = [...codecs.keys()].filter((other) => other > mount && codecs.get(other) === codecs.get(mount));
  const fallbacks: Pick<MountPolicy, 'fallback'>[] = [{}, { fallback: { file: laterFile(mount) } }, ...others.map((other) => ({ fallback: { mount: other } }))];
  return {
    settings: {
      fallbackMs: pick(random, [300, 1_000, 3_000]),
      fallbackLeaveMs: pick(random, [0, 1_000, 4_000]),
      returnMs: whole(random, 0, 8_000),
      silentSwitchMs: pick(random, [0, 1_000, 5_000]),
    },
    ...(chance(random, 0.5) && { prefer: pick(random, own).name }),
    ...pick(random, fallbacks),
  };
}

function laterFile(mount: string): string {
  return `later-${mount}`;
}
