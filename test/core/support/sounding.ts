import { numbered, silent } from './frames.ts';

/** Where the loudness of each granule and channel stands in the side info, in bits (ISO 11172-3, 2.4.1.7). */
const GAINS_AT = [41, 100, 159, 218];
const TONE = 170;

/** A frame of speech whose place in the programme is its number; by any maker it is as loud there. */
export function sounding(number: number, maker: number, isSilent = false): Uint8Array {
  return isSilent ? silent(numbered(number, maker)) : loud(number, maker, speech(number));
}

/** A frame of a steady tone. */
export function toneOf(number: number, maker: number): Uint8Array {
  return loud(number, maker, TONE);
}

/** A frame that is as loud as this, and like no other one. */
export function loud(number: number, maker: number, gain: number): Uint8Array {
  const frame = numbered(number, maker);
  for (const at of GAINS_AT) {
    for (let bit = 0; bit < 8; bit++) {
      const place = at + bit;
      const mask = 0x80 >> (place & 7);
      const isSet = ((gain >> (7 - bit)) & 1) === 1;
      frame[4 + (place >> 3)] = isSet ? frame[4 + (place >> 3)]! | mask : frame[4 + (place >> 3)]! & ~mask;
    }
  }
  return frame;
}

/** Loudness that rises and falls as that of speech does, and never in the same way. */
export function speech(number: number): number {
  const syllable = Math.floor(number / 6);
  let bits = Math.imul(syllable + 1, 0x9e3779b1);
  for (let round = 0; round < 3; round++) bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  const draw = (bits >>> 0) / 2 ** 32;
  return 150 + Math.round(40 * draw);
}
