/**
 * Bytes of the CRC between a frame's header and what follows. MPEG audio (ISO 11172-3, 2.4.2.3) and ADTS (ISO 13818-7, 6.2.1) say in
 * the same bit whether there is one; of an ADTS frame with several raw data blocks, those behind the first are not counted.
 */
export function crcBytes(frame: Uint8Array): number {
  return frame[1]! & 1 ? 0 : 2;
}
