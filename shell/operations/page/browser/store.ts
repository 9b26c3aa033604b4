import type { Changes, Part, Parts, Whole } from '../state.ts';

type Kind = Part['kind'];
type Of<K extends Kind> = Extract<Part, { kind: K }>;

/** The parts of one process, as they were told last. */
export class Store {
  readonly #parts = new Map<string, Part>();

  constructor(parts: Parts = {}) {
    for (const [key, part] of Object.entries(parts)) this.#parts.set(key, part);
  }

  begin({ parts }: Whole): void {
    this.#parts.clear();
    for (const [key, part] of Object.entries(parts)) this.#parts.set(key, part);
  }

  change({ parts, gone }: Changes): void {
    for (const [key, part] of Object.entries(parts)) this.#parts.set(key, part);
    for (const key of gone) this.#parts.delete(key);
  }

  one<K extends Kind>(kind: K): Of<K> | undefined {
    return this.all(kind)[0];
  }

  all<K extends Kind>(kind: K): readonly Of<K>[] {
    return [...this.#parts.values()].filter((part): part is Of<K> => part.kind === kind);
  }
}
