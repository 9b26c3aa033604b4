/**
 * Unsigned numbers, big endian. Of 48 bits are counters, and times in milliseconds since 1970; of 64 bits are numbers of messages and times in
 * microseconds, which are exact up to 2^53 - 1: their readers refuse what is beyond.
 */

/** With a sign: the bits, to be hashed or compared. */
export function int32At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return int32At(bytes, at) >>> 0;
}

export function writeUint32(into: Uint8Array, at: number, value: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

export function uint48At(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 6; i++) value = value * 256 + bytes[at + i]!;
  return value;
}

export function writeUint48(into: Uint8Array, at: number, value: number): void {
  let rest = value;
  for (let i = 5; i >= 0; i--) {
    into[at + i] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}

export function uint64At(bytes: Uint8Array, at: number): number {
  const high = int32At(bytes, at);
  const low = int32At(bytes, at + 4);
  // What V8 never sees as anything but a small integer it keeps as such wherever that goes, instead of in a box of its own.
  return high === 0 && low >= 0 ? low : (high >>> 0) * 0x1_0000_0000 + (low >>> 0);
}

export function writeUint64(into: Uint8Array, at: number, value: number): void {
  writeUint32(into, at, Math.floor(value / 0x1_0000_0000));
  writeUint32(into, at + 4, value >>> 0);
}
