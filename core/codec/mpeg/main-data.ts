import type { FrameFormat } from '../format/format.ts';
import { crcBytes } from '../format/crc.ts';
import { MPEG_HEADER_BYTES, sideInfoBytes } from './header.ts';
import { granulesOf, SideInfoReader } from './side-info.ts';

/** Where the main data of a Layer III frame begins in it: behind header, CRC and side info. */
export function mainDataAt(frame: Uint8Array, format: FrameFormat): number {
  return MPEG_HEADER_BYTES + crcBytes(frame) + sideInfoBytes(format);
}

/** How many bytes the frame's own audio takes, wherever it begins: its side info has the bits of each part. */
export function mainDataBytes(frame: Uint8Array, format: FrameFormat): number {
  let bits = 0;
  sideInfo.start(frame, format);
  for (let part = granulesOf(format) * format.channels; part > 0; part--) bits += sideInfo.next().bits;
  return Math.ceil(bits / 8);
}

const sideInfo = new SideInfoReader();
