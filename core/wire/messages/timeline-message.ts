import { PDU_HEADER_BYTES, type MessageView } from '../pdu.ts';
import { uint64At, writeUint64 } from '../numbers.ts';

/**
 * When the next audio message of a stream was recorded, by the clock of its encoder. The time of a frame is that of the anchor, and all samples of the
 * stream between the two: so all who know the anchor come to the same time, whichever TIMELINE they have it from.
 */
export interface StreamTime {
  /** Unix time of the first sample of the frame that the anchor is at, in microseconds. */
  readonly anchorUs: number;
  /** Samples of each channel from there to the next frame. */
  readonly sinceSamples: number;
  /** Programme of this stream before the anchor, in microseconds: how long it has been on air, by its own counter. */
  readonly onAirUs: number;
}

/**
 * The payload of a TIMELINE:
 *
 *      0               8               16              24
 *     +---------------+---------------+---------------+
 *     |   anchorUs    | sinceSamples  |    onAirUs    |     unsigned 64 bit, big endian
 *     +---------------+---------------+---------------+
 */
export const TIMELINE_BYTES = 24;

/** A clock that shows less has never been set: 9 September 2001. */
export const MIN_UNIX_US = 1_000_000_000_000_000;
/** Nor is one believed that shows more: the year 2100. */
export const MAX_UNIX_US = 4_102_444_800_000_000;
/** 46 years at 192 kHz. */
const MAX_SAMPLES: number = 2 ** 48;
/** 142 years. */
const MAX_ON_AIR_US: number = 2 ** 52;

/** Whether a clock can show this. @param unixUs microseconds since 1970. */
export function isUnixTime(unixUs: number): boolean {
  return unixUs >= MIN_UNIX_US && unixUs <= MAX_UNIX_US;
}

/** Undefined for what no TIMELINE can say. */
export function encodeStreamTime(time: StreamTime): Uint8Array | undefined {
  if (!isSayable(time)) return undefined;
  const payload = new Uint8Array(TIMELINE_BYTES);
  writeUint64(payload, 0, time.anchorUs);
  writeUint64(payload, 8, time.sinceSamples);
  writeUint64(payload, 16, time.onAirUs);
  return payload;
}

/** What a TIMELINE message says; undefined when it is none. */
export function streamTimeIn({ bytes, start, end }: Pick<MessageView, 'bytes' | 'start' | 'end'>): StreamTime | undefined {
  return decodeStreamTime(bytes.subarray(start + PDU_HEADER_BYTES, end));
}

/** Undefined when it is none. */
export function decodeStreamTime(payload: Uint8Array): StreamTime | undefined {
  if (payload.length !== TIMELINE_BYTES) return undefined;
  const time = { anchorUs: uint64At(payload, 0), sinceSamples: uint64At(payload, 8), onAirUs: uint64At(payload, 16) };
  return isSayable(time) ? time : undefined;
}

function isSayable({ anchorUs, sinceSamples, onAirUs }: StreamTime): boolean {
  return isUnixTime(anchorUs) && sinceSamples <= MAX_SAMPLES && onAirUs <= MAX_ON_AIR_US;
}
