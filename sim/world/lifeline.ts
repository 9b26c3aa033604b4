import { mountsOf, type ListenerSpec, type Topology } from './topology.ts';

/** Hosts, and paths as `a→b`, that all have to be well for somebody to get something, from the encoder on. */
export type Lifeline = readonly string[];

/** Every way from an encoder to an edge; only from those of a mountpoint, if it is given. */
export function lifelinesToEdge({ encoders, relays, edges }: Topology, edge: string, mount?: string): Lifeline[] {
  const upstreamOf = new Map(relays.map(({ name, upstream }) => [name, upstream]));
  const sources = encoders.filter((encoder) => mount === undefined || mountsOf(encoder).includes(mount));
  const into = (relay: string, behind: Lifeline): Lifeline[] => {
    const here = [relay, ...behind];
    const direct = sources
      .filter(({ to }) => to.some((target) => target.relay === relay))
      .map(({ name }) => [name, `${name}→${relay}`, ...here]);
    const relayed = (upstreamOf.get(relay) ?? [])
      .filter((upstream) => !here.includes(upstream))
      .flatMap((upstream) => into(upstream, [`${upstream}→${relay}`, ...here]));
    return [...direct, ...relayed];
  };
  const last = edges.find(({ name }) => name === edge)?.relays ?? [];
  return last.flatMap((relay) => into(relay, [`${relay}→${edge}`, edge]));
}

export function lifelinesToListener(topology: Topology, { name, edge, mount }: ListenerSpec): Lifeline[] {
  return lifelinesToEdge(topology, edge, mount).map((line) => [...line, `${edge}→${name}`, name]);
}

/** Who is connected to whom: by each pair something flows, from the first to the second. */
export function hopsOf({ encoders, relays, edges, listeners }: Topology): [string, string][] {
  return [
    ...encoders.flatMap(({ name, to }) => [...new Set(to.map(({ relay }) => relay))].map((relay): [string, string] => [name, relay])),
    ...relays.flatMap(({ name, upstream }) => upstream.map((relay): [string, string] => [relay, name])),
    ...edges.flatMap(({ name, relays: sources }) => sources.map((relay): [string, string] => [relay, name])),
    ...listeners.map(({ name, edge }): [string, string] => [edge, name]),
  ];
}
