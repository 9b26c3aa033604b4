import { PDU_HEADER_BYTES, type MessageView } from '../pdu.ts';
import { uint32At, uint64At, writeUint32, writeUint64 } from '../numbers.ts';

/** How many discontinuities the segments of a mountpoint have had, as an edge has counted them: so that another one, which has begun later, counts on from there. */
export interface Breaks {
  /** Of the segment at which the last of them is. */
  readonly number: number;
  /** The length of its slot, in milliseconds. */
  readonly slotMs: number;
  /** From 1, that one included. */
  readonly count: number;
}

/**
 * The payload of a BREAKS, which has no place in the sequence of a stream:
 *
 *      0               8       12      16
 *     +---------------+-------+-------+
 *     |    number     |slotMs | count |     unsigned, big endian
 *     +---------------+-------+-------+
 */
export const BREAKS_BYTES = 16;
/** One in each segment of a second, for eleven days. Whoever could say more would have the last word. */
export const MAX_BREAKS = 1_000_000;

export function encodeBreaks({ number, slotMs, count }: Breaks): Uint8Array {
  const payload = new Uint8Array(BREAKS_BYTES);
  writeUint64(payload, 0, number);
  writeUint32(payload, 8, slotMs);
  writeUint32(payload, 12, Math.min(MAX_BREAKS, count));
  return payload;
}

/** What a BREAKS message says; undefined when it is none. */
export function breaksIn({ bytes, start, end }: Pick<MessageView, 'bytes' | 'start' | 'end'>): Breaks | undefined {
  return decodeBreaks(bytes.subarray(start + PDU_HEADER_BYTES, end));
}

/** Undefined when it is none. */
export function decodeBreaks(payload: Uint8Array): Breaks | undefined {
  if (payload.length !== BREAKS_BYTES) return undefined;
  const breaks = { number: uint64At(payload, 0), slotMs: uint32At(payload, 8), count: uint32At(payload, 12) };
  const isSane = Number.isSafeInteger(breaks.number) && breaks.slotMs > 0 && breaks.count > 0 && breaks.count <= MAX_BREAKS;
  return isSane ? breaks : undefined;
}

/** Whether it says more than what was known of the mountpoint: segments of another length are counted anew. */
export function saysMore(breaks: Breaks, before: Breaks | undefined): boolean {
  return before === undefined || breaks.slotMs !== before.slotMs || breaks.count > before.count;
}
