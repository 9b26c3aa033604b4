import type { Snapshot } from '../../../base/snapshot.ts';
import type { EdgeStream } from '../../stream/stream.ts';

/**
 * The stream that an operator has chosen. It goes on air when it has come to where the listeners are, and stays there against all
 * that would otherwise be preferred, until it fails, is forgotten, or the choice is taken back.
 */
export class OperatorChoice {
  #chosen: EdgeStream | undefined;

  make(stream: EdgeStream): void {
    this.#chosen = stream;
  }

  clear(): void {
    this.#chosen = undefined;
  }

  forget(stream: EdgeStream): void {
    if (this.#chosen === stream) this.#chosen = undefined;
  }

  /** One stream was left for another one. */
  left(from: EdgeStream, to: EdgeStream): void {
    if (this.#chosen === from && to !== from) this.#chosen = undefined;
  }

  /** It is chosen, and not on air. */
  waitsFor(live: EdgeStream | undefined): EdgeStream | undefined {
    return this.#chosen === live ? undefined : this.#chosen;
  }

  is(live: EdgeStream | undefined): boolean {
    return this.#chosen !== undefined && this.#chosen === live;
  }

  /** Saves or restores its state. */
  snapshot(a: Snapshot, reference: (stream: EdgeStream | undefined) => EdgeStream): void {
    this.#chosen = a.flag(this.#chosen !== undefined) ? reference(this.#chosen) : undefined;
  }
}
