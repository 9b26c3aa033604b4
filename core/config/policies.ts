import type { Snapshot } from '../base/snapshot.ts';
import { fallbackLoop, policyFor, settingsFor, type MountPolicies, type MountPolicy } from './mount-policy.ts';
import type { Settings } from './settings.ts';

/** Of a mountpoint of which nothing is wanted. */
const NOTHING_WANTED: MountPolicy = {};

/** What is wanted of all mountpoints of an edge at present: what it was started with, and what was changed since. */
export class Policies implements Iterable<readonly [mount: string, policy: MountPolicy]> {
  readonly #first: MountPolicies;
  #changed: Map<string, MountPolicy> = new Map();

  constructor(first: MountPolicies = {}) {
    this.#first = first;
  }

  of(mount: string): MountPolicy {
    return this.#changed.get(mount) ?? policyFor(mount, this.#first) ?? NOTHING_WANTED;
  }

  /** Those of which something is wanted, in an order that depends on nothing but the changes. */
  *[Symbol.iterator](): Iterator<readonly [string, MountPolicy]> {
    for (const mount of Object.keys(this.#first)) yield [mount, this.of(mount)];
    for (const [mount, policy] of this.#changed) if (!Object.hasOwn(this.#first, mount)) yield [mount, policy];
  }

  /** The mountpoints of the loop that the fallbacks would form if this were wanted of a mountpoint; undefined: they would form none. */
  loopWith(mount: string, policy: MountPolicy): readonly string[] | undefined {
    return fallbackLoop([mount], (name) => (name === mount ? policy : this.of(name)));
  }

  change(mount: string, policy: MountPolicy): void {
    // What is as at the start need not be kept.
    this.#changed.delete(mount);
    if (JSON.stringify(policy) !== JSON.stringify(policyFor(mount, this.#first) ?? NOTHING_WANTED)) this.#changed.set(mount, policy);
  }

  /** Saves or restores what was changed: plain data, as in the head of a recording. */
  snapshot(a: Snapshot): void {
    this.#changed = new Map(a.list(this.#changed, (entry) => {
      const mount = a.text(entry?.[0] ?? '');
      const policy = a.text(entry === undefined ? '' : JSON.stringify(entry[1]));
      return entry ?? [mount, JSON.parse(policy) as MountPolicy];
    }));
  }
}

/** What is wanted of one mountpoint at present. Whoever has this asks it each time: the answer can change between two calls of the edge. */
export class CurrentPolicy {
  /** Its settings: the same object all the time, of which the figures change. */
  readonly settings: Settings;
  readonly #common: Settings;
  #policy: MountPolicy;

  /** @param common settings of the edge. */
  constructor(common: Settings, policy: MountPolicy = NOTHING_WANTED) {
    this.#common = common;
    this.#policy = policy;
    this.settings = { ...settingsFor(policy, common) };
  }

  get policy(): MountPolicy {
    return this.#policy;
  }

  change(policy: MountPolicy): void {
    this.#policy = policy;
    Object.assign(this.settings, settingsFor(policy, this.#common));
  }
}
