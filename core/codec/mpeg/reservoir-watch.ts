import type { CutWatch, Decodability } from '../format/family.ts';
import type { FrameHeader } from '../format/format.ts';
import { mainDataAt, mainDataBytes } from './main-data.ts';

/** Main data of Layer III that is remembered: twice as much as a frame can reach back to. */
const HELD_BYTES = 1_024;
/** "LAME": it writes its name, and its version, in front of what it fills up with. */
const SIGNATURE: readonly number[] = [0x4c, 0x41, 0x4d, 0x45];
/** Of the filling, so many bytes right before the audio are looked at, */
const TAIL_BYTES = 16;
/** and so many more when most of these may be name and version. */
const SIGNED_BYTES: number = TAIL_BYTES + 13;
/** An encoder that leaves bytes of its own between frames has shown it by then. */
const LEARNING_FRAMES = 100;

/**
 * Follows the bit reservoir of an MP3 stream, to see where it was cut without care: at a splice of two streams, or where
 * frames are missing.
 *
 *     main data     |~~ audio of e-1 ~~|~~ audio of e ~~|filling|~~ audio of e+1 ~~|
 *     frame e+1 begins within "filling", or right at its end: never before it
 *
 * Encoders put audio after audio, and fill up with zeros, ones or both in turn when they have too much room. So audio that begins
 * before the end of the one before is proof of a cut; bytes that nobody claims, and that are no filling, are evidence,
 * unless the encoder does that regularly.
 */
export class ReservoirWatch implements CutWatch {
  readonly #held: Uint8Array = new Uint8Array(HELD_BYTES);
  /** Main data since we came in or the last break, up to what matters. */
  #receivedBytes = 0;
  #isBroken = false;
  /** Of what is held, at its end: not taken by the newest frame, nor by one before it. */
  #unclaimedBytes = 0;
  #framesSinceForeign = 0;

  /** Bytes are missing, or another stream begins. */
  restart(): void {
    this.#receivedBytes = 0;
    this.#isBroken = false;
  }

  /** The next frame. */
  frame(bytes: Uint8Array, header: FrameHeader): Decodability {
    if (header.format.codec !== 'mp3') {
      this.restart();
      return 'whole';
    }
    const mainAt = mainDataAt(bytes, header.format);
    const ownBytes = bytes.length - mainAt;
    const audioBytes = mainDataBytes(bytes, header.format);
    this.#framesSinceForeign++;
    const verdict = this.#judge(header.mainDataBegin, ownBytes, audioBytes);
    if (verdict === 'overlap' || verdict === 'foreign' || verdict === 'overrun') {
      this.#receivedBytes = 0;
      this.#isBroken = true;
    }
    this.#keep(bytes, mainAt);
    this.#unclaimedBytes = Math.max(0, header.mainDataBegin + ownBytes - audioBytes);
    return verdict;
  }

  #judge(begin: number, ownBytes: number, audioBytes: number): Decodability {
    if (audioBytes > begin + ownBytes) return 'overrun';
    if (begin > this.#receivedBytes) return this.#isBroken ? 'behind' : 'joining';
    if (begin === 0 || this.#receivedBytes === 0) return 'whole';
    if (begin > this.#unclaimedBytes) return 'overlap';
    if (!this.#isForeign(begin)) return 'whole';
    const isUsual = this.#framesSinceForeign <= LEARNING_FRAMES;
    this.#framesSinceForeign = 0;
    return isUsual ? 'whole' : 'foreign';
  }

  /**
   * Whether the audio that begins so many bytes from the end does not begin where its encoder put it: behind what the last
   * frame took, and behind the filling there.
   */
  #isForeign(begin: number): boolean {
    const from = HELD_BYTES - this.#unclaimedBytes;
    const at = HELD_BYTES - begin;
    if (at <= from) return false;
    if (this.#isAlternating(at)) return true;
    return !this.#isFilling(Math.max(from, at - TAIL_BYTES), at) && !this.#isSigned(Math.max(from, at - SIGNED_BYTES), at);
  }

  /** Whether the encoder's name is among these bytes, or begins right before their end. */
  #isSigned(from: number, to: number): boolean {
    for (let at = from; at < to; at++) {
      if (SIGNATURE.every((letter, index) => at + index >= to || this.#held[at + index] === letter)) return true;
    }
    return false;
  }

  /** Whether most of these bytes are what encoders fill up with. */
  #isFilling(from: number, to: number): boolean {
    let filling = 0;
    for (let at = from; at < to; at++) {
      const byte = this.#held[at]!;
      if (byte === 0x00 || byte === 0xff || isAlternating(byte)) filling++;
    }
    return 2 * filling >= to - from;
  }

  /** Whether the filling goes on where audio should begin: no audio looks like that for so long. */
  #isAlternating(at: number): boolean {
    if (at + TAIL_BYTES > HELD_BYTES) return false;
    return this.#held.subarray(at, at + TAIL_BYTES).every(isAlternating);
  }

  #keep(bytes: Uint8Array, mainAt: number): void {
    const from = Math.max(mainAt, bytes.length - HELD_BYTES);
    const count = bytes.length - from;
    if (count > 0) {
      this.#held.copyWithin(0, count);
      this.#held.set(bytes.subarray(from), HELD_BYTES - count);
    }
    this.#receivedBytes = Math.min(HELD_BYTES, this.#receivedBytes + Math.max(0, bytes.length - mainAt));
  }
}

/** Ones and zeros in turn, from any bit on. */
function isAlternating(byte: number): boolean {
  return byte === 0x55 || byte === 0xaa;
}
