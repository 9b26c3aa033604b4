import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Topology } from '../../world/topology.ts';
import { brokenAtEnd, lastFaultS } from './outages/outages.ts';
import type { Plain } from '../trial.ts';

/**
 * Most expectations are worth something only where they can be met. The oracle's rules hold whatever happens; but whoever
 * takes away the second encoder, or what mends an outage, or the time to recover, makes a listener's silence nobody's
 * fault. So a candidate has to leave what the original gave.
 */
export function fairnessTo(original: Plain): (candidate: Plain) => boolean {
  const broken = brokenAtEnd(original.faults);
  const quietS = original.durationS - lastFaultS(original.faults);
  const redundancy = redundancyOf(original.topology);
  return ({ faults, topology, durationS }) =>
    durationS - lastFaultS(faults) >= quietS &&
    [...brokenAtEnd(faults)].every((what) => broken.has(what)) &&
    redundancyOf(topology) === redundancy;
}

/** Everybody that a listener could be served by, and every connection between them; and what there is when nobody is left. */
function redundancyOf({ encoders, relays, edges }: Topology): string {
  return JSON.stringify([encoders.map(({ name, mount, to }) => [name, mount, to]), relays, edges.map(({ name, relays, policies = {} }) => [name, relays, fallbacksOf(policies)])]);
}

function fallbacksOf(policies: MountPolicies): unknown {
  return Object.entries(policies).flatMap(([mount, { fallback }]) => (fallback === undefined ? [] : [[mount, fallback]]));
}
