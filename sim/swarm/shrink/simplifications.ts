import { policyFor } from '../../../core/config/mount-policy.ts';
import type { Fault } from '../../run/fault.ts';
import { ordinary, type Conditions } from '../../world/path.ts';
import { encoder, listener, type EdgeSpec, type EncoderSpec, type ListenerSpec } from '../../world/topology.ts';
import { inOrder } from '../draw/outages/outages.ts';
import { withHost, type Plain, type Trial } from '../trial.ts';

/** Each tries to make the values of a failing scenario plainer: the builders' own, whole seconds, ordinary paths. */
export const simplifications: readonly ((trial: Trial) => void)[] = [plainerHosts, sameMount, plainerTransport, plainerPaths, plainerFaults, rounderFaults];

function plainerHosts(trial: Trial): void {
  const { encoders, listeners } = trial.smallest.topology;
  encoders.forEach((spec, index) => plainerHost(trial, 'encoders', index, encoder(spec.name, spec.to)));
  listeners.forEach((spec, index) => plainerHost(trial, 'listeners', index, listener(spec.name, spec.edge)));
}

/** All at once, or one thing after the other. Its mount it has with others. */
function plainerHost(trial: Trial, kind: 'encoders' | 'listeners', index: number, plain: EncoderSpec | ListenerSpec): void {
  const specNow = (): EncoderSpec | ListenerSpec => trial.smallest.topology[kind][index]!;
  const { mount } = specNow();
  if (trial.fails(replaced(trial.smallest, kind, index, { ...plain, mount }))) return;
  for (const key of Object.keys(specNow())) {
    if (key === 'mount' || isSame(at(specNow(), key), at(plain, key))) continue;
    const { [key]: _, ...others } = specNow() as unknown as Record<string, unknown>;
    trial.fails(replaced(trial.smallest, kind, index, key in plain ? { ...others, [key]: at(plain, key) } : others));
  }
}

/** One mount has the usual name. */
function sameMount({ smallest, fails }: Trial): void {
  const { encoders, listeners, edges } = smallest.topology;
  const [mount, ...more] = new Set([...encoders, ...listeners].map(({ mount }) => mount));
  if (mount === undefined || more.length > 0) return;
  const live = { mount: 'live' };
  const topology = {
    ...smallest.topology,
    encoders: encoders.map((each) => ({ ...each, ...live })),
    listeners: listeners.map((each) => ({ ...each, ...live })),
    edges: edges.map((each) => renamed(each, mount)),
  };
  const faults = smallest.faults.map((fault) => ((fault.kind === 'command' || fault.kind === 'policy') && fault.mount === mount ? { ...fault, ...live } : fault));
  if (!isSame(topology, smallest.topology)) fails({ ...smallest, topology, faults });
}

/** The mountpoint's policy goes with it. */
function renamed(edge: EdgeSpec, mount: string): EdgeSpec {
  const policy = policyFor(mount, edge.policies);
  if (policy === undefined) return edge;
  const { [mount]: _, ...others } = edge.policies!;
  return { ...edge, policies: { ...others, live: policy } };
}

function plainerTransport(trial: Trial): void {
  trial.smallest.topology.encoders.forEach(({ to }, index) => {
    if (to.every(({ transport }) => transport === 'tcp')) return;
    trial.fails(withHost(trial.smallest, 'encoders', index, { to: to.map(({ relay }) => ({ relay, transport: 'tcp' })) }));
  });
}

function plainerPaths(trial: Trial): void {
  (trial.smallest.topology.paths ?? []).forEach((_, index) => {
    const changesNow = (): Partial<Conditions> => trial.smallest.topology.paths![index]!.changes;
    for (const key of Object.keys(changesNow())) {
      const paths = trial.smallest.topology.paths!.with(index, { ...trial.smallest.topology.paths![index]!, changes: without(changesNow(), key) });
      trial.fails({ ...trial.smallest, topology: { ...trial.smallest.topology, paths } });
    }
  });
}

/** Changes of paths: fewer, and back to what is ordinary. */
function plainerFaults(trial: Trial): void {
  trial.smallest.faults.forEach((fault, index) => {
    if (fault.kind !== 'change') return;
    let { changes } = fault;
    const tryWith = (candidate: Partial<Conditions>): void => {
      if (isSame(candidate, changes) || Object.keys(candidate).length === 0) return;
      if (trial.fails(withFault(trial.smallest, index, { ...fault, changes: candidate }))) changes = candidate;
    };
    for (const key of Object.keys(changes)) {
      tryWith(without(changes, key));
      if (key in changes) tryWith({ ...changes, [key]: ordinary[key as keyof Conditions] });
    }
  });
}

/** Times in whole seconds, or as few decimals as will do; steps of clocks likewise. */
function rounderFaults(trial: Trial): void {
  for (const digits of [0, 1, 2, 3]) {
    const all = trial.smallest.faults.map((fault) => ({ ...fault, atS: rounded(fault.atS, digits) }));
    if (trial.fails({ ...trial.smallest, faults: inOrder(all) })) break;
  }
  for (let index = 0; index < trial.smallest.faults.length; index++) {
    const exact = trial.smallest.faults[index]!;
    for (const digits of [0, 1, 2, 3]) {
      const atS = rounded(exact.atS, digits);
      if (atS === exact.atS || trial.fails(withFault(trial.smallest, index, { ...exact, atS }))) break;
    }
    const fault = trial.smallest.faults[index]!;
    if (fault.kind !== 'step') continue;
    for (const digits of [-3, -2, -1]) {
      const byMs = rounded(fault.byMs, digits);
      if (byMs === fault.byMs || (byMs !== 0 && trial.fails(withFault(trial.smallest, index, { ...fault, byMs })))) break;
    }
  }
}

/** Two faults at one time happen in the order in which they stand. */
function withFault(scenario: Plain, index: number, fault: Fault): Plain {
  return { ...scenario, faults: scenario.faults.with(index, fault) };
}

function replaced(scenario: Plain, kind: 'encoders' | 'listeners', index: number, spec: unknown): Plain {
  const hosts: readonly unknown[] = scenario.topology[kind];
  return { ...scenario, topology: { ...scenario.topology, [kind]: hosts.with(index, spec) } };
}

function rounded(value: number, digits: number): number {
  const scale = 10 ** Math.abs(digits);
  return digits < 0 ? Math.round(value / scale) * scale : Math.round(value * scale) / scale;
}

function without<T extends object>(from: T, key: string): Partial<T> {
  return Object.fromEntries(Object.entries(from).filter(([other]) => other !== key)) as Partial<T>;
}

function at(from: object, key: string): unknown {
  return (from as Record<string, unknown>)[key];
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
