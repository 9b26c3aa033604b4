import { families } from '../families.ts';
import { ID3V2_HEAD_BYTES, readTag, spells } from '../tags/tags.ts';

/** What a source may send. */
export const SUPPORTED: string = families.map(({ name }) => name).join(' or ');
/** So many bytes are enough to recognise all that is recognised. */
export const FOREIGN_HEAD_BYTES = 16_384;

/**
 * What audio or page begins with these bytes, behind an ID3v2 tag if there is one, for an operator; undefined when it is nothing that is
 * known, and may be supported. Of what is not certain by its first letters a second packet must agree.
 */
export function foreignFormat(bytes: Uint8Array): string | undefined {
  const from = behindTag(bytes);
  const head = bytes.subarray(from, from + FOREIGN_HEAD_BYTES);
  const signature = signatures.find(({ at, letters }) => spells(head, at, letters));
  if (signature !== undefined) return typeof signature.name === 'string' ? signature.name : signature.name(head);
  const text = textFormat(head);
  if (text !== undefined) return text;
  if (isTransportStream(head)) return 'an MPEG transport stream';
  if (isLoas(head)) return 'AAC in LATM (send it as ADTS)';
  for (const family of families) {
    const variant = family.unsupported?.(head);
    if (variant !== undefined) return variant;
  }
  return undefined;
}

interface Signature {
  readonly name: string | ((head: Uint8Array) => string | undefined);
  readonly at: number;
  readonly letters: string;
}

/** Each by its specification: RFC 3533 (Ogg), RFC 9639 (FLAC), RFC 9559 (Matroska), ISO 14496-12 (MP4), ISO 14496-3 (ADIF), ISO 13818-1 (program stream), ETSI TS 102 114 (DTS). */
const signatures: readonly Signature[] = [
  { name: oggName, at: 0, letters: 'OggS' },
  { name: 'FLAC', at: 0, letters: 'fLaC' },
  { name: 'WebM or Matroska', at: 0, letters: '\u001aE\u00df\u00a3' },
  { name: 'AVI', at: 8, letters: 'AVI ' },
  { name: wavName, at: 0, letters: 'RIFF' },
  { name: wavName, at: 0, letters: 'RF64' },
  { name: 'AIFF', at: 0, letters: 'FORM' },
  { name: 'MP4 (send AAC as ADTS)', at: 4, letters: 'ftyp' },
  { name: 'AAC in ADIF (send it as ADTS)', at: 0, letters: 'ADIF' },
  { name: 'ASF (Windows Media)', at: 0, letters: '0&\u00b2u\u008ef\u00cf\u0011' },
  { name: 'FLV', at: 0, letters: 'FLV\u0001' },
  { name: 'AU', at: 0, letters: '.snd' },
  { name: 'CAF', at: 0, letters: 'caff' },
  { name: 'WavPack', at: 0, letters: 'wvpk' },
  { name: "Monkey's Audio", at: 0, letters: 'MAC ' },
  { name: 'MIDI', at: 0, letters: 'MThd' },
  { name: 'an MPEG program stream', at: 0, letters: '\0\0\u0001\u00ba' },
  // Its words of 14 or 16 bits look like headers of free-format MPEG audio.
  { name: 'DTS', at: 0, letters: '\u007f\u00fe\u0080\u0001' },
  { name: 'DTS', at: 0, letters: '\u00fe\u007f\u0001\u0080' },
  { name: 'DTS', at: 0, letters: '\u001f\u00ff\u00e8\0' },
  { name: 'DTS', at: 0, letters: '\u00ff\u001f\0\u00e8' },
  { name: 'True Audio', at: 0, letters: 'TTA1' },
  { name: 'RealMedia', at: 0, letters: '.RMF' },
  { name: 'WAV (Sony Wave64)', at: 0, letters: 'riff.\u0091\u00cf\u0011' },
  { name: 'VOC', at: 0, letters: 'Creative Voice File' },
];

/** A page of Ogg has 27 bytes and its segment table in front of the codec's own first letters. */
function oggName(head: Uint8Array): string {
  const at = 27 + (head[26] ?? 0);
  if (spells(head, at, 'OpusHead')) return 'Ogg (Opus)';
  if (spells(head, at, '\u0001vorbis')) return 'Ogg (Vorbis)';
  if (spells(head, at, '\u007fFLAC')) return 'Ogg (FLAC)';
  return spells(head, at, 'Speex') ? 'Ogg (Speex)' : 'Ogg';
}

/** Format tags of a WAV (RFC 2361) whose samples are MPEG audio: broadcasters keep that in WAV files, and its frames are found. */
const MPEG_IN_WAV: readonly number[] = [0x50, 0x55];

/** The chunk that says it need not be the first; undefined as long as it has not come. */
function wavName(head: Uint8Array): string | undefined {
  for (let at = 12; at + 10 <= head.length; at++) {
    if (spells(head, at, 'fmt ')) return MPEG_IN_WAV.includes(head[at + 8]! | (head[at + 9]! << 8)) ? undefined : 'WAV';
  }
  return undefined;
}

const beginnings: readonly (readonly [letters: string, name: string])[] = [
  ['<!doctype html', 'a web page'],
  ['<html', 'a web page'],
  ['<?xml', 'XML'],
  ['#extm3u', 'a playlist'],
  ['[playlist]', 'a playlist'],
  ['http://', 'a playlist'],
  ['https://', 'a playlist'],
];
const MOST_BLANKS = 64;

function textFormat(head: Uint8Array): string | undefined {
  let at = spells(head, 0, '\u00ef\u00bb\u00bf') ? 3 : 0;
  while (at < MOST_BLANKS && (head[at] === 0x20 || head[at] === 0x0a || head[at] === 0x0d || head[at] === 0x09)) at++;
  const text = String.fromCharCode(...head.subarray(at, at + 16)).toLowerCase();
  return beginnings.find(([letters]) => text.startsWith(letters))?.[1];
}

const TS_PACKET_BYTES = 188;
const TS_SYNC = 0x47;
const TS_PACKETS = 5;

/** ISO 13818-1: five packets in a row, the first of which may be cut. */
function isTransportStream(head: Uint8Array): boolean {
  for (let from = 0; from < TS_PACKET_BYTES; from++) {
    let packets = 0;
    while (packets < TS_PACKETS && head[from + packets * TS_PACKET_BYTES] === TS_SYNC) packets++;
    if (packets === TS_PACKETS) return true;
  }
  return false;
}

const LOAS_PACKETS = 3;

/** AudioSyncStream of ISO 14496-3, 1.7.2: 11 bits of sync, 13 of length; three in a row. */
function isLoas(head: Uint8Array): boolean {
  for (let from = 0; from + 3 <= head.length && from < FOREIGN_HEAD_BYTES / 4; from++) {
    let at = from;
    let packets = 0;
    while (packets < LOAS_PACKETS && head[at] === 0x56 && ((head[at + 1] ?? 0) & 0xe0) === 0xe0) {
      at += 3 + (((head[at + 1]! & 0x1f) << 8) | head[at + 2]!);
      packets++;
    }
    if (packets === LOAS_PACKETS) return true;
  }
  return false;
}

function behindTag(bytes: Uint8Array): number {
  if (bytes.length < ID3V2_HEAD_BYTES || !spells(bytes, 0, 'ID3')) return 0;
  return readTag(bytes, 0)?.lengthBytes ?? 0;
}
