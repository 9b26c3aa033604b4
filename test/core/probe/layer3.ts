import { readHeader } from '../../../core/codec/header.ts';
import { emptyFrameHeader, type FrameHeader } from '../../../core/codec/format/format.ts';

/** Main data of the frames below. */
export const MAIN_BYTES = 381;

/** A frame of MP3, 128 kbit/s at 44.1 kHz in stereo, without CRC: its audio begins so far before it, and is so long. */
export function layer3Frame({ begin = 0, audioBytes = MAIN_BYTES, fill = () => 0x33 }: { begin?: number; audioBytes?: number; fill?: (at: number) => number }): Uint8Array {
  const frame = new Uint8Array(36 + MAIN_BYTES);
  frame.set([0xff, 0xfb, 0x90, 0x64, begin >> 1, (begin & 1) << 7]);
  // Bits of the four parts: the first twelve of 59 each, from bit 20 of the side info on.
  for (let part = 0, bits = 8 * audioBytes; part < 4; part++) {
    const own = Math.min(bits, 4_088);
    bits -= own;
    setBits(frame, 8 * 4 + 20 + 59 * part, own);
  }
  for (let at = 0; at < MAIN_BYTES; at++) frame[36 + at] = fill(at);
  return frame;
}

export function headerOf(frame: Uint8Array): FrameHeader {
  const header = emptyFrameHeader();
  const problem = readHeader(frame, 0, header);
  if (problem !== undefined) throw new Error(problem);
  return header;
}

function setBits(bytes: Uint8Array, bit: number, value: number): void {
  for (let i = 0; i < 12; i++) if ((value >> (11 - i)) & 1) bytes[(bit + i) >> 3]! |= 0x80 >> ((bit + i) & 7);
}
