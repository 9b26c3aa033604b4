import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import type { MemoryBudget } from '../../base/budget.ts';
import { framesOnly, type MountOutput, type OutputOf } from '../output/output.ts';
import { policyFor, type MountPolicies } from '../../config/mount-policy.ts';
import type { Timer } from '../../base/timers.ts';
import type { Micros } from '../../base/units.ts';
import { FileFrames, readFileFrames } from '../fallback/file-frames.ts';
import { FallbackFile } from '../fallback/file.ts';
import { FallbackMount } from '../fallback/mount.ts';
import type { FallbackProblem } from '../fallback/problem.ts';
import type { FallbackSink, FallbackSource } from '../fallback/source.ts';

export interface FallbacksOptions {
  readonly policies: MountPolicies;
  readonly budget: MemoryBudget;
  readonly timer: (reason: 'fallback-frame', fire: (now: Micros) => void) => Timer<string>;
  /** Whether there is such a mountpoint. */
  readonly has: (mount: string) => boolean;
  /** Makes the mountpoint. */
  readonly begin: (now: Micros, mount: string) => void;
  /** No stream of it is there yet, but its fallback has something. */
  readonly controller: (now: Micros, mount: string) => void;
}

interface File {
  readonly title: string;
  readonly frames: FileFrames;
}

/**
 * The fallbacks of all mountpoints of an edge: files as they were provided, and who follows whom. A mountpoint whose fallback
 * has something exists, though no stream of it may ever have come.
 */
export class Fallbacks {
  readonly #options: FallbacksOptions;
  /** By the name of a mountpoint: those that have it as their fallback. */
  readonly #following: Map<string, string[]> = new Map();
  /** By the name of the mountpoint that follows, while that exists. */
  readonly #followers: Map<string, FallbackMount> = new Map();
  #files: Map<string, File> = new Map();

  constructor(options: FallbacksOptions) {
    this.#options = options;
    for (const [mount, { fallback }] of Object.entries(options.policies)) {
      if (fallback === undefined || !('mount' in fallback)) continue;
      const others = this.#following.get(fallback.mount) ?? [];
      this.#following.set(fallback.mount, [...others, mount]);
    }
  }

  get heldBytes(): number {
    let sum = 0;
    for (const { frames } of this.#files.values()) sum += frames.bytes.length;
    return sum;
  }

  /** A mountpoint has this file from now on; or why it cannot have it. */
  provide(now: Micros, mount: string, title: string, bytes: Uint8Array): FallbackProblem | undefined {
    if (this.#options.has(mount)) return { code: 'too-late' };
    const frames = readFileFrames(bytes);
    if (!(frames instanceof FileFrames)) return frames;
    this.#files.set(mount, { title, frames });
    this.ended(now, mount);
    return undefined;
  }

  /** What makes the fallback of a mountpoint, if it has one. */
  sourceFor(mount: string): ((sink: FallbackSink) => FallbackSource) | undefined {
    const { budget, timer, policies } = this.#options;
    const file = this.#files.get(mount);
    if (file !== undefined) return (sink) => new FallbackFile({ name: file.title, frames: file.frames, sink, timer });
    const fallback = policyFor(mount, policies)?.fallback;
    if (fallback === undefined || !('mount' in fallback)) return undefined;
    return (sink) => {
      const follower = new FallbackMount({ name: fallback.mount, budget, sink });
      this.#followers.set(mount, follower);
      return follower;
    };
  }

  /** Of a mountpoint: to those that have it as their fallback. */
  outputs(of: OutputOf): readonly MountOutput[] {
    const { has, begin, controller } = this.#options;
    return (this.#following.get(of.name) ?? []).map((other) => ({
      ...framesOnly((now, bytes, durationUs) => {
        const isNew = !has(other);
        if (isNew) begin(now, other);
        this.#followers.get(other)?.heard(now, bytes, durationUs, of);
        if (isNew) controller(now, other);
      }),
      opened: () => this.#followers.get(other)?.begins(),
    }));
  }

  /** A mountpoint has ended, or has never been: with a file it begins anew. */
  ended(now: Micros, mount: string): void {
    if (!this.#files.has(mount)) return;
    this.#options.begin(now, mount);
    this.#options.controller(now, mount);
  }

  /** A mountpoint is over, and its fallback with it. */
  forget(mount: string): void {
    this.#followers.delete(mount);
  }

  /** Saves or restores the files. */
  snapshot(a: Snapshot): void {
    this.#files = new Map(a.list(this.#files, (entry) => {
      const mount = a.text(entry?.[0] ?? '');
      const title = a.text(entry?.[1].title ?? '');
      const bytes = a.file(entry?.[1].frames.bytes ?? NOTHING);
      if (entry !== undefined) return entry;
      const frames = readFileFrames(bytes);
      assert(frames instanceof FileFrames, 'the frames of a file are found again');
      return [mount, { title, frames }];
    }));
  }
}

const NOTHING = new Uint8Array(0);
