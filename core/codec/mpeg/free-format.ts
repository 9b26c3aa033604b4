import { emptyFrameHeader } from '../format/format.ts';
import { MPEG_HEADER_BYTES, readMpegHeader } from './header.ts';

const LEAST_FREE_BYTES = 24;
/** 640 kbit/s, the most that any encoder offers, in the longest frame there is (576 samples at 8 kHz). */
const MOST_FREE_BYTES = 5_800;
const MOST_CANDIDATES = 16;

/** Three headers without a bit rate, at equal distances but for a slot of padding. */
export function isFreeFormat(head: Uint8Array): boolean {
  const header = emptyFrameHeader();
  let candidates = 0;
  for (let from = 0; from + MPEG_HEADER_BYTES <= head.length && candidates < MOST_CANDIDATES; from++) {
    if (readMpegHeader(head, from, header) !== 'free-format') continue;
    candidates++;
    for (let bytes = LEAST_FREE_BYTES; bytes <= MOST_FREE_BYTES; bytes++) {
      if (!agrees(head, from, from + bytes)) continue;
      const second = from + bytes;
      for (let slot = -4; slot <= 4; slot++) if (agrees(head, from, second + bytes + slot)) return true;
    }
  }
  return false;
}

/** Whether the same header stands at both places, but for padding and what two channels have in common. */
function agrees(head: Uint8Array, a: number, b: number): boolean {
  return head[b] === 0xff && head[b + 1] === head[a + 1] && (head[b + 2]! & 0xfc) === (head[a + 2]! & 0xfc) && (head[b + 3]! & 0xc0) === (head[a + 3]! & 0xc0);
}
