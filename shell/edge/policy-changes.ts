import { createHash } from 'node:crypto';
import { assert } from '../../core/base/assert.ts';
import { policyFor, type MountPolicies, type MountPolicy } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { Edge, GivenFile } from '../../core/edge/edge.ts';
import { FileFrames, readFileFrames } from '../../core/edge/fallback/file-frames.ts';
import type { FallbackProblem } from '../../core/edge/fallback/problem.ts';
import type { Micros } from '../../core/base/units.ts';
import { fallbackProblemText, mountFileError, readMountFiles, type MountFile } from './mount-files.ts';

export interface PolicyChangesOptions {
  readonly edge: Pick<Edge, 'changePolicy' | 'provideIntro'>;
  readonly now: () => Micros;
  readonly settings: Settings;
}

interface Change {
  readonly mount: string;
  readonly policy: MountPolicy;
  /** Undefined: it is the one that there is, or there is none. */
  readonly fallback: GivenFile | undefined;
  readonly intro: GivenFile | undefined;
}

/** Takes other policies of mountpoints, and other contents of their files, while they are on air. */
export class PolicyChanges {
  readonly #options: PolicyChangesOptions;
  /** Of each file of a mountpoint: what it was when it was last read. */
  #digests: ReadonlyMap<string, string> = new Map();

  constructor(options: PolicyChangesOptions) {
    this.#options = options;
  }

  /** These are in use. */
  remember(files: readonly MountFile[]): void {
    this.#digests = digestsOf(files);
  }

  /** Reads the files, and rejects with a UsageError where one cannot be used. What it gives makes the changes, and names files that are others than before. */
  async prepare(before: MountPolicies, after: MountPolicies): Promise<() => readonly string[]> {
    const files = await readMountFiles(after, this.#options.settings);
    for (const file of files) {
      const frames = readFileFrames(file.bytes);
      if (!(frames instanceof FileFrames)) throw mountFileError(file, fallbackProblemText(frames, file.what));
    }
    // Files may be large: looked through once.
    const digests = digestsOf(files);
    const isNew = (file: MountFile): boolean => this.#digests.get(keyOf(file)) !== digests.get(keyOf(file));
    const mounts = [...new Set([...Object.keys(before), ...Object.keys(after)])];
    const changes = mounts.flatMap((mount): readonly Change[] => {
      const [was, policy] = [policyFor(mount, before) ?? {}, policyFor(mount, after) ?? {}];
      const [fallback, intro] = (['fallback', 'intro'] as const).map((what) => {
        const file = files.find((one) => one.mount === mount && one.what === what);
        return file !== undefined && (isNew(file) || JSON.stringify(was[what]) !== JSON.stringify(policy[what])) ? file : undefined;
      });
      const isChange = fallback !== undefined || intro !== undefined || JSON.stringify(was) !== JSON.stringify(policy);
      return isChange ? [{ mount, policy, fallback, intro }] : [];
    });
    return () => {
      const others = files.filter(isNew).map(({ path }) => path);
      this.#apply(changes);
      this.#digests = digests;
      return others;
    };
  }

  /** In an order in which fallbacks form no loop on the way, or, where there is none, with some that have none for a moment. */
  #apply(changes: readonly Change[]): void {
    let left = changes;
    while (left.length > 0) {
      const refused = left.filter((change) => this.#change(change)?.code === 'loop');
      if (refused.length === left.length) for (const { mount, policy: { fallback: _, ...policy } } of refused) this.#change({ mount, policy, fallback: undefined, intro: undefined });
      left = refused;
    }
  }

  #change({ mount, policy, fallback, intro }: Change): FallbackProblem | undefined {
    const { edge, now } = this.#options;
    const problem = edge.changePolicy(now(), mount, policy, fallback && { title: fallback.title, bytes: fallback.bytes });
    if (problem?.code === 'loop') return problem;
    const refused = problem ?? (intro && edge.provideIntro(now(), mount, intro.title, intro.bytes));
    assert(refused === undefined, 'files were looked at, and one is refused');
    return undefined;
  }
}

function keyOf({ mount, what }: MountFile): string {
  return `${what} ${mount}`;
}

function digestsOf(files: readonly MountFile[]): ReadonlyMap<string, string> {
  return new Map(files.map((file) => [keyOf(file), createHash('sha256').update(file.bytes).digest('base64')]));
}
