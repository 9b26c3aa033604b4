import type { Fault, WayName } from '../../run/fault.ts';
import { hostNames, type Topology } from '../../world/topology.ts';

/** A station and what happens to it. */
export interface Plot {
  readonly topology: Topology;
  readonly faults: readonly Fault[];
}

/** The same without whoever refers to somebody who is not there any more. */
export function pruned({ topology, faults }: Plot): Plot {
  const relayNames = new Set(topology.relays.map(({ name }) => name));
  const isThere = (name: string): boolean => relayNames.has(name);
  const sending = topology.encoders.map((each) => ({ ...each, to: each.to.filter(({ relay }) => isThere(relay)) })).filter(({ to }) => to.length > 0);
  const encoders = sending.filter(({ stranger }) => stranger?.impersonates === undefined || sending.some(({ name }) => name === stranger.impersonates));
  const relays = topology.relays.map((each) => ({ ...each, upstream: each.upstream.filter(isThere) }));
  const edges = topology.edges.map((each) => ({ ...each, relays: each.relays.filter(isThere) }));
  const edgeNames = new Set(edges.map(({ name }) => name));
  const listeners = topology.listeners.filter(({ edge }) => edgeNames.has(edge));
  const hostile = topology.hostile && { hostile: topology.hostile.filter(({ relay }) => isThere(relay)) };
  const kept = { ...topology, encoders, relays, edges, listeners, ...hostile };
  const names = new Set(hostNames(kept));
  const isWay = ({ from, to }: WayName): boolean => names.has(from) && names.has(to);
  return {
    topology: topology.paths === undefined ? kept : { ...kept, paths: topology.paths.filter(isWay) },
    faults: faults.flatMap((fault): Fault[] => {
      if ('host' in fault) return names.has(fault.host) ? [fault] : [];
      const ways = fault.ways.filter(isWay);
      return ways.length === 0 ? [] : [{ ...fault, ways }];
    }),
  };
}
