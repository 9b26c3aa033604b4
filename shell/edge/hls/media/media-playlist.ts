import type { Segment } from '../../../../core/edge/segments/segment.ts';
import { audioConfig } from './packing/fmp4.ts';
import { packedFormat } from './packing/packed-audio.ts';
import { dateTime, titleLines } from './playlist-lines.ts';

/** A segment as a playlist tells of it. */
export type ListedSegment = Omit<Segment, 'bytes' | 'frames'>;

export interface MediaPlaylistOptions {
  readonly segments: readonly ListedSegment[];
  /** Of a slot: what is missing between two segments is told as gaps of this length. */
  readonly slotUs: number;
  readonly targetDurationS: number;
  /** Behind the address of each segment, with its question mark; '' : nothing. */
  readonly query?: string;
  /** Fragments of MP4 instead of packed audio. */
  readonly isFragmented?: boolean;
  /** Players begin with its first segment, and not with the newest ones. */
  readonly startsAtFirst?: boolean;
  /** Its last segment is the last that there will be. */
  readonly hasEnded?: boolean;
}

/** EXT-X-GAP came with it (draft-pantos-hls-rfc8216bis); a player that does not know the tag asks for the segment, and gets 404. */
const VERSION = 8;

/** Rounded as RFC 8216 compares them (4.3.3.1). */
export function roundedS(us: number): number {
  return Math.round(us / 1_000_000);
}

/** The media playlist of segments that follow each other, each with the date of its first frame (RFC 8216, 4.3). */
export function mediaPlaylist({ segments, slotUs, targetDurationS, query = '', isFragmented = false, startsAtFirst = false, hasEnded = false }: MediaPlaylistOptions): string {
  const [first] = segments;
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-TARGETDURATION:${targetDurationS}`,
    `#EXT-X-MEDIA-SEQUENCE:${first?.number ?? 0}`,
    // Its own is told by a tag, as long as it is listed.
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first === undefined ? 0 : first.discontinuities - (first.isDiscontinuity ? 1 : 0)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
    ...(startsAtFirst ? ['#EXT-X-START:TIME-OFFSET=0,PRECISE=YES'] : []),
  ];
  let before: ListedSegment | undefined;
  let initUri: string | undefined;
  const add = (segment: ListedSegment): void => {
    if (!isFragmented) return void lines.push(`${packedLines(segment)}${query}`);
    const init = initUriOf(segment);
    // It holds for all segments behind it, up to the next one.
    if (init !== undefined && init !== initUri) lines.push(`#EXT-X-MAP:URI="${init}${query}"`);
    initUri = init ?? initUri;
    lines.push(...segmentLines(init === undefined ? { ...segment, isGap: true } : segment, `hls/${segment.number}.m4s${query}`));
  };
  for (const segment of segments) {
    for (const missing of missingBetween(before, segment, slotUs)) add(missing);
    if (!segment.isGap) lines.push(...titleLines(segment, before?.titles.at(-1)?.text));
    add(segment);
    before = segment;
  }
  if (hasEnded) lines.push('#EXT-X-ENDLIST');
  return `${lines.join('\n')}\n`;
}

/** Of segments of packed audio: those of hours are listed again with every one that comes, and for every listener who has begun elsewhere. */
const linesOfPacked = new WeakMap<ListedSegment, string>();

/** Without the query of its address, with which they end. */
function packedLines(segment: ListedSegment): string {
  const lines = linesOfPacked.get(segment) ?? segmentLines(segment, segmentUri(segment)).join('\n');
  linesOfPacked.set(segment, lines);
  return lines;
}

/** Of the address of a mountpoint's playlists, without its query. */
function segmentUri({ number, format }: ListedSegment): string {
  return `hls/${number}.${packedFormat(format)?.extension ?? 'bin'}`;
}

/** Undefined: its format has no fragments. */
function initUriOf({ format }: ListedSegment): string | undefined {
  const config = audioConfig(format);
  return config === undefined ? undefined : `hls/${config}.mp4`;
}

function segmentLines({ startUs, durationUs, isGap, isDiscontinuity }: ListedSegment, uri: string): string[] {
  return [
    ...(isDiscontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
    `#EXT-X-PROGRAM-DATE-TIME:${dateTime(startUs)}`,
    ...(isGap ? ['#EXT-X-GAP'] : []),
    `#EXTINF:${(durationUs / 1_000_000).toFixed(5)},`,
    uri,
  ];
}

/** Numbers must not jump within a playlist: what nobody has is listed as gaps. */
function missingBetween(before: ListedSegment | undefined, next: ListedSegment, slotUs: number): ListedSegment[] {
  if (before === undefined) return [];
  const count = next.number - before.number - 1;
  if (count < 1) return [];
  const startUs = before.startUs + before.durationUs;
  return Array.from({ length: count }, (_, index) => ({
    number: before.number + 1 + index,
    startUs: startUs + index * slotUs,
    mediaUs: before.mediaUs + before.durationUs + index * slotUs,
    durationUs: slotUs,
    format: before.format,
    isGap: true,
    isDiscontinuity: false,
    discontinuities: before.discontinuities,
    titles: [],
  }));
}
