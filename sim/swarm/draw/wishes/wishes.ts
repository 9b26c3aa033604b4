import type { MountPolicies, MountPolicy } from '../../../../core/config/mount-policy.ts';
import { at, type Fault } from '../../../run/fault.ts';
import { exponential, pick, type Random } from '../../../world/rng.ts';
import type { EdgeSpec, Topology } from '../../../world/topology.ts';
import { chance, seconds, whole } from '../draws.ts';

/** What operators want, and what encoders carry besides the programme: nothing of it keeps anybody from being heard. */
export interface Wishes {
  readonly edges: readonly EdgeSpec[];
  readonly faults: readonly Fault[];
}

export interface WishesOptions {
  readonly random: Random;
  readonly topology: Topology;
  readonly fromS: number;
  readonly untilS: number;
}

/** In four of ten seeds. */
export function drawWishes({ random, topology, fromS, untilS }: WishesOptions): Wishes {
  const { encoders, edges } = topology;
  if (!chance(random, 0.4)) return { edges, faults: [] };
  const mounts = [...new Set(encoders.map(({ mount }) => mount))];
  const wanted = edges.map((each) => ({ ...each, policies: drawPolicies(random, topology, mounts) }));
  const meanPauseS = pick(random, [2, 5, 15]);
  const faults: Fault[] = [];
  for (let atS = fromS + exponential(random, meanPauseS); atS < untilS; atS += 0.1 + exponential(random, meanPauseS)) {
    faults.push(...drawEvent(random, topology, mounts, seconds(atS)));
  }
  return { edges: wanted, faults };
}

function drawPolicies(random: Random, { encoders }: Topology, mounts: readonly string[]): MountPolicies {
  return Object.fromEntries(
    mounts.map((mount): [string, MountPolicy] => {
      const own = encoders.filter((encoder) => encoder.mount === mount);
      const settings = {
        returnMs: whole(random, 0, 8_000),
        silentSwitchMs: pick(random, [0, 1_000, 5_000]),
      };
      return [mount, { settings, ...(chance(random, 0.6) ? { prefer: pick(random, own).name } : {}) }];
    }),
  );
}

function drawEvent(random: Random, { encoders, edges }: Topology, mounts: readonly string[], atS: number): Fault[] {
  const kind = pick(random, ['silence', 'switch', 'switch', 'automatic'] as const);
  const encoder = pick(random, encoders);
  const edge = pick(random, edges).name;
  if (kind === 'switch') return [at(atS).switchTo(edge, encoder.mount, encoder.name)];
  if (kind === 'automatic') return [at(atS).automatic(edge, pick(random, mounts))];
  return [at(atS).silence(encoder.name), at(seconds(atS + 0.5 + exponential(random, 8))).programme(encoder.name)];
}
