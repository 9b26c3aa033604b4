import { isPattern } from '../../wire/messages/wants.ts';
import { matchesGlob } from '../peers/globs.ts';

/** Of mountpoints with patterns in play: what was found out of so many is remembered. */
const MAX_REMEMBERED = 4_096;

/** Which mountpoints are wanted, by names in which `*` stands for any characters. */
export class WantedMounts {
  /** As they were given. */
  readonly names: readonly string[];
  readonly #exact: ReadonlySet<string>;
  readonly #patterns: readonly string[];
  readonly #remembered = new Map<string, boolean>();

  constructor(names: readonly string[]) {
    this.names = names;
    this.#patterns = names.filter(isPattern);
    this.#exact = new Set(names);
  }

  has(mount: string): boolean {
    if (this.#exact.has(mount)) return true;
    if (this.#patterns.length === 0) return false;
    const known = this.#remembered.get(mount);
    if (known !== undefined) return known;
    const isWanted = this.#patterns.some((pattern) => matchesGlob(pattern, mount));
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear();
    this.#remembered.set(mount, isWanted);
    return isWanted;
  }
}
