import type { ListenerId } from '../../../core/base/machine.ts';

/** The listeners of a worker by both of their numbers: `id`, that in its machine, which nobody else knows, and that in the process that accepts connections. */
export class Numbers {
  readonly #listeners = new Map<ListenerId, ListenerId>();
  readonly #ids = new Map<ListenerId, ListenerId>();

  get size(): number {
    return this.#listeners.size;
  }

  add(id: ListenerId, listener: ListenerId): void {
    this.#listeners.set(id, listener);
    this.#ids.set(listener, id);
  }

  delete(id: ListenerId): void {
    const listener = this.#listeners.get(id);
    if (listener !== undefined) this.#ids.delete(listener);
    this.#listeners.delete(id);
  }

  listenerOf(id: ListenerId): ListenerId | undefined {
    return this.#listeners.get(id);
  }

  idOf(listener: ListenerId): ListenerId | undefined {
    return this.#ids.get(listener);
  }

  /** From the oldest on, also of those that come meanwhile. */
  entries(): MapIterator<[id: ListenerId, listener: ListenerId]> {
    return this.#listeners.entries();
  }
}
