import { families, familyOf } from '../../codec/families.ts';
import type { Codec, FrameFormat } from '../../codec/format/format.ts';
import { decodeLoosely, hasControlCharacter, hasDirectionMark, hasLoneSurrogate, utf8Encode, utf8Length } from '../../base/text.ts';

/** What an ANNOUNCE says: a type byte, and the mountpoint's name without its leading slash. */
export interface Announcement {
  readonly audioType: number;
  readonly mountpoint: string;
}

export const MAX_MOUNTPOINT_BYTES = 255;

/** The byte that makes an original edge label the stream best: same codec, then nearest bit rate, then same channels. */
export function audioTypeFor(format: FrameFormat, bitrateBps: number): number {
  let best = -1;
  let bestCost = Infinity;
  for (const { byte, channels, kbps } of familyOf(format).audioTypes) {
    const cost = Math.abs(Math.log2((kbps * 1000) / Math.max(1, bitrateBps))) + (channels === format.channels ? 0 : 0.1);
    if (cost < bestCost) {
      best = byte;
      bestCost = cost;
    }
  }
  return best;
}

/** What that byte says; undefined when the original knows no such. All of MPEG audio is 'mp3' there. */
export function announcedCodec(audioType: number): Codec | undefined {
  return announced.get(audioType);
}

const announced: ReadonlyMap<number, Codec> = new Map(families.flatMap(({ announcedAs, audioTypes }) => audioTypes.map(({ byte }) => [byte, announcedAs])));

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
  if (audioType === undefined || payload.length - 1 > MAX_MOUNTPOINT_BYTES || hasForbiddenByte(payload)) return undefined;
  const mountpoint = decodeLoosely(payload.subarray(1));
  return mountpointProblem(mountpoint) === undefined ? { audioType, mountpoint } : undefined;
}

/**
 * What an edge, or another server that listeners are used to, answers by itself: a mountpoint of that name would stand in its place.
 * Compared without regard to case, for people take it so.
 */
const reservedNames: ReadonlySet<string> = new Set([
  'status-json.xsl', 'status.xsl', 'status2.xsl', 'server_version.xsl', 'auth.xsl', 'stats', 'stats.xml', 'statistics', 'statistics.xml', 'currentsong',
  'played.html', '7.html', 'index.html', 'index.htm', 'admin', 'admin.cgi', 'metrics', 'healthz', 'readyz', 'livez', 'now-playing', 'nowplaying',
  'favicon.ico', 'robots.txt', 'crossdomain.xml', 'style.css',
]);
/** And all names that begin so. */
const reservedFolders: readonly string[] = ['admin/', 'page/', 'now-playing/', 'nowplaying/', '.well-known/'];
/** And those that end so: an edge answers a playlist of the mountpoint that is called by the rest. */
const reservedEndings: readonly string[] = ['.m3u', '.m3u8', '.pls', '.xspf'];

/** And those of the segments of a mountpoint, and of their parts: radio/hls/300000000.aac, radio/hls/300000000-5.m4s. */
const segmentEnding = /\/hls\/\d{1,15}(-(\d|all))?\.[a-z0-9]{3}$/;
const LONGEST_SEGMENT = '/hls/'.length + 15 + '-all'.length + '.aac'.length;

/** One sentence on why a mountpoint cannot have this name (without its leading slash), or undefined when it can. */
export function mountpointProblem(name: string): string | undefined {
  if (name === '') return 'a mountpoint needs a name';
  if (utf8Length(name) > MAX_MOUNTPOINT_BYTES) return `a mountpoint's name has at most ${MAX_MOUNTPOINT_BYTES} bytes`;
  if (name.startsWith('/')) return "a mountpoint's name is written without further slashes in front";
  const reserved = reservedProblem(name);
  if (reserved !== undefined) return reserved;
  if (hasControlCharacter(name) || /[\s?#"<>]/.test(name)) return 'a mountpoint\'s name has no spaces, control characters, or any of ? # " < >';
  if (hasDirectionMark(name)) return "a mountpoint's name has no marks that set the direction of text";
  if (hasLoneSurrogate(name)) return "a mountpoint's name has no half characters (lone surrogates)";
  const isDotted = name.includes('.') && /(^|\/)\.\.?(\/|$)/.test(name);
  return isDotted ? "a mountpoint's name has no . or .. between its slashes: players leave them out" : undefined;
}

function reservedProblem(name: string): string | undefined {
  // Only as much of it is looked at as decides.
  const begin = name.slice(0, LONGEST_RESERVED + 1).toLowerCase();
  if (reservedNames.has(begin)) return `the name ${begin} is reserved for a page`;
  const folder = reservedFolders.find((one) => begin.startsWith(one));
  if (folder !== undefined) return `names that begin with ${folder} are reserved for pages`;
  const end = name.slice(-LONGEST_RESERVED).toLowerCase();
  const ending = reservedEndings.find((one) => end.endsWith(one));
  if (ending !== undefined) return `names that end with ${ending} are reserved for playlists`;
  return segmentEnding.test(name.slice(-LONGEST_SEGMENT).toLowerCase()) ? 'names that end with /hls/, a number and three letters are reserved for segments' : undefined;
}

const LONGEST_RESERVED: number = Math.max(...[...reservedNames, ...reservedFolders, ...reservedEndings].map((one) => one.length));

/** Those of ASCII that `mountpointProblem` refuses in any place, before the rest is decoded. */
const forbidden: ReadonlySet<number> = new Set([...Array.from({ length: 0x21 }, (_, code) => code), 0x22, 0x23, 0x3c, 0x3e, 0x3f, 0x7f]);
const isForbidden: readonly boolean[] = Array.from({ length: 256 }, (_, byte) => forbidden.has(byte));

function hasForbiddenByte(payload: Uint8Array): boolean {
  for (let at = 1; at < payload.length; at++) if (isForbidden[payload[at]!]!) return true;
  return false;
}
