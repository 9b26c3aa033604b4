import type { SourceMount } from './connections.ts';

/** The mountpoints that source clients push at one port. */
export class SourceMounts {
  readonly #byName: ReadonlyMap<string, SourceMount>;
  readonly #only: SourceMount | undefined;

  constructor(mounts: readonly SourceMount[]) {
    this.#byName = new Map(mounts.map((mount) => [mount.name, mount]));
    this.#only = mounts.length === 1 ? mounts[0] : undefined;
  }

  /** The one of this name; where there is only one, that, whatever a client calls it. */
  find(name: string | undefined): SourceMount | undefined {
    return this.#only ?? (name === undefined ? undefined : this.#byName.get(name.replace(/^\//, '')));
  }
}
