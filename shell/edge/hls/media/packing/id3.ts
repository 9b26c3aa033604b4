import { utf8Encode } from '../../../../../core/base/text.ts';

/** Of the frame that tells the time stamp of the first sample of a segment (RFC 8216, 3.4). */
const TIMESTAMP_OWNER = 'com.apple.streaming.transportStreamTimestamp';
/** Of MPEG-2 transport streams: time stamps have 33 bits, in units of 1/90,000 s. */
const TIMESTAMP_MODULUS = 2 ** 33;
const UTF8 = 3;

/** A time stamp as MPEG-2 has it; it begins anew every 26.5 hours. */
export function timestamp90k(mediaUs: number): number {
  const ticks = Math.round((mediaUs * 9) / 100) % TIMESTAMP_MODULUS;
  return ticks < 0 ? ticks + TIMESTAMP_MODULUS : ticks;
}

/**
 * The ID3 tag at the beginning of a segment of packed audio (ID3v2.4, id3.org):
 *
 *     "ID3" 4 0 flags length | "PRIV" length flags owner 0 timestamp (8 bytes, big-endian) | "TIT2" length flags 3 title
 *
 * @param title '' where there is none.
 */
export function segmentTag(mediaUs: number, title: string): Uint8Array {
  const owner = utf8Encode(TIMESTAMP_OWNER);
  const stamp = new Uint8Array(owner.length + 9);
  stamp.set(owner);
  new DataView(stamp.buffer).setBigUint64(owner.length + 1, BigInt(timestamp90k(mediaUs)));
  return tag([frame('PRIV', stamp), ...(title === '' ? [] : [titleFrame(title)])]);
}

/** A tag that has a title and nothing else. */
export function titleTag(title: string): Uint8Array {
  return tag([titleFrame(title)]);
}

function tag(frames: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(frames);
  return Buffer.concat([Uint8Array.of(0x49, 0x44, 0x33, 4, 0, 0), syncsafe(body.length), body]);
}

function titleFrame(title: string): Uint8Array {
  return frame('TIT2', Buffer.concat([Uint8Array.of(UTF8), utf8Encode(title)]));
}

function frame(name: string, content: Uint8Array): Uint8Array {
  return Buffer.concat([utf8Encode(name), syncsafe(content.length), Uint8Array.of(0, 0), content]);
}

/** Seven bits to a byte, so that no part of it looks like the sync word of a frame. */
function syncsafe(value: number): Uint8Array {
  return Uint8Array.of((value >> 21) & 127, (value >> 14) & 127, (value >> 7) & 127, value & 127);
}
