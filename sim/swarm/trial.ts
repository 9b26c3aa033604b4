import type { Fault } from '../run/fault.ts';
import type { Scenario } from '../run/scenario.ts';
import type { EdgeSpec, EncoderSpec, ListenerSpec, RelaySpec } from '../world/topology.ts';

/** A scenario whose faults are written down, one by one. */
export interface Plain extends Scenario {
  readonly faults: readonly Fault[];
}

/** What whoever makes a failing scenario smaller works with. */
export interface Trial {
  /** The smallest that is known to fail. */
  readonly smallest: Plain;
  /** When the rule is broken; Infinity for one that only the end tells. */
  readonly brokenAtS: number;
  /** Whether this one fails in the same way; then it is the smallest. */
  fails(candidate: Plain): boolean;
}

export type HostKind = 'encoders' | 'relays' | 'edges' | 'listeners';
export type HostSpec = EncoderSpec | RelaySpec | EdgeSpec | ListenerSpec;

/** The same with something changed about one host. */
export function withHost(scenario: Plain, kind: HostKind, index: number, changes: Partial<EncoderSpec & RelaySpec & EdgeSpec & ListenerSpec>): Plain {
  const hosts: readonly HostSpec[] = scenario.topology[kind];
  return { ...scenario, topology: { ...scenario.topology, [kind]: hosts.with(index, { ...hosts[index]!, ...changes }) } };
}
