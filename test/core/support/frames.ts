import { mpegFrame, adtsFrame } from '../codec/build.ts';

/** MP3 at 44.1 kHz: 1,152 samples. */
export const FRAME_US: number = (1152 * 1_000_000) / 44_100;
export const FRAME_BYTES = 417;

/**
 * An MP3 frame (44.1 kHz, stereo, 128 kbit/s) that carries its number and its maker's. All are equally loud, and no two sound
 * the same.
 */
export function numbered(number: number, maker = 0): Uint8Array {
  const frame = mpegFrame();
  // Where the first granule says how it is coded, behind how loud it is: no maker codes it as another one does.
  for (let i = 0; i < 2; i++) frame[11 + i] = ((number >> (7 * i)) ^ (maker * 53)) & 0x7f;
  frame[13] = (maker & 0x3f) << 1;
  frame[40] = maker & 0x7f;
  for (let i = 0; i < 4; i++) frame[41 + i] = (number >> (7 * i)) & 0x7f;
  return frame;
}

export function numberOf(frame: Uint8Array): number {
  return frame[41]! | (frame[42]! << 7) | (frame[43]! << 14) | (frame[44]! << 21);
}

export function makerOf(frame: Uint8Array): number {
  return frame[40]!;
}

/** The numbers of the whole frames in a stretch of nothing but them; throws when anything else is in it. */
export function numbersIn(audio: Uint8Array): number[] {
  if (audio.length % FRAME_BYTES !== 0) throw new Error(`${audio.length} bytes are no whole number of frames`);
  const numbers: number[] = [];
  for (let at = 0; at < audio.length; at += FRAME_BYTES) {
    const frame = audio.subarray(at, at + FRAME_BYTES);
    const whole = numbered(numberOf(frame), makerOf(frame));
    if (Buffer.compare(frame, whole) !== 0) throw new Error(`at ${at} is no frame of ours`);
    numbers.push(numberOf(frame));
  }
  return numbers;
}

export function makersIn(audio: Uint8Array): number[] {
  return Array.from({ length: audio.length / FRAME_BYTES }, (_, i) => makerOf(audio.subarray(i * FRAME_BYTES)));
}

/** The same frame with side info that says: nothing was coded. */
export function silent(frame: Uint8Array): Uint8Array {
  return frame.slice().fill(0, 4, 36);
}

export function numberedAac(number: number): Uint8Array {
  const frame = adtsFrame();
  frame[41] = number & 0x7f;
  frame[42] = (number >> 7) & 0x7f;
  return frame;
}

/** From `first` to `last`, both included. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** Where a row of numbers does not go on by one: `before->after`. */
export function breaks(numbers: readonly number[]): string[] {
  return numbers.slice(1).flatMap((number, i) => (number === numbers[i]! + 1 ? [] : [`${numbers[i]}->${number}`]));
}

/** What comes one behind the other, without repeating. */
export function scenes<T>(all: readonly T[]): T[] {
  return all.filter((one, n) => n === 0 || one !== all[n - 1]);
}
