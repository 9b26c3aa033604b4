import { roundedS } from '../media-playlist.ts';
import { dateTime, titleLines } from '../playlist-lines.ts';
import { audioConfig } from '../packing/fmp4.ts';
import { LIVE_SEGMENTS } from '../store/mount-segments.ts';
import { isGap, longestPartUs, spanOf, type MountParts, type Part, type PartedSegment } from './mount-parts.ts';

/** EXT-X-GAP came with it; parts need no other one (draft-pantos-hls-rfc8216bis, 8). */
const VERSION = 8;
/** Parts are listed as far back as players of low latency go: three target durations (6.2.2). */
const SEGMENTS_IN_PARTS = 3;
/** Players stay behind the end by at least so many parts (4.4.3.8). */
const HOLD_BACK_PARTS = 3;

/**
 * The media playlist of low latency (draft-pantos-hls-rfc8216bis, 4.4): whole segments, and the newest ones in parts, each with an address of its own. Parts and segments have numbers that follow from the
 * time, so the part that comes next has an address before it is there.
 *
 * @param query behind each address, with its question mark; '' : nothing.
 */
export function partsPlaylist(mount: MountParts, query = ''): string {
  const { perSegment } = mount;
  const open = mount.segments.at(-1)!.parts.length < perSegment ? 1 : 0;
  const listed = mount.segments.slice(-LIVE_SEGMENTS - open);
  const [first] = listed;
  const targetS = longestPartS(mount);
  const lines = [
    '#EXTM3U',
    `#EXT-X-VERSION:${VERSION}`,
    `#EXT-X-TARGETDURATION:${roundedS(longestSegmentUs(mount))}`,
    // Who hears that nothing is waited for asks again after a while, until the mountpoint begins again.
    `#EXT-X-SERVER-CONTROL:${mount.hasEnded ? '' : 'CAN-BLOCK-RELOAD=YES,'}PART-HOLD-BACK=${(HOLD_BACK_PARTS * targetS).toFixed(3)}`,
    `#EXT-X-PART-INF:PART-TARGET=${targetS.toFixed(3)}`,
    `#EXT-X-MEDIA-SEQUENCE:${first!.number}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first!.discontinuities - (first!.isDiscontinuity ? 1 : 0)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  let initUri: string | undefined;
  listed.forEach((segment, index) => {
    const init = `hls/${audioConfig(segment.format)}.mp4`;
    const before = listed[index - 1];
    lines.push(...titlesOf(segment, before));
    if (segment.isDiscontinuity) lines.push('#EXT-X-DISCONTINUITY');
    if (init !== initUri) lines.push(`#EXT-X-MAP:URI="${init}${query}"`);
    initUri = init;
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${dateTime(spanOf(segment).startUs)}`);
    if (index >= listed.length - SEGMENTS_IN_PARTS - open) lines.push(...segment.parts.map((part, at) => partLine(segment, part, at, query)));
    if (segment.parts.length === perSegment) lines.push(...wholeLines(segment, query));
  });
  const last = listed.at(-1)!;
  const next = open === 0 ? partUri(last.number + 1, 0) : partUri(last.number, last.parts.length);
  if (!mount.hasEnded) lines.push(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="${next}${query}"`);
  return `${lines.join('\n')}\n`;
}

/** The longest that a part is or can be, in seconds. What is a gap in a segment, because it has another format, may be longer than others. */
function longestPartS({ partUs, segments }: MountParts): number {
  return Math.ceil(Math.max(...segments.flatMap(({ format, parts }) => [longestPartUs(partUs, format), ...parts.map(({ durationUs }) => durationUs)])) / 1_000) / 1_000;
}

/** The same of a segment. */
function longestSegmentUs({ slotUs, segments }: MountParts): number {
  return Math.max(...segments.flatMap((segment) => [longestPartUs(slotUs, segment.format), spanOf(segment).durationUs]));
}

function partLine({ number }: PartedSegment, part: Part, index: number, query: string): string {
  const gap = isGap(part) ? ',GAP=YES' : '';
  return `#EXT-X-PART:DURATION=${seconds(part.durationUs)},URI="${partUri(number, index)}${query}",INDEPENDENT=YES${gap}`;
}

function wholeLines(segment: PartedSegment, query: string): string[] {
  const gap = segment.parts.every(isGap) ? ['#EXT-X-GAP'] : [];
  return [...gap, `#EXTINF:${seconds(spanOf(segment).durationUs)},`, `hls/${segment.number}-all.m4s${query}`];
}

function partUri(number: number, index: number): string {
  return `hls/${number}-${index}.m4s`;
}

function seconds(us: number): string {
  return (us / 1_000_000).toFixed(5);
}

/** Those that begin in a segment; one that is in force at its first frame has begun there if there was another one before. */
function titlesOf(segment: PartedSegment, before: PartedSegment | undefined): string[] {
  const { startUs } = spanOf(segment);
  const titles = segment.parts.flatMap(({ startUs: at, titles: own }) => own.map(({ atUs, text }) => ({ atUs: at - startUs + atUs, text })));
  return titleLines({ startUs, titles }, before && before.parts.flatMap(({ titles: own }) => own).at(-1)?.text);
}
