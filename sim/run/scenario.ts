import { fallbackFileOf } from '../../core/config/mount-policy.ts';
import type { Expectation } from './expectation.ts';
import { namesIn, type Fault } from './fault.ts';
import type { Random } from '../world/rng.ts';
import { hostNames, type Topology } from '../world/topology.ts';

/** An outage as a story: who is there, what happens to them, and what the listeners must experience. */
export interface Scenario {
  readonly name: string;
  /** A sentence on the incident. */
  readonly story: string;
  readonly durationS: number;
  readonly topology: Topology;
  /** Also drawn from the seed, and made to fit a duration that was asked for. */
  readonly faults: readonly Fault[] | ((plan: Plan) => readonly Fault[]);
  readonly expect: readonly Expectation[] | ((plan: Plan) => readonly Expectation[]);
  /** What it was drawn by, when nobody wrote it down. */
  readonly drawn?: Readonly<Record<string, unknown>>;
}

export interface Plan {
  readonly durationS: number;
  readonly random: (purpose: string) => Random;
}

/** Throws RangeError, with a sentence for its author, when somebody is mentioned who is not there. */
export function checkScenario(story: Scenario): void {
  const { encoders, relays, edges, listeners, paths = [], files = {}, hostile = [] } = story.topology;
  const names = hostNames(story.topology);
  const double = names.find((name, index) => names.indexOf(name) !== index);
  if (double !== undefined) throw new RangeError(`${story.name}: there are two ${double}`);
  const relayNames = relays.map(({ name }) => name);
  known(story, relayNames, [
    ...encoders.flatMap(({ to }) => to.map((target) => target.relay)),
    ...relays.flatMap(({ upstream }) => upstream),
    ...edges.flatMap((each) => each.relays),
    ...hostile.map((each) => each.relay),
  ]);
  known(story, Object.keys(files), edges.flatMap(({ policies = {} }) => Object.values(policies).flatMap((policy) => fallbackFileOf(policy) ?? [])));
  known(story, edges.map(({ name }) => name), listeners.map((each) => each.edge));
  known(story, encoders.map(({ name }) => name), encoders.flatMap(({ stranger }) => (stranger?.impersonates === undefined ? [] : [stranger.impersonates])));
  known(story, names, paths.flatMap(({ from, to }) => [from, to]));
  if (typeof story.faults !== 'function') known(story, names, story.faults.flatMap(namesIn));
}

/** The faults of one run. */
export function faultsOf(story: Scenario, plan: Plan): readonly Fault[] {
  const faults = typeof story.faults === 'function' ? story.faults(plan) : story.faults;
  known(story, hostNames(story.topology), faults.flatMap(namesIn));
  known(story, Object.keys(story.topology.files ?? {}), faults.flatMap((fault) => (fault.kind === 'policy' ? (fallbackFileOf(fault.policy) ?? []) : [])));
  return faults;
}

export function expectationsOf(story: Scenario, plan: Plan): readonly Expectation[] {
  return typeof story.expect === 'function' ? story.expect(plan) : story.expect;
}

function known(story: Scenario, names: readonly string[], mentioned: readonly string[]): void {
  const stranger = mentioned.find((name) => !names.includes(name));
  if (stranger !== undefined) throw new RangeError(`${story.name}: there is no ${stranger}`);
}
