import { at, type Fault, type WayName } from '../../../run/fault.ts';
import { hopsOf } from '../../../world/lifeline.ts';
import type { Topology } from '../../../world/topology.ts';
import { benign, usualConditions } from './trouble.ts';

/** Everything within the core is made well: its hosts run, and nothing is lost between them. */
export function healing(topology: Topology, core: readonly string[], atS: number): Fault[] {
  const listeners = new Set(topology.listeners.map(({ name }) => name));
  const hosts = core.flatMap((name) => (listeners.has(name) ? [at(atS).thaw(name)] : [at(atS).thaw(name), at(atS).restart(name)]));
  const paths = hopsOf(topology)
    .filter(([a, b]) => core.includes(a) && core.includes(b))
    .flatMap(([a, b]) => {
      const { latencyMs = benign.latencyMs, jitterMs = benign.jitterMs } = usualConditions(topology, { from: a, to: b });
      return [at(atS).heal(a, b), at(atS).change(a, b, { ...benign, latencyMs, jitterMs })];
    });
  return [...hosts, ...paths];
}

/** What of these faults does not touch the core. */
export function without(core: readonly string[], faults: readonly Fault[]): Fault[] {
  const isInside = ({ from, to }: WayName): boolean => core.includes(from) && core.includes(to);
  return faults.flatMap((fault): Fault[] => {
    if ('host' in fault) return core.includes(fault.host) ? [] : [fault];
    const ways = fault.ways.filter((way) => !isInside(way));
    return ways.length === 0 ? [] : [{ ...fault, ways }];
  });
}
