import type { Snapshot } from '../../base/snapshot.ts';
import type { Audience } from '../../listeners/audience.ts';
import type { MountOutput, OutputOf } from '../output/output.ts';
import type { MemoryBudget } from '../../base/memory/budget.ts';
import { MOUNT_BYTES } from '../../base/memory/costs.ts';
import type { EdgeStream, Loss, StreamConsumer } from '../stream/stream.ts';
import type { EndReason, MountpointEvent } from './events.ts';
import { EndedMounts, MOST_STREAMS, type EndedMount } from './ended-mounts.ts';
import { Fallbacks, type GivenFile } from './fallbacks.ts';
import { FormatChoice, isRefused } from './format-choice.ts';
import { cannotFollow } from '../../codec/formats.ts';
import { streamName } from '../../links/peers/encoder-name.ts';
import type { MountId } from '../../base/machine.ts';
import type { Correlator } from '../content/correlation.ts';
import type { Matcher } from '../content/matcher.ts';
import { Mount, type MountReason } from './mountpoint.ts';
import { PolicyChanges } from './policy-changes.ts';
import { fallbackMountOf, type MountPolicies, type MountPolicy } from '../../config/mount-policy.ts';
import { CurrentPolicy, Policies } from '../../config/policies.ts';
import type { FallbackProblem } from '../fallback/problem.ts';
import type { SegmentFallback } from '../segments/holes.ts';
import type { SegmentTools } from '../segments/segmenter.ts';
import type { Settings } from '../../config/settings.ts';
import type { Timer } from '../../base/timers.ts';
import { toMs, type Micros } from '../../base/units.ts';
import type { EarlierRedundancy } from '../switching/redundancy.ts';

export interface MountpointsOptions {
  /** Of the edge. */
  readonly settings: Settings;
  readonly policies: MountPolicies | undefined;
  readonly newMatcher: () => Matcher;
  readonly correlator: Correlator;
  /** Makes the outputs of a mountpoint. */
  readonly outputs: (of: OutputOf) => readonly MountOutput[];
  /** Who listens to a mountpoint in this process. */
  readonly audience: (mount: MountId) => Audience;
  readonly budget: MemoryBudget;
  /** All of the edge. */
  readonly streams: Iterable<EdgeStream>;
  /** Whether a mountpoint is taken in. */
  readonly isWanted: (name: string) => boolean;
  readonly begun: (now: Micros, mount: Mount) => void;
  /** It is over, and does not begin anew. */
  readonly ended: (name: string) => void;
  /** Undefined: no segments are made. */
  readonly segments: SegmentTools | undefined;
  /** The same for parts of segments. */
  readonly parts: SegmentTools | undefined;
  readonly timer: (reason: MountReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: MountpointEvent) => void;
  /** Another intro is wanted of a mountpoint, or none: what was provided for it is that no more. */
  readonly introChanged: (now: Micros, mount: string) => void;
}

interface Ending {
  readonly why: EndReason;
  readonly silentMs: number;
  /** It begins anew with this stream. */
  readonly successor?: EdgeStream;
}

/**
 * All mountpoints of an edge that are on air: with which stream or fallback one begins, which streams join it, and when it ends.
 * Streams that have joined none come here; one that has joined goes to its mountpoint by itself, until that ends.
 */
export class Mountpoints implements Iterable<Mount>, StreamConsumer {
  readonly #options: MountpointsOptions;
  readonly #mounts: Map<string, Mount> = new Map();
  readonly #policies: Policies;
  readonly #fallbacks: Fallbacks;
  readonly #formats: FormatChoice;
  readonly #changes: PolicyChanges;
  readonly #ended: EndedMounts = new EndedMounts();
  #begun = 0;

  constructor(options: MountpointsOptions) {
    const { settings, policies, streams, budget, timer, isWanted } = options;
    this.#options = options;
    this.#policies = new Policies(policies);
    this.#formats = new FormatChoice(settings, this.#policies, streams);
    this.#fallbacks = new Fallbacks({
      policies: this.#policies,
      budget,
      timer,
      has: (name) => this.#mounts.has(name),
      isWanted,
      begin: (now, name) => this.#begin(now, name),
      controller: (now, name) => this.#mounts.get(name)?.beginWithFallback(now),
    });
    this.#changes = new PolicyChanges({
      settings,
      policies: this.#policies,
      fallbacks: this.#fallbacks,
      mount: (name) => this.#mounts.get(name),
      streams,
      consumer: this,
      renew: (now, mount, stream) => this.#renew(now, mount, stream),
      introChanged: options.introChanged,
      event: options.event,
    });
  }

  get size(): number {
    return this.#mounts.size;
  }

  /** What is kept of fallbacks. */
  get heldBytes(): number {
    let sum = this.#fallbacks.heldBytes;
    for (const mount of this.#mounts.values()) sum += mount.heldBytes;
    return sum;
  }

  [Symbol.iterator](): Iterator<Mount> {
    return this.#mounts.values();
  }

  get(name: string): Mount | undefined {
    return this.#mounts.get(name);
  }

  /** One that has ended within a day, and has not begun anew. */
  ended(now: Micros, name: string): EndedMount | undefined {
    return this.#ended.get(now, name);
  }

  /** The one that a stream announces. */
  of({ mountpoint }: EdgeStream): Mount | undefined {
    return mountpoint === undefined ? undefined : this.#mounts.get(mountpoint);
  }

  /** A stream that has joined none has one more frame in its ring; its mountpoint may begin with that. */
  frame(now: Micros, stream: EdgeStream): void {
    if (stream.mountpoint === undefined || isRefused(stream, this.#policies.of(stream.mountpoint), this.#options.event)) return;
    const mount = this.of(stream);
    if (mount !== undefined) this.#joinOrCorrect(now, mount, stream);
    else if (this.#formats.mayBegin(now, stream)) this.#join(now, stream);
  }

  /** One that has joined none has lost something: its mountpoint, if there is one, says so. */
  lost(now: Micros, stream: EdgeStream, loss: Loss): void {
    this.of(stream)?.switcher.lost(now, stream, loss);
  }

  /** Nobody waits for one that has joined none. */
  pathClosed(): void {}

  reportedClosed(): void {}

  forgotten(): void {}

  isHeard(): boolean {
    return false;
  }

  /** The file that listeners of a mountpoint hear when no stream is left; or why it cannot be that. */
  provideFallback(now: Micros, mount: string, title: string, file: Uint8Array): FallbackProblem | undefined {
    const most = this.#options.settings.fallbackBytes;
    if (file.length > most) return { code: 'too-large', mostBytes: most };
    return this.#fallbacks.provide(now, mount, title, file);
  }

  /** What is wanted of all mountpoints of which something is. */
  get policies(): Iterable<readonly [mount: string, policy: MountPolicy]> {
    return this.#policies;
  }

  /** Whether a mountpoint has a file that listeners hear when no stream is there. */
  hasFallbackFile(name: string): boolean {
    return this.#fallbacks.hasFile(name);
  }

  /** It is wanted from now on: if it has such a file, it begins with that. */
  beginWithFile(now: Micros, name: string): void {
    if (!this.#mounts.has(name)) this.#fallbacks.ended(now, name);
  }

  /** It is not wanted any more: it is over, and that is no outage. */
  letGo(now: Micros, mount: Mount): void {
    const { name } = mount;
    this.#mounts.delete(name);
    this.#options.budget.giveBack(MOUNT_BYTES);
    this.#fallbacks.forget(name);
    mount.end(now, this, undefined);
    this.#options.ended(name);
    this.#options.event({ kind: 'mount-let-go', mount: name, forMs: toMs((now - mount.startedAt) as Micros) });
  }

  /** What is wanted of a mountpoint at present, whether it is there or not. */
  policyOf(mount: string): MountPolicy {
    return this.#policies.of(mount);
  }

  /** Something else is wanted of a mountpoint from now on; or why it cannot be, and nothing has changed. */
  changePolicy(now: Micros, name: string, policy: MountPolicy, file: GivenFile | undefined): FallbackProblem | undefined {
    return this.#changes.change(now, name, policy, file);
  }

  /** Settings of the edge have changed, which count wherever a mountpoint has none of its own. */
  settingsChanged(now: Micros): void {
    for (const mount of this.#mounts.values()) {
      mount.wanted.change(mount.wanted.policy);
      mount.switcher.policyChanged(now);
    }
  }

  /** Saves or restores its state; `reference` does so with a stream. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#policies.snapshot(a);
    this.#fallbacks.snapshot(a);
    this.#begun = a.number(this.#begun);
    this.#ended.snapshot(a);
    a.list(this.#mounts.values(), (saved) => this.#snapshotMount(a, saved, reference));
  }

  #snapshotMount(a: Snapshot, saved: Mount | undefined, reference: (stream: EdgeStream | undefined) => EdgeStream): Mount {
    const id = a.number(saved?.output.id ?? (0 as MountId));
    const name = a.text(saved?.name ?? '');
    const startedAt = a.number(saved?.startedAt ?? (0 as Micros));
    const mount = saved ?? this.#make(startedAt, id, name);
    mount.snapshot(a, reference);
    return mount;
  }

  #joinOrCorrect(now: Micros, mount: Mount, stream: EdgeStream): void {
    const { startedAt, audience, switcher } = mount;
    const codec = switcher.live?.format?.codec;
    if (codec !== undefined && this.#formats.corrects(now, stream, { startedAt, codec, listeners: audience.listeners })) this.#renew(now, mount, stream);
    else this.#join(now, stream);
  }

  /** A stream that has a name and frames joins its mountpoint, or begins it. */
  #join(now: Micros, stream: EdgeStream): void {
    const name = stream.mountpoint!;
    const mount = this.#mounts.get(name) ?? this.#begin(now, name);
    mount.join(now, stream);
  }

  #begin(now: Micros, name: string): Mount {
    this.#begun++;
    const earlier = this.#ended.get(now, name)?.earlier;
    this.#ended.delete(name);
    const mount = this.#make(now, this.#begun as MountId, name, earlier);
    mount.open(now);
    this.#options.begun(now, mount);
    return mount;
  }

  #make(now: Micros, id: MountId, name: string, earlier: EarlierRedundancy = { hadBackups: false, lostSince: undefined }): Mount {
    const { settings, newMatcher, correlator, budget, outputs, audience, segments, parts, timer, event } = this.#options;
    const mount = new Mount({
      id,
      name,
      now,
      wanted: new CurrentPolicy(settings, this.#policies.of(name)),
      matcher: newMatcher(),
      correlator,
      budget,
      outputs,
      audience: () => audience(id),
      earlier,
      fallback: this.#fallbacks.sourceFor(name),
      segments,
      parts,
      fallbacks: () => this.#fallbacksOf(name),
      timer,
      event,
      ended: (at, it, silentMs) => {
        this.#end(at, it, { why: 'no-source', silentMs });
        this.#fallbacks.ended(at, name);
        if (!this.#mounts.has(name)) this.#options.ended(name);
      },
      outgrown: (at, it, stream) => this.#renew(at, it, stream),
    });
    mount.output.followedBy(this.#fallbacks.followers(mount.output));
    this.#mounts.set(name, mount);
    budget.take(MOUNT_BYTES);
    return mount;
  }

  /** What is heard instead of a mountpoint, the first first: the streams of another one, or a file, and what is heard instead of those. */
  *#fallbacksOf(name: string): Generator<SegmentFallback> {
    for (let at: string | undefined = name; at !== undefined; ) {
      const file = this.#fallbacks.loopOf(at);
      if (file !== undefined) yield { streams: [], file };
      at = fallbackMountOf(this.#policies.of(at));
      // No mountpoint is its own fallback: a policy with such a loop is refused.
      if (at !== undefined) yield { streams: this.#mounts.get(at)?.switcher ?? [], file: undefined };
    }
  }

  /** A stream of another codec is all there is: listeners have to connect again, and then find that. */
  #renew(now: Micros, mount: Mount, stream: EdgeStream): void {
    const { name, switcher, audience } = mount;
    const why = cannotFollow(stream.format, switcher.format);
    this.#options.event({ kind: 'format-changed', mount: name, ...streamName(stream), why, listeners: audience.listeners });
    this.#end(now, mount, { why: 'other-format', silentMs: 0, successor: stream });
    this.#join(now, stream);
  }

  #end(now: Micros, mount: Mount, { why, silentMs, successor }: Ending): void {
    const { name, startedAt, switcher, audience: { listeners } } = mount;
    this.#mounts.delete(name);
    this.#options.budget.giveBack(MOUNT_BYTES);
    this.#fallbacks.forget(name);
    const seen = switcher.lineup.byUse.slice(0, MOST_STREAMS).map((stream) => ({ format: stream.format, last: switcher.lineup.lastSeen(now, stream) }));
    const streams = seen.map(({ format, last }) => ({ ...last, format }));
    this.#ended.add({ name, startedAt, endedAt: now, why, silentMs, listeners, earlier: switcher.earlier, streams });
    const onAir = streamName(switcher.live);
    mount.end(now, this, successor);
    const forMs = toMs((now - startedAt) as Micros);
    this.#options.event({ kind: 'mount-ended', mount: name, why, ...onAir, silentMs, forMs, listeners, streams: seen.map(({ last }) => last) });
  }
}
