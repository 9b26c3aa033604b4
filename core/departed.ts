import type { Archive } from './archive.ts';

/** Streams that are remembered after they were forgotten: of an edge of 250 mountpoints, all that there were for hours. */
const MOST_DEPARTED = 1_024;

/**
 * Where streams ended that were forgotten. An id is never used again, so what comes of one later is old: somebody has kept it on the way
 * for longer than the stream was remembered. It must not be heard twice.
 */
export class Departed {
  #next: Map<string, number> = new Map();

  /** A stream is forgotten; `next` is the sequence number that was to come. */
  note(stream: string, next: number): void {
    this.#next.delete(stream);
    this.#next.set(stream, next);
    if (this.#next.size > MOST_DEPARTED) for (const [oldest] of this.#next) return void this.#next.delete(oldest);
  }

  /** What is to come next of a stream that is heard again; 0 when it is new. */
  nextOf(stream: string): number {
    return this.#next.get(stream) ?? 0;
  }

  /** Saves or restores its state. */
  archive(a: Archive): void {
    this.#next = new Map(a.list(this.#next, (entry) => [a.text(entry?.[0] ?? ''), a.number(entry?.[1] ?? 0)]));
  }
}
