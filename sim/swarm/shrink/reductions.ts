import type { MountPolicies, MountPolicy } from '../../../core/config/mount-policy.ts';
import type { WayName } from '../../run/fault.ts';
import { fewest } from './fewest.ts';
import { inOrder, outagesOf } from '../draw/outages/outages.ts';
import { pruned } from './prune.ts';
import { withHost, type HostKind, type HostSpec, type Trial } from '../trial.ts';
import { simplifications } from './simplifications.ts';

/** When everybody has started and joined, in most scenarios. */
const SETTLED_S = 8;

/** Each tries to make a failing scenario smaller in one way; what saves most time comes first. */
export const reductions: readonly ((trial: Trial) => void)[] = [
  shorter,
  fewerOutages,
  fewerHosts('listeners'),
  fewerHosts('edges'),
  fewerHosts('encoders'),
  fewerHosts('relays'),
  fewerFaults,
  fewerWays,
  fewerConnections,
  fewerPaths,
  fewerHostile,
  fewerSettings,
  fewerPolicies,
  earlier,
  shorter,
  ...simplifications,
];

/** Ends it where the rule is broken; where the end tells, ever earlier. */
function shorter({ smallest, brokenAtS, fails }: Trial): void {
  const { durationS } = smallest;
  const justBehind = Math.ceil(brokenAtS + 0.001);
  if (justBehind < durationS && fails({ ...smallest, durationS: justBehind })) return;
  let longEnough = durationS;
  for (let stepS = Math.floor(durationS / 2); stepS >= 1; stepS = Math.floor(stepS / 2)) {
    while (longEnough > stepS && fails({ ...smallest, durationS: longEnough - stepS })) longEnough -= stepS;
  }
}

function fewerOutages({ smallest, fails }: Trial): void {
  fewest(outagesOf(smallest.faults), (kept) => fails({ ...smallest, faults: inOrder(kept.flat()) }));
}

function fewerHostile({ smallest, fails }: Trial): void {
  const { hostile = [] } = smallest.topology;
  fewest(hostile, (kept) => fails({ ...smallest, topology: { ...smallest.topology, hostile: kept } }));
}

function fewerFaults({ smallest, fails }: Trial): void {
  fewest(smallest.faults, (faults) => fails({ ...smallest, faults }));
}

/** One kind of host, with all that is said of those who go. */
function fewerHosts(kind: HostKind): (trial: Trial) => void {
  return ({ smallest, fails }) => {
    fewest<HostSpec>(smallest.topology[kind], (hosts) => {
      const { topology, faults } = pruned({ topology: { ...smallest.topology, [kind]: hosts }, faults: smallest.faults });
      return fails({ ...smallest, topology, faults });
    });
  };
}

/** Of each cut or change: both directions between two hosts at once, then single ones. */
function fewerWays(trial: Trial): void {
  for (let index = 0; index < trial.smallest.faults.length; index++) {
    const fault = trial.smallest.faults[index]!;
    if (!('ways' in fault)) continue;
    const failsWith = (ways: readonly WayName[]): boolean =>
      ways.length > 0 && trial.fails({ ...trial.smallest, faults: trial.smallest.faults.with(index, { ...fault, ways }) });
    const pairs = fewest(pairsOf(fault.ways), (kept) => failsWith(kept.flat()));
    fewest(pairs.flat(), failsWith);
  }
}

/** Targets of encoders, relays of edges, and upstreams of relays. */
function fewerConnections(trial: Trial): void {
  trial.smallest.topology.encoders.forEach(({ to }, index) =>
    fewest(to, (kept) => kept.length > 0 && trial.fails(withHost(trial.smallest, 'encoders', index, { to: kept }))),
  );
  trial.smallest.topology.relays.forEach(({ upstream }, index) => fewest(upstream, (kept) => trial.fails(withHost(trial.smallest, 'relays', index, { upstream: kept }))));
  trial.smallest.topology.edges.forEach(({ relays }, index) =>
    fewest(relays, (kept) => kept.length > 0 && trial.fails(withHost(trial.smallest, 'edges', index, { relays: kept }))),
  );
}

function fewerPaths({ smallest, fails }: Trial): void {
  fewest(smallest.topology.paths ?? [], (paths) => fails({ ...smallest, topology: { ...smallest.topology, paths } }));
}

function fewerSettings({ smallest, fails }: Trial): void {
  const entries = Object.entries(smallest.topology.settings ?? {});
  fewest(entries, (kept) => fails({ ...smallest, topology: { ...smallest.topology, settings: Object.fromEntries(kept) } }));
}

/** Of each edge: mountpoints that nothing is wanted of, and less that is wanted of the others. */
function fewerPolicies(trial: Trial): void {
  trial.smallest.topology.edges.forEach(({ policies }, index) => {
    if (policies === undefined) return;
    const wants = Object.entries(policies).flatMap(([mount, policy]) => wantsOf(policy).map((want) => ({ mount, want })));
    fewest(wants, (kept) => {
      const { policies: _, ...edge } = trial.smallest.topology.edges[index]!;
      const edges = trial.smallest.topology.edges.with(index, kept.length === 0 ? edge : { ...edge, policies: policiesOf(kept) });
      return trial.fails({ ...trial.smallest, topology: { ...trial.smallest.topology, edges } });
    });
  });
}

/** Each with one thing that is wanted. */
function wantsOf({ settings = {}, ...others }: MountPolicy): MountPolicy[] {
  return [
    ...Object.entries(others).map(([key, value]): MountPolicy => ({ [key]: value })),
    ...Object.entries(settings).map(([name, value]): MountPolicy => ({ settings: { [name]: value } })),
  ];
}

function policiesOf(wants: readonly { readonly mount: string; readonly want: MountPolicy }[]): MountPolicies {
  const policies = new Map<string, MountPolicy>();
  for (const { mount, want } of wants) {
    const had = policies.get(mount) ?? {};
    const settings = { ...had.settings, ...want.settings };
    policies.set(mount, { ...had, ...want, ...(Object.keys(settings).length > 0 && { settings }) });
  }
  return Object.fromEntries(policies);
}

/** Nothing happens at the beginning: the first fault comes soon after everybody has joined. */
function earlier({ smallest, fails }: Trial): void {
  const first = Math.min(...smallest.faults.map(({ atS }) => atS));
  const idleS = Math.floor(first - SETTLED_S);
  if (!(idleS > 0) || idleS === Infinity) return;
  for (const byS of [idleS, Math.ceil(idleS / 2)]) {
    const faults = smallest.faults.map((fault) => ({ ...fault, atS: fault.atS - byS }));
    if (fails({ ...smallest, faults, durationS: smallest.durationS - byS })) return;
  }
}

/** Ways in both directions between the same two hosts. */
function pairsOf(ways: readonly WayName[]): WayName[][] {
  const pairs = new Map<string, WayName[]>();
  for (const way of ways) {
    const key = [way.from, way.to].sort().join(' ');
    pairs.set(key, [...(pairs.get(key) ?? []), way]);
  }
  return [...pairs.values()];
}
