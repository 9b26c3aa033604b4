/** On a stream each message has its length in front: two bytes, big-endian, which do not count themselves. */
export const LENGTH_BYTES = 2;

export function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function writeLength(into: Uint8Array, at: number, length: number): void {
  into[at] = length >>> 8;
  into[at + 1] = length;
}
