import type { Snapshot } from '../../base/snapshot.ts';
import type { Run } from './place.ts';

/** Streams that are remembered after they were forgotten: of 250 mountpoints, all that there were for hours. */
const MOST_DEPARTED = 1_024;
/** Of each, the newest places where it was: one, unless somebody has sent it away. */
const MOST_RUNS = 4;

/**
 * What was given out of streams that were forgotten. An id is never used again, so what comes of one later is old: somebody has kept it
 * on the way for longer than the stream was remembered. It must not be heard twice, nor must what came before it; nor must it go
 * round between relays once more.
 */
export class EndedStreams {
  readonly #margin: number;
  #runs: Map<string, readonly Run[]> = new Map();

  /** @param margin numbers before what was given out that are as old. */
  constructor(margin: number) {
    this.#margin = margin;
  }

  /** A stream is forgotten that has given out these sequence numbers. */
  note(stream: string, runs: readonly Run[]): void {
    this.#runs.delete(stream);
    if (runs.length > 0) this.#runs.set(stream, runs.slice(-MOST_RUNS).map(({ from, to }) => ({ from: Math.max(0, from - this.#margin), to })));
    if (this.#runs.size > MOST_DEPARTED) for (const [oldest] of this.#runs) return void this.#runs.delete(oldest);
  }

  /** What must not come again of a stream that is heard again; nothing when it is new. */
  runsOf(stream: string): readonly Run[] {
    return this.#runs.get(stream) ?? [];
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot): void {
    this.#runs = new Map(
      a.list(this.#runs, (entry) => [
        a.text(entry?.[0] ?? ''),
        a.list(entry?.[1] ?? [], (run) => ({ from: a.number(run?.from ?? 0), to: a.number(run?.to ?? 0) })),
      ]),
    );
  }
}
