import { emptyFrameHeader } from '../../core/codec/format/format.ts';
import { readHeader } from '../../core/codec/header.ts';

const ID3_HEADER_BYTES = 10;
/** Those of another stream that are the same by chance: silent ones. */
const SAME_BY_CHANCE = 0.05;

/** What differs between two segments of one number, in words. */
export function differenceOf(one: Buffer, other: Buffer): string {
  const [[tag, audio], [itsTag, itsAudio]] = [split(one), split(other)];
  if (audio.equals(itsAudio)) return tag.length === itsTag.length && titleOf(tag) === titleOf(itsTag) ? 'only the time stamp' : 'only the title';
  const [frames, its] = [framesOf(audio), framesOf(itsAudio)];
  const known = new Set(frames);
  const common = its.filter((frame) => known.has(frame)).length;
  const least = Math.min(frames.length, its.length);
  const counts = `${frames.length} and ${its.length} frames, ${common} of them in both`;
  if (common <= SAME_BY_CHANCE * least) return `another stream: ${counts}`;
  if (frames[0] !== its[0] && frames.at(-1) === its.at(-1)) return `another beginning: ${counts}`;
  return `${common === least ? 'frames missing at one' : 'other frames within'}: ${counts}`;
}

/** The tag at the head, and the audio behind it. */
function split(segment: Buffer): readonly [Buffer, Buffer] {
  if (segment.toString('latin1', 0, 3) !== 'ID3') throw new Error('a segment without a tag');
  const size = [6, 7, 8, 9].reduce((sum, at) => (sum << 7) | (segment[at]! & 0x7f), 0);
  return [segment.subarray(0, ID3_HEADER_BYTES + size), segment.subarray(ID3_HEADER_BYTES + size)];
}

/** What is in the tag besides the time stamp, which comes first: its last eight bytes. */
function titleOf(tag: Buffer): string {
  const owner = 'com.apple.streaming.transportStreamTimestamp\0';
  const at = tag.indexOf(owner, 0, 'latin1');
  return tag.toString('latin1', at + owner.length + 8);
}

function framesOf(audio: Buffer): readonly string[] {
  const frames: string[] = [];
  const header = emptyFrameHeader();
  for (let at = 0; at < audio.length; at += header.lengthBytes) {
    const problem = readHeader(audio, at, header);
    if (problem !== undefined) throw new Error(`what is at ${at} of a segment is no frame`);
    frames.push(audio.toString('latin1', at, at + header.lengthBytes));
  }
  return frames;
}
