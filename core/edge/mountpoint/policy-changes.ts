import { canFollow } from '../../codec/formats.ts';
import { fallbackMountOf, type MountPolicy } from '../../config/mount-policy.ts';
import type { Policies } from '../../config/policies.ts';
import type { Settings } from '../../config/settings.ts';
import type { Micros } from '../../base/units.ts';
import type { FallbackProblem } from '../fallback/problem.ts';
import type { EdgeStream, StreamConsumer } from '../stream/stream.ts';
import type { MountpointEvent } from './events.ts';
import type { Fallbacks, GivenFile } from './fallbacks.ts';
import { refusal } from './format-choice.ts';
import type { Mount } from './mountpoint.ts';

export interface PolicyChangesOptions {
  /** Of the edge. */
  readonly settings: Settings;
  readonly policies: Policies;
  readonly fallbacks: Fallbacks;
  readonly mount: (name: string) => Mount | undefined;
  /** All of the edge. */
  readonly streams: Iterable<EdgeStream>;
  /** Where streams go that have joined no mountpoint. */
  readonly consumer: StreamConsumer;
  /** A mountpoint begins anew with this stream. */
  readonly renew: (now: Micros, mount: Mount, stream: EdgeStream) => void;
  /** Another intro is wanted of a mountpoint, or none. */
  readonly introChanged: (now: Micros, mount: string) => void;
  readonly event: (event: MountpointEvent) => void;
}

/** Takes what else is wanted of mountpoints while they are on air. */
export class PolicyChanges {
  readonly #options: PolicyChangesOptions;

  constructor(options: PolicyChangesOptions) {
    this.#options = options;
  }

  /** Something else is wanted of a mountpoint from now on; or why it cannot be, and nothing has changed. */
  change(now: Micros, name: string, policy: MountPolicy, file: GivenFile | undefined): FallbackProblem | undefined {
    const { settings, policies, fallbacks, mount, introChanged, event } = this.#options;
    const mounts = policies.loopWith(name, policy);
    if (mounts !== undefined) return { code: 'loop', mounts };
    const mostBytes = settings.fallbackBytes;
    if (file !== undefined && file.bytes.length > mostBytes) return { code: 'too-large', mostBytes };
    const read = fallbacks.read(name, policy, file);
    if (read !== undefined && 'code' in read) return read;
    const before = policies.of(name);
    policies.change(name, policy);
    fallbacks.changed(name, read);
    for (const followed of [before, policy].map(fallbackMountOf)) if (followed !== undefined) this.#findFollowers(followed);
    const changed = changedKeys(before, policy, read !== undefined);
    event({ kind: 'policy-changed', mount: name, changed: changed.join(' ') });
    if (changed.includes('intro')) introChanged(now, name);
    const its = mount(name);
    if (its !== undefined) this.#apply(now, its, policy, changed);
    // It is there as soon as its file is.
    else fallbacks.ended(now, name);
    return undefined;
  }

  #apply(now: Micros, mount: Mount, policy: MountPolicy, changed: readonly string[]): void {
    mount.wanted.change(policy);
    if (changed.includes('fallback')) mount.switcher.changeFallback(now, this.#options.fallbacks.sourceFor(mount.name));
    mount.switcher.policyChanged(now);
    if (changed.includes('codec')) this.#applyCodec(now, mount, policy);
  }

  /** What cannot be heard any more is left: for a stream that can go on with it, or by beginning anew with one that cannot. */
  #applyCodec(now: Micros, mount: Mount, policy: MountPolicy): void {
    const { streams, consumer, renew } = this.#options;
    const { live } = mount.switcher;
    const isLeft = live !== undefined && refusal(live, policy) !== undefined;
    mount.leaveRefused(now, consumer);
    const { switcher } = mount;
    if (!isLeft || switcher.live !== live || switcher.isOnFallback) return;
    const others = [...streams].filter((stream) => this.#options.mount(stream.mountpoint ?? '') === mount && stream.isHealthy(now) && refusal(stream, policy) === undefined);
    const [next] = others;
    // One that can go on does so as soon as it can be entered.
    if (next !== undefined && !others.some((stream) => canFollow(stream.format, switcher.format))) renew(now, mount, next);
  }

  #findFollowers(name: string): void {
    const output = this.#options.mount(name)?.output;
    output?.followedBy(this.#options.fallbacks.followers(output));
  }
}

/** What is wanted otherwise than before, by its keys. */
function changedKeys(before: MountPolicy, after: MountPolicy, isFileNew: boolean): string[] {
  const keys = ['prefer', 'trust', 'codec', 'fallback', 'fallbackOnSilence', 'intro', 'verify', 'settings'] as const satisfies readonly (keyof MountPolicy)[];
  return keys.filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key]) || (key === 'fallback' && isFileNew));
}
