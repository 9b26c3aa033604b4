import type { PathId } from '../../../core/base/machine.ts';
import { MessageType } from '../../../core/wire/pdu.ts';

/** So many messages are remembered: more than any window has. */
export const REMEMBERED = 4_096;
/** Instead of a path. */
export const NOBODY = -1;
export const GONE: PathId = -2 as PathId;

/** The newest messages of a stream by their numbers: when each came, by whom, and what was in it. */
export class RememberedMessages {
  readonly #sequences = new Float64Array(REMEMBERED).fill(-1);
  readonly #times = new Float64Array(REMEMBERED);
  readonly #indexes = new Int32Array(REMEMBERED);
  readonly #sizes = new Int32Array(REMEMBERED);
  /** By which path a message came that lay too far ahead to be believed at once: the edge may let go of it when that closes. */
  readonly #farBy = new Int32Array(REMEMBERED);
  /** Whether a message came behind where the stream was believed to be. */
  readonly #isBehind = new Uint8Array(REMEMBERED);
  readonly #frameSequences = new Float64Array(REMEMBERED).fill(-1);

  store(now: number, { path, sequence, type, index, bytes }: { readonly path: PathId; readonly sequence: number; readonly type: number; readonly index: number; readonly bytes: number }, isFar: boolean, isBehind: boolean): void {
    const slot = sequence % REMEMBERED;
    this.#sequences[slot] = sequence;
    this.#times[slot] = now;
    this.#indexes[slot] = type === MessageType.DATA ? index : -1;
    this.#sizes[slot] = bytes;
    this.#isBehind[slot] = isBehind ? 1 : 0;
    this.#farBy[slot] = isFar ? path : NOBODY;
    if (type === MessageType.DATA && index >= 0) this.#frameSequences[index % REMEMBERED] = sequence;
  }

  has(sequence: number): boolean {
    return this.#sequences[sequence % REMEMBERED] === sequence;
  }

  /** Whether no newer one has its place. */
  hasRoomFor(sequence: number): boolean {
    return this.#sequences[sequence % REMEMBERED]! < sequence;
  }

  arrivedAt(sequence: number): number {
    return this.has(sequence) ? this.#times[sequence % REMEMBERED]! : Infinity;
  }

  hasAudio(sequence: number): boolean {
    return this.indexOf(sequence) >= 0;
  }

  /** The frame in it; -1 when there is none. */
  indexOf(sequence: number): number {
    return this.has(sequence) ? this.#indexes[sequence % REMEMBERED]! : -1;
  }

  /** Of one that is remembered. */
  bytesOf(sequence: number): number {
    return this.#sizes[sequence % REMEMBERED]!;
  }

  /** The path that it came by, if it lay too far ahead to be believed then; NOBODY when it did not, GONE when that path is closed. */
  farBy(sequence: number): number {
    return this.has(sequence) ? this.#farBy[sequence % REMEMBERED]! : NOBODY;
  }

  isBehind(sequence: number): boolean {
    return this.has(sequence) && this.#isBehind[sequence % REMEMBERED] === 1;
  }

  /** The message that a frame came in; -1 when that is not known. */
  sequenceOf(index: number): number {
    const sequence = this.#frameSequences[index % REMEMBERED]!;
    return sequence >= 0 && this.indexOf(sequence) === index ? sequence : -1;
  }

  /** One that is remembered came again, and counts as if it had not come before. */
  comesAgain(now: number, sequence: number, path: PathId): void {
    const slot = sequence % REMEMBERED;
    this.#times[slot] = now;
    this.#farBy[slot] = path;
    this.#isBehind[slot] = 0;
  }

  /** One that is remembered is believed. */
  believe(sequence: number): void {
    this.#farBy[sequence % REMEMBERED] = NOBODY;
  }

  /** What came before that is as if it had not come. */
  forgetBefore(time: number): void {
    for (let slot = 0; slot < REMEMBERED; slot++) if (this.#times[slot]! < time) this.#sequences[slot] = -1;
  }

  forgetPath(path: PathId): void {
    for (let slot = 0; slot < REMEMBERED; slot++) if (this.#farBy[slot] === path) this.#farBy[slot] = GONE;
  }
}
