/** CRC-32 of bytes, as zlib has it: the same 32 bits, not negative. A platform may have a faster one. */
export type Checksum = (bytes: Uint8Array) => number;

/** Four bytes at a step, with a table for each of the four. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  const whole = bytes.length - (bytes.length & 3);
  for (let i = 0; i < whole; i += 4) {
    crc ^= bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);
    crc = tables[768 + (crc & 255)]! ^ tables[512 + ((crc >>> 8) & 255)]! ^ tables[256 + ((crc >>> 16) & 255)]! ^ tables[crc >>> 24]!;
  }
  for (let i = whole; i < bytes.length; i++) crc = tables[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

const POLYNOMIAL = 0xedb88320;

const tables = makeTables();

function makeTables(): Int32Array {
  const made = new Int32Array(1_024);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    made[byte] = crc;
  }
  for (let i = 256; i < 1_024; i++) made[i] = made[made[i - 256]! & 255]! ^ (made[i - 256]! >>> 8);
  return made;
}
