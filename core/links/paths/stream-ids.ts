import { STREAM_ID_BYTES } from '../../wire/pdu.ts';

/**
 * Ids of streams that can belong to one key only. The first half is random, the second a hash of that and of the key's name: so whoever has another key
 * cannot announce an id that he has heard, at any relay. It is a UUID of version 8 (RFC 9562), which leaves its bits to whoever makes it.
 *
 *      0        8        16
 *     +--------+--------+
 *     | random |  hash  |
 *     +--------+--------+
 *
 * The hash need not resist whoever knows it: to have the id of somebody else, he would have to have another name.
 */
const RANDOM_BYTES = 8;
const VERSION_AT = 6;
const VARIANT_AT = 8;

/** @param random 16 bytes, of which the first 8 are used. @param key its name. */
export function streamIdOfKey(random: Uint8Array, key: string): Uint8Array {
  // A copy whatever kind of array it is: slice() of a Buffer is none.
  const id = new Uint8Array(random).subarray(0, STREAM_ID_BYTES);
  id[VERSION_AT] = (id[VERSION_AT]! & 0x0f) | 0x80;
  const hash = hashOf(id, key);
  for (let at = 0; at < RANDOM_BYTES; at++) id[RANDOM_BYTES + at] = hashByte(hash, at);
  return id;
}

/** Whether an id can be one of the key of this name. */
export function isStreamIdOfKey(id: Uint8Array, key: string): boolean {
  const hash = hashOf(id, key);
  for (let at = 0; at < RANDOM_BYTES; at++) if (id[RANDOM_BYTES + at] !== hashByte(hash, at)) return false;
  return true;
}

function hashByte([high, low]: readonly [number, number], at: number): number {
  const byte = ((at < 4 ? high : low) >>> (8 * (at % 4))) & 0xff;
  return at + RANDOM_BYTES === VARIANT_AT ? (byte & 0x3f) | 0x80 : byte;
}

function hashOf(id: Uint8Array, key: string): readonly [number, number] {
  let high = 0x811c9dc5;
  let low = 0x9e3779b9;
  const take = (value: number): void => {
    high = Math.imul(high ^ value, 0x01000193);
    high ^= high >>> 13;
    low = Math.imul(low + value, 0x85ebca6b);
    low ^= low >>> 15;
  };
  for (let at = 0; at < RANDOM_BYTES; at++) take(id[at]!);
  for (let at = 0; at < key.length; at++) take(key.charCodeAt(at));
  return [mixed(high ^ low), mixed(Math.imul(low, 0xc2b2ae35) + high)];
}

function mixed(value: number): number {
  let mix = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mix = Math.imul(mix ^ (mix >>> 13), 0xc2b2ae35);
  return mix ^ (mix >>> 16);
}
