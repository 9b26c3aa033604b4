/** What the head of an answer says, or that there is none yet. */
export type HeadState = 'head' | 'audio' | 'refused';

const HEAD = 0;
const AUDIO = 1;
const REFUSED = 2;
const STATES: readonly HeadState[] = ['head', 'audio', 'refused'];
const [CR, LF] = [0x0d, 0x0a];

/**
 * What a crowd of listeners has received, in a few numbers each: nothing is kept of it, and nothing is made for it. Times are in milliseconds of
 * one clock.
 */
export class Crowd {
  readonly size: number;
  /** When each began to connect, and when its first byte of audio came; 0: it has not come. */
  readonly connectMs: Float64Array;
  readonly firstMs: Float64Array;
  /** The longest time without a byte since `restart`. */
  readonly gapMs: Float64Array;
  readonly #lastMs: Float64Array;
  readonly #states: Uint8Array;
  /** How many bytes of the empty line that ends a head have come. */
  readonly #endBytes: Uint8Array;
  #reads = 0;
  #bytes = 0;

  constructor(size: number) {
    this.size = size;
    this.connectMs = new Float64Array(size);
    this.firstMs = new Float64Array(size);
    this.gapMs = new Float64Array(size);
    this.#lastMs = new Float64Array(size);
    this.#states = new Uint8Array(size);
    this.#endBytes = new Uint8Array(size);
  }

  /** Reads and bytes of all of them since `restart`. */
  get reads(): number {
    return this.#reads;
  }

  get bytes(): number {
    return this.#bytes;
  }

  state(index: number): HeadState {
    return STATES[this.#states[index]!]!;
  }

  /** One read of a listener: the first `length` of `bytes`. */
  received(index: number, bytes: Uint8Array, length: number, nowMs: number): void {
    this.#reads++;
    this.#bytes += length;
    if (this.#states[index] === HEAD) this.#head(index, bytes, length, nowMs);
    const gapMs = nowMs - this.#lastMs[index]!;
    if (gapMs > this.gapMs[index]!) this.gapMs[index] = gapMs;
    this.#lastMs[index] = nowMs;
  }

  /** Counts from now on; the time since a listener's last read counts, too. */
  restart(): void {
    this.#reads = 0;
    this.#bytes = 0;
    this.gapMs.fill(0);
  }

  /** What has not come by now is a gap as well. */
  finish(nowMs: number): void {
    for (let index = 0; index < this.size; index++) this.gapMs[index] = Math.max(this.gapMs[index]!, nowMs - this.#lastMs[index]!);
  }

  #head(index: number, bytes: Uint8Array, length: number, nowMs: number): void {
    const end = this.#endBytes[index]!;
    if (this.#lastMs[index] === 0 && !saysOk(bytes)) {
      this.#states[index] = REFUSED;
      return;
    }
    let matched = end;
    for (let at = 0; at < length; at++) {
      if (matched === 4) {
        this.#states[index] = AUDIO;
        this.firstMs[index] = nowMs;
        return;
      }
      const byte = bytes[at];
      matched = byte === (matched % 2 === 0 ? CR : LF) ? matched + 1 : byte === CR ? 1 : 0;
    }
    this.#endBytes[index] = matched;
  }
}

/** HTTP/1.0 200 or HTTP/1.1 200. */
function saysOk(bytes: Uint8Array): boolean {
  return bytes[9] === 0x32 && bytes[10] === 0x30 && bytes[11] === 0x30;
}
