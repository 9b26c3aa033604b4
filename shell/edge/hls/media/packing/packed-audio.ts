import type { FrameFormat } from '../../../../../core/codec/format/format.ts';
import type { Segment } from '../../../../../core/edge/segments/segment.ts';
import { icyTitleOf } from '../../../../../core/wire/icy.ts';
import { segmentTag } from './id3.ts';

/** What there is to say of a codec in HLS. */
export interface PackedFormat {
  /** Of the names of segments. */
  readonly extension: 'aac' | 'mp3';
  readonly contentType: string;
  /** As CODECS has it (RFC 6381): audio object types of MPEG-4. */
  readonly codecs: string;
}

/** Above this rate nobody uses SBR; below, ADTS does not say whether it is used (implicit signalling), and players that expect it play audio without it. */
const MAX_SBR_CORE_HZ = 24_000;
const AAC_LC = 2;
const HE_AAC = 5;

/** Undefined: HLS has no segments of this codec (RFC 8216, 3.4). */
export function packedFormat({ codec, aacObjectType, sampleRateHz }: FrameFormat): PackedFormat | undefined {
  if (codec === 'mp3') return { extension: 'mp3', contentType: 'audio/mpeg', codecs: 'mp4a.40.34' };
  if (codec !== 'aac') return undefined;
  const objectType = aacObjectType === AAC_LC && sampleRateHz <= MAX_SBR_CORE_HZ ? HE_AAC : aacObjectType;
  return { extension: 'aac', contentType: 'audio/aac', codecs: `mp4a.40.${objectType}` };
}

/** A segment as players get it: its time stamp and the title that is in force, then the frames as they are. The same bytes for the same segment, at every edge. */
export function packAudio({ mediaUs, titles, bytes }: Segment): Uint8Array {
  return Buffer.concat([segmentTag(mediaUs, titleAtStart(titles)), bytes]);
}

/** The title in force at the first frame, '' where there is none. */
function titleAtStart(titles: Segment['titles']): string {
  const [first] = titles;
  return first?.atUs === 0 ? icyTitleOf(first.text) : '';
}
