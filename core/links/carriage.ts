import type { PathId } from '../base/machine.ts';
import type { HasStreamId } from '../wire/stream-table.ts';

/** Which streams have come by which open path: closing one must not cost more because of all those that others have brought. */
export class Carriage<Stream extends HasStreamId> {
  readonly #streams: Map<PathId, Set<Stream>> = new Map();

  carries(path: PathId, stream: Stream): void {
    const streams = this.#streams.get(path);
    if (streams === undefined) this.#streams.set(path, new Set([stream]));
    else streams.add(stream);
  }

  /** It does not any more, or the stream is forgotten. */
  dropped(path: PathId, stream: Stream): void {
    const streams = this.#streams.get(path);
    streams?.delete(stream);
    if (streams?.size === 0) this.#streams.delete(path);
  }

  /** By no path any more. */
  forget(stream: Stream): void {
    for (const path of this.#streams.keys()) this.dropped(path, stream);
  }

  /** What a path that closes has carried, by stream id: that order does not depend on what the machine was restored from. */
  closed(path: PathId): readonly Stream[] {
    const streams = [...(this.#streams.get(path) ?? [])];
    this.#streams.delete(path);
    return streams.sort((a, b) => compare(a.id, b.id));
  }
}

function compare(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return 0;
}
