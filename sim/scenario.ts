/** What the file of a scenario imports, also one that the shrinker has written. */
export { atLeast, atMost, hears, reports, within } from './run/expectation.ts';
export { at, every, type Fault } from './run/fault.ts';
export { aac, mp3 } from './programme/model-frame.ts';
export { recovers } from './run/recovers.ts';
export { between, edge, encoder, listener, relay, station, udp } from './world/topology.ts';
export { expectationsOf, faultsOf, type Plan, type Scenario } from './run/scenario.ts';
