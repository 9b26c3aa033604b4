import type { Micros } from '../../base/units.ts';
import { Deframer } from '../../wire/deframer.ts';
import type { ListenersInput } from '../listeners.ts';
import { play, type IntroParts } from './record.ts';

/** Gives Listeners what a feed tells, in any chunking. */
export class FeedReader {
  readonly #deframer: Deframer;
  readonly #parts: IntroParts = { name: '', format: undefined, text: '', frames: [] };
  #now = 0 as Micros;
  #readBytes = 0;

  constructor(into: ListenersInput) {
    this.#deframer = new Deframer((bytes, start, end) => play(this.#now, bytes, start, end, into, this.#parts));
  }

  /** How much has been read so far. */
  get readBytes(): number {
    return this.#readBytes;
  }

  /** Borrowed for the call. */
  push(now: Micros, bytes: Uint8Array): void {
    this.#now = now;
    this.#deframer.push(bytes);
    this.#readBytes += bytes.length;
  }
}
