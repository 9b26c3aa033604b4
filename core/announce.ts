import type { Codec, FrameFormat } from './frame/format.ts';
import { hasControlCharacter, decodeLoosely, utf8Encode } from './text.ts';

/** What an ANNOUNCE says: a type byte, and the mountpoint's name without its leading slash. */
export interface Announcement {
  readonly audioType: number;
  readonly mountpoint: string;
}

export const MAX_MOUNTPOINT_BYTES = 255;

/** The six formats that the original knows, by the byte that stands for them. */
const audioTypes: readonly { readonly codec: 'aac' | 'mp3'; readonly channels: number; readonly kbps: number }[] = [
  { codec: 'aac', channels: 2, kbps: 48 },
  { codec: 'mp3', channels: 2, kbps: 128 },
  { codec: 'aac', channels: 2, kbps: 192 },
  { codec: 'aac', channels: 2, kbps: 128 },
  { codec: 'mp3', channels: 1, kbps: 48 },
  { codec: 'aac', channels: 2, kbps: 24 },
];

/** The byte that makes an original edge label the stream best: same codec, then nearest bit rate, then same channels. */
export function audioTypeFor(format: FrameFormat, bitrateBps: number): number {
  const codec = wireCodec(format.codec);
  let best = -1;
  let bestCost = Infinity;
  audioTypes.forEach((type, index) => {
    if (type.codec !== codec) return;
    const cost = Math.abs(Math.log2((type.kbps * 1000) / Math.max(1, bitrateBps))) + (type.channels === format.channels ? 0 : 0.1);
    if (cost < bestCost) {
      best = index;
      bestCost = cost;
    }
  });
  return best;
}

/** What that byte says; undefined when the original knows no such. All of MPEG audio is 'mp3' there. */
export function announcedCodec(audioType: number): 'aac' | 'mp3' | undefined {
  return audioTypes[audioType]?.codec;
}

export function encodeAnnouncement({ audioType, mountpoint }: Announcement): Uint8Array {
  const name = utf8Encode(mountpoint);
  const payload = new Uint8Array(1 + name.length);
  payload[0] = audioType;
  payload.set(name, 1);
  return payload;
}

/** What an ANNOUNCE payload says, or undefined when its name can be no mountpoint. */
export function decodeAnnouncement(payload: Uint8Array): Announcement | undefined {
  const audioType = payload[0];
  if (audioType === undefined || payload.length - 1 > MAX_MOUNTPOINT_BYTES) return undefined;
  const mountpoint = decodeLoosely(payload.subarray(1));
  return mountpointProblem(mountpoint) === undefined ? { audioType, mountpoint } : undefined;
}

/** One sentence on why a mountpoint cannot have this name (without its leading slash), or undefined when it can. */
export function mountpointProblem(name: string): string | undefined {
  if (name === '') return 'a mountpoint needs a name';
  if (utf8Encode(name).length > MAX_MOUNTPOINT_BYTES) return `a mountpoint's name has at most ${MAX_MOUNTPOINT_BYTES} bytes`;
  if (name.startsWith('/')) return "a mountpoint's name is written without further slashes in front";
  if (hasControlCharacter(name) || /[\s?#"<>]/.test(name)) return 'a mountpoint\'s name has no spaces, control characters, or any of ? # " < >';
  return undefined;
}

/** The original has one number for all of MPEG audio: to it, Layers I and II are MP3 too. */
function wireCodec(codec: Codec): 'aac' | 'mp3' {
  return codec === 'aac' ? 'aac' : 'mp3';
}
