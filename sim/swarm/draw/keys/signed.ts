import { defaultSettings } from '../../../../core/config/settings.ts';
import { at, type Fault } from '../../../run/fault.ts';
import { exponential, pick, type Random } from '../../../world/rng.ts';
import type { Forging } from '../../../world/host.ts';
import type { Topology } from '../../../world/topology.ts';
import { chance, seconds, someOf } from '../draws.ts';

export interface SignedOptions {
  readonly random: Random;
  readonly topology: Topology;
  readonly faults: readonly Fault[];
  /** What is healed for good. */
  readonly core: readonly string[];
  readonly fromS: number;
  readonly healsAtS: number;
  /** What is outside of the core goes on to break until then. */
  readonly untilS: number;
}

/** What whoever has taken a relay over may do with it. */
export const forgings: readonly Forging[] = ['forge', 'insert', 'repeat', 'unsign'];

/**
 * Encoders sign, edges verify, and relays are taken over, one by one or several at a time, as often as it comes: for `--signed`. Of the rest of a seed it changes nothing.
 *
 * A relay that takes in messages of one that is taken over believes the first of each number, and drops the true one: so what the core subscribes to is mended with it.
 */
export function drawSigned({ random, topology, faults, core, fromS, healsAtS, untilS }: SignedOptions): { readonly topology: Topology; readonly faults: readonly Fault[] } {
  const { settings = {} } = topology;
  const mounts = [...new Set(topology.encoders.map(({ mount }) => mount))];
  const verifying = topology.edges.map(({ name }) => ({ name, byMount: new Map(mounts.map((mount) => [mount, pick(random, ['switch', 'hold'] as const)])) }));
  const verifyOf = (edge: string, mount: string): 'switch' | 'hold' => verifying.find(({ name }) => name === edge)!.byMount.get(mount)!;
  const mended = needed(topology, core);
  const taken = someOf(random, topology.relays, 0.6).flatMap(({ name }) => takenOver({ random, relay: name, fromS, untilS: mended.has(name) ? healsAtS : untilS }));
  return {
    topology: {
      ...topology,
      // Held audio comes a second at a time, and a process does not start with less.
      ...(settings.mountEndMs !== undefined && { settings: { ...settings, mountEndMs: Math.max(settings.mountEndMs, defaultSettings.unsignedMs) } }),
      encoders: topology.encoders.map((each) => (each.stranger === undefined ? { ...each, signs: true } : each)),
      edges: topology.edges.map((each) => ({ ...each, policies: { ...each.policies, ...Object.fromEntries(mounts.map((mount) => [mount, { ...each.policies?.[mount], verify: verifyOf(each.name, mount) }])) } })),
    },
    faults: [
      ...faults.map((fault) => (fault.kind === 'policy' ? { ...fault, policy: { ...fault.policy, verify: verifyOf(fault.host, fault.mount) } } : fault)),
      ...taken,
      ...[...mended].map((relay) => at(healsAtS).mend(relay)),
    ],
  };
}

/** Relays of the core, and all that they subscribe to. */
function needed({ relays }: Topology, core: readonly string[]): ReadonlySet<string> {
  const names = new Set(relays.map(({ name }) => name).filter((name) => core.includes(name)));
  for (const name of names) for (const upstream of relays.find((relay) => relay.name === name)!.upstream) names.add(upstream);
  return names;
}

interface TakenOver {
  readonly random: Random;
  readonly relay: string;
  readonly fromS: number;
  readonly untilS: number;
}

/** One time after the other; the last may last. */
function takenOver({ random, relay, fromS, untilS }: TakenOver): readonly Fault[] {
  const meanPauseS = pick(random, [2, 8, 20]);
  const meanLengthS = pick(random, [0.5, 3, 10]);
  const faults: Fault[] = [];
  for (let atS = fromS + exponential(random, meanPauseS); atS < untilS; atS += 0.1 + exponential(random, meanPauseS)) {
    faults.push(at(seconds(atS))[pick(random, forgings)](relay));
    if (chance(random, 0.2)) continue;
    atS += 0.05 + exponential(random, meanLengthS);
    if (atS < untilS) faults.push(at(seconds(atS)).mend(relay));
  }
  return faults;
}
