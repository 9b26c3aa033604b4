import type { Snapshot } from '../../base/snapshot.ts';
import { PDU_HEADER_BYTES, type MessageView } from '../pdu.ts';
import { decodeStreamTime, encodeStreamTime, TIMELINE_BYTES, type StreamTime } from './timeline-message.ts';
import { uint64At, writeUint64 } from '../numbers.ts';

/**
 * When the audio behind a message of a stream was recorded that does not say so itself, as edges have put it. `anchorUs` is the time of a frame that they
 * chose, `sinceSamples` what lies between that and the audio behind the message.
 */
export interface Moment extends StreamTime {
  /** The number of that message. */
  readonly sequence: number;
}

/**
 * The payload of a MOMENT, which has no place in the sequence of its stream:
 *
 *      0               8               16              24              32
 *     +---------------+---------------+---------------+---------------+
 *     |   sequence    |   anchorUs    | sinceSamples  |    onAirUs    |     unsigned 64 bit, big endian
 *     +---------------+---------------+---------------+---------------+
 *
 * The last three are those of a TIMELINE.
 */
export const MOMENT_BYTES: number = 8 + TIMELINE_BYTES;
/** Moments are said of messages whose number is a multiple of this: whoever has lost one of these has the next. */
export const MOMENT_EVERY = 8;

/** Undefined for what no MOMENT can say. */
export function encodeMoment(moment: Moment): Uint8Array | undefined {
  const time = encodeStreamTime(moment);
  if (time === undefined) return undefined;
  const payload = new Uint8Array(MOMENT_BYTES);
  writeUint64(payload, 0, moment.sequence);
  payload.set(time, 8);
  return payload;
}

/** What a MOMENT message says; undefined when it is none. */
export function momentIn({ bytes, start, end }: Pick<MessageView, 'bytes' | 'start' | 'end'>): Moment | undefined {
  return decodeMoment(bytes.subarray(start + PDU_HEADER_BYTES, end));
}

/** Undefined when it is none. */
export function decodeMoment(payload: Uint8Array): Moment | undefined {
  if (payload.length !== MOMENT_BYTES) return undefined;
  const sequence = uint64At(payload, 0);
  const time = decodeStreamTime(payload.subarray(8));
  if (time === undefined || !Number.isSafeInteger(sequence) || sequence % MOMENT_EVERY !== 0) return undefined;
  return { sequence, ...time };
}

/** Whether of two anchors of a stream `one` counts where both could: the later one, or else the one with the earlier time. */
export function goesBefore(one: Pick<StreamTime, 'anchorUs' | 'onAirUs'>, other: Pick<StreamTime, 'anchorUs' | 'onAirUs'>): boolean {
  return one.onAirUs === other.onAirUs ? one.anchorUs < other.anchorUs : one.onAirUs > other.onAirUs;
}

/** Saves or restores a moment, where there is one. */
export function snapshotMoment(a: Snapshot, moment: Moment | undefined): Moment | undefined {
  if (!a.flag(moment !== undefined)) return undefined;
  return { sequence: a.number(moment?.sequence ?? 0), anchorUs: a.number(moment?.anchorUs ?? 0), sinceSamples: a.number(moment?.sinceSamples ?? 0), onAirUs: a.number(moment?.onAirUs ?? 0) };
}
