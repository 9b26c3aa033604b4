import type { Snapshot } from '../../base/snapshot.ts';
import type { Audience } from '../../listeners/audience.ts';
import type { MountOutput, OutputOf } from '../output/output.ts';
import type { MemoryBudget } from '../../base/budget.ts';
import { MOUNT_BYTES } from '../../base/costs.ts';
import type { EdgeStream, Loss, StreamConsumer } from '../stream/stream.ts';
import type { EndReason, MountpointEvent } from './events.ts';
import { EndedMounts, MOST_STREAMS, type EndedMount } from './ended-mounts.ts';
import { Fallbacks } from './fallbacks.ts';
import { FormatChoice, isRefused } from './format-choice.ts';
import { cannotFollow } from '../../codec/formats.ts';
import { encoderName } from '../../links/encoder-name.ts';
import type { MountId } from '../../base/machine.ts';
import type { Correlator } from '../content/correlation.ts';
import type { Matcher } from '../content/matcher.ts';
import { Mount, type MountReason } from './mountpoint.ts';
import { policyFor, settingsFor, type MountPolicies } from '../../config/mount-policy.ts';
import type { FallbackProblem } from '../fallback/problem.ts';
import type { Settings } from '../../config/settings.ts';
import type { Timer } from '../../base/timers.ts';
import { toMs, type Micros } from '../../base/units.ts';

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
  readonly begun: (now: Micros, mount: Mount) => void;
  /** It is over, and does not begin anew. */
  readonly ended: (name: string) => void;
  readonly timer: (reason: MountReason, fire: (now: Micros) => void) => Timer<string>;
  readonly event: (event: MountpointEvent) => void;
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
  readonly #fallbacks: Fallbacks;
  readonly #formats: FormatChoice;
  readonly #ended: EndedMounts = new EndedMounts();
  #begun = 0;

  constructor(options: MountpointsOptions) {
    const { settings, policies, streams, budget, timer } = options;
    this.#options = options;
    this.#formats = new FormatChoice(settings, policies, streams);
    this.#fallbacks = new Fallbacks({
      policies: policies ?? {},
      budget,
      timer,
      has: (name) => this.#mounts.has(name),
      begin: (now, name) => this.#begin(now, name),
      controller: (now, name) => this.#mounts.get(name)?.switcher.beginWithFallback(now),
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
    const { policies, event } = this.#options;
    if (stream.mountpoint === undefined || isRefused(stream, policyFor(stream.mountpoint, policies), event)) return;
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

  /** Saves or restores its state; `reference` does so with a stream. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
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
    const hadBackups = this.#ended.get(now, name)?.hadBackups === true;
    this.#ended.delete(name);
    const mount = this.#make(now, this.#begun as MountId, name, hadBackups);
    mount.output.opened(now);
    this.#options.begun(now, mount);
    return mount;
  }

  #make(now: Micros, id: MountId, name: string, hadBackups: boolean = false): Mount {
    const { settings, policies, newMatcher, correlator, budget, outputs, audience, timer, event } = this.#options;
    const policy = policyFor(name, policies);
    const mount = new Mount({
      id,
      name,
      now,
      settings: settingsFor(policy, settings),
      policy,
      matcher: newMatcher(),
      correlator,
      budget,
      // Those who follow it come last: they may end, and follow each other.
      outputs: (of) => [...outputs(of), ...this.#fallbacks.outputs(of)],
      audience: () => audience(id),
      hadBackups,
      fallback: this.#fallbacks.sourceFor(name),
      timer,
      event,
      ended: (at, it, silentMs) => {
        this.#end(at, it, { why: 'no-source', silentMs });
        this.#fallbacks.ended(at, name);
        if (!this.#mounts.has(name)) this.#options.ended(name);
      },
      outgrown: (at, it, stream) => this.#renew(at, it, stream),
    });
    this.#mounts.set(name, mount);
    budget.take(MOUNT_BYTES);
    return mount;
  }

  /** A stream of another codec is all there is: listeners have to connect again, and then find that. */
  #renew(now: Micros, mount: Mount, stream: EdgeStream): void {
    const { name, switcher, audience } = mount;
    const why = cannotFollow(stream.format, switcher.format);
    this.#options.event({ kind: 'format-changed', mount: name, ...encoderName(stream), stream: stream.name, why, listeners: audience.listeners });
    this.#end(now, mount, { why: 'other-format', silentMs: 0, successor: stream });
    this.#join(now, stream);
  }

  #end(now: Micros, mount: Mount, { why, silentMs, successor }: Ending): void {
    const { name, startedAt, switcher, audience: { listeners } } = mount;
    this.#mounts.delete(name);
    this.#options.budget.giveBack(MOUNT_BYTES);
    this.#fallbacks.forget(name);
    const seen = switcher.streamsByUse.slice(0, MOST_STREAMS).map((stream) => ({ format: stream.format, last: switcher.lastSeen(now, stream) }));
    const streams = seen.map(({ format, last }) => ({ ...last, format }));
    this.#ended.add({ name, startedAt, endedAt: now, why, silentMs, listeners, hadBackups: switcher.hadBackups, streams });
    const { live } = switcher;
    const onAir = live === undefined ? { origin: '', source: '', stream: '' } : { ...encoderName(live), stream: live.name };
    mount.end(now, this, successor);
    const forMs = toMs((now - startedAt) as Micros);
    this.#options.event({ kind: 'mount-ended', mount: name, why, ...onAir, silentMs, forMs, listeners, streams: seen.map(({ last }) => last) });
  }
}
