import type { Snapshot } from '../../base/snapshot.ts';
import { assert } from '../../base/assert.ts';
import { SetAside, type MemoryBudget } from '../../base/memory/budget.ts';
import type { Follower } from '../output/fan-out.ts';
import type { OutputOf } from '../output/output.ts';
import { fallbackFileOf, fallbackMountOf, type MountPolicy } from '../../config/mount-policy.ts';
import type { Policies } from '../../config/policies.ts';
import type { Timer } from '../../base/timers.ts';
import type { Micros } from '../../base/units.ts';
import { FileFrames, readFileFrames } from '../fallback/file-frames.ts';
import { FileLoop } from '../fallback/file-loop.ts';
import { FallbackFile } from '../fallback/file.ts';
import { FallbackMount } from '../fallback/mount.ts';
import type { FallbackProblem } from '../fallback/problem.ts';
import type { MakeSource } from '../fallback/controller.ts';

export interface FallbacksOptions {
  readonly policies: Policies;
  readonly budget: MemoryBudget;
  readonly timer: (reason: 'fallback-frame', fire: (now: Micros) => void) => Timer<string>;
  /** Whether there is such a mountpoint. */
  readonly has: (mount: string) => boolean;
  /** Whether it may begin. */
  readonly isWanted: (mount: string) => boolean;
  /** Makes the mountpoint. */
  readonly begin: (now: Micros, mount: string) => void;
  /** No stream of it is there yet, but its fallback has something. */
  readonly controller: (now: Micros, mount: string) => void;
}

/** A file of frames, as it is in the file system. */
export interface GivenFile {
  /** What listeners see while it is heard. */
  readonly title: string;
  readonly bytes: Uint8Array;
}

export interface ReadFile {
  /** As policies have it; undefined: none spoke of it. */
  readonly path: string | undefined;
  readonly title: string;
  readonly frames: FileFrames;
  /** As segments are made of it; undefined: none has been. */
  loop?: FileLoop;
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
  #files: Map<string, ReadFile> = new Map();
  readonly #aside: SetAside;

  constructor(options: FallbacksOptions) {
    this.#options = options;
    this.#aside = new SetAside(options.budget);
    this.#findFollowing();
  }

  get heldBytes(): number {
    let sum = 0;
    for (const { frames, loop } of this.#files.values()) sum += frames.heldBytes + (loop?.heldBytes ?? 0);
    return sum;
  }

  /** A mountpoint has this file from now on; or why it cannot have it. */
  provide(now: Micros, mount: string, title: string, bytes: Uint8Array): FallbackProblem | undefined {
    if (this.#options.has(mount)) return { code: 'too-late' };
    const frames = readFileFrames(bytes);
    if (!(frames instanceof FileFrames)) return frames;
    this.#keep(mount, { path: fallbackFileOf(this.#options.policies.of(mount)), title, frames });
    this.ended(now, mount);
    return undefined;
  }

  /** Reads the file that a mountpoint is to have as its fallback; undefined where that is none, or the one that it has already. */
  read(mount: string, policy: MountPolicy, given: GivenFile | undefined): ReadFile | FallbackProblem | undefined {
    const path = fallbackFileOf(policy);
    if (path === undefined) return undefined;
    if (given === undefined) return this.#files.get(mount)?.path === path ? undefined : { code: 'no-file' };
    const frames = readFileFrames(given.bytes);
    return frames instanceof FileFrames ? { path, title: given.title, frames } : frames;
  }

  /** Another policy of a mountpoint is in force, with this file. The one that it had last is kept: it can be its fallback again. */
  changed(mount: string, file: ReadFile | undefined): void {
    if (file !== undefined) this.#keep(mount, file);
    this.#findFollowing();
  }

  /** What makes the fallback of a mountpoint, if it has one. */
  sourceFor(mount: string): MakeSource | undefined {
    const { budget, timer, policies } = this.#options;
    const file = this.#fileOf(mount);
    if (file !== undefined) return (sink) => new FallbackFile({ name: file.title, frames: file.frames, sink, timer });
    const name = fallbackMountOf(policies.of(mount));
    if (name === undefined) return undefined;
    return (sink) => {
      const follower = new FallbackMount({ name, budget, sink });
      this.#followers.set(mount, follower);
      return follower;
    };
  }

  /** Of a mountpoint: those that have it as their fallback. */
  followers(of: OutputOf): readonly Follower[] {
    const { has, isWanted, begin, controller } = this.#options;
    return (this.#following.get(of.name) ?? []).map((other) => ({
      opened: () => this.#followers.get(other)?.begins(),
      frame: (now, bytes, durationUs) => {
        const isNew = !has(other);
        if (isNew && !isWanted(other)) return;
        if (isNew) begin(now, other);
        this.#followers.get(other)?.heard(now, bytes, durationUs, of);
        if (isNew) controller(now, other);
      },
    }));
  }

  /** A mountpoint has ended, or has never been: with a file it begins anew, if it is wanted. */
  ended(now: Micros, mount: string): void {
    if (!this.hasFile(mount) || !this.#options.isWanted(mount)) return;
    this.#options.begin(now, mount);
    this.#options.controller(now, mount);
  }

  /** The file of a mountpoint as segments are made of it; undefined: it has none. */
  loopOf(mount: string): { readonly title: string; readonly loop: FileLoop } | undefined {
    const file = this.#fileOf(mount);
    if (file === undefined) return undefined;
    if (file.loop === undefined) {
      file.loop = new FileLoop(file.frames);
      this.#aside.set(this.heldBytes);
    }
    return { title: file.title, loop: file.loop };
  }

  /** Whether a mountpoint has a file as its fallback. */
  hasFile(mount: string): boolean {
    return this.#fileOf(mount) !== undefined;
  }

  /** A mountpoint is over, and its fallback with it. */
  forget(mount: string): void {
    this.#followers.delete(mount);
  }

  #keep(mount: string, file: ReadFile): void {
    this.#files.set(mount, file);
    this.#aside.set(this.heldBytes);
  }

  /** The file that a mountpoint has as its fallback at present. */
  #fileOf(mount: string): ReadFile | undefined {
    const file = this.#files.get(mount);
    const policy = this.#options.policies.of(mount);
    // One that was provided where no policy speaks of it is what is wanted.
    return fallbackMountOf(policy) === undefined && file?.path === fallbackFileOf(policy) ? file : undefined;
  }

  #findFollowing(): void {
    this.#following.clear();
    for (const [mount, policy] of this.#options.policies) {
      const followed = fallbackMountOf(policy);
      if (followed !== undefined) this.#following.set(followed, [...(this.#following.get(followed) ?? []), mount]);
    }
  }

  /** Saves or restores the files; the policies are as they are to be. */
  snapshot(a: Snapshot): void {
    this.#files = new Map(a.list(this.#files, (entry) => {
      const mount = a.text(entry?.[0] ?? '');
      const path = a.maybeText(entry?.[1].path);
      const title = a.text(entry?.[1].title ?? '');
      const bytes = a.file(entry?.[1].frames.bytes ?? NOTHING);
      if (entry !== undefined) return entry;
      const frames = readFileFrames(bytes);
      assert(frames instanceof FileFrames, 'the frames of a file are found again');
      return [mount, { path, title, frames }];
    }));
    if (!a.isLoading) return;
    this.#findFollowing();
    this.#aside.set(this.heldBytes);
  }
}

const NOTHING = new Uint8Array(0);
