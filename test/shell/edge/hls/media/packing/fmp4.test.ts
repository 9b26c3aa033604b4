import { describe, expect, it } from 'vitest';
import { formatNamed } from '../../../../../../core/codec/formats.ts';
import { audioConfig, fragment, initSegment } from '../../../../../../shell/edge/hls/media/packing/fmp4.ts';
import { packAudio } from '../../../../../../shell/edge/hls/media/packing/packed-audio.ts';
import { mediaPlaylist } from '../../../../../../shell/edge/hls/media/media-playlist.ts';
import { AAC, MP3, segment, SLOT_US } from '../segments.ts';

/** An ADTS frame of AAC-LC, 44.1 kHz, stereo (ISO 14496-3). */
function adts(content: Uint8Array, { hasCrc = false, blocks = 1 } = {}): Buffer {
  const length = 7 + (hasCrc ? 2 * blocks : 0) + content.length;
  const head = [0xff, hasCrc ? 0xf0 : 0xf1, 0x50, 0x80 | (length >> 11), (length >> 3) & 255, ((length & 7) << 5) | 0x1f, 0xfc | (blocks - 1)];
  return Buffer.concat([Uint8Array.from(head), new Uint8Array(hasCrc ? 2 * blocks : 0), content]);
}

interface Box {
  readonly name: string;
  readonly content: Buffer;
}

function boxes(bytes: Uint8Array): readonly Box[] {
  const all = Buffer.from(bytes);
  const found: Box[] = [];
  for (let at = 0; at < all.length; at += all.readUInt32BE(at)) found.push({ name: all.toString('latin1', at + 4, at + 8), content: all.subarray(at + 8, at + all.readUInt32BE(at)) });
  return found;
}

/** The content of a box within others. */
function inside(bytes: Uint8Array, ...path: readonly string[]): Buffer {
  return path.reduce<Buffer>((content, name) => boxes(content).find((box) => box.name === name)!.content, Buffer.from(bytes));
}

const contents = [Buffer.from('one'), Buffer.from('two, longer'), Buffer.from('3')];
const titles = [{ atUs: 0, text: "StreamTitle='A';" }, { atUs: 2_000_000, text: "StreamTitle='B';" }];

describe('a fragment', () => {
  const packed = packAudio(segment(7, { format: AAC, bytes: Buffer.concat(contents.map((content, index) => adts(content, { hasCrc: index === 1 }))), titles }));
  const made = Buffer.from(fragment(packed, { number: 7, mediaUs: 42_000_000, format: AAC, titles })!);

  it('has the frames without their headers, and where they begin', () => {
    expect(boxes(made).map(({ name }) => name)).toEqual(['styp', 'emsg', 'emsg', 'moof', 'mdat']);
    expect(inside(made, 'mdat').toString()).toBe('onetwo, longer3');
    const run = inside(made, 'moof', 'traf', 'trun');
    expect([run.readUInt32BE(4), ...[12, 16, 20].map((at) => run.readUInt32BE(at))]).toEqual([3, 3, 11, 1]);
    const moofAt = made.indexOf('moof') - 4;
    expect(made.subarray(moofAt + run.readUInt32BE(8)).toString()).toBe('onetwo, longer3');
  });

  it('has its number and time', () => {
    expect(inside(made, 'moof', 'mfhd').readUInt32BE(4)).toBe(7);
    expect(inside(made, 'moof', 'traf', 'tfdt').readBigUInt64BE(4)).toBe(42n * 44_100n);
    const late = Buffer.from(fragment(packed, { number: 2 ** 33 + 1, mediaUs: 1_796_000_000_000_000, format: AAC, titles })!);
    expect(inside(late, 'moof', 'traf', 'tfdt').readBigUInt64BE(4)).toBe(1_796_000_000n * 44_100n);
  });

  it('tells titles at their times', () => {
    const events = boxes(made).filter(({ name }) => name === 'emsg').map(({ content }) => content);
    expect(events.map((event) => [event.readUInt32BE(4), event.readBigUInt64BE(8)])).toEqual([[44_100, 42n * 44_100n], [44_100, 44n * 44_100n]]);
    expect(events[1]!.toString('latin1')).toMatch(/https:\/\/aomedia\.org\/emsg\/ID3..ID3[^]*TIT2[^]*B$/);
  });

  it('is none of frames that have several blocks, or are cut off', () => {
    const several = packAudio(segment(7, { bytes: adts(contents[0]!, { blocks: 2 }) }));
    expect(fragment(several, { number: 7, mediaUs: 0, format: AAC, titles })).toBeUndefined();
    expect(fragment(packed.subarray(0, -1), { number: 7, mediaUs: 0, format: AAC, titles })).toBeUndefined();
    expect(fragment(Buffer.concat([packed, Buffer.from('rest of it')]), { number: 7, mediaUs: 0, format: AAC, titles })).toBeUndefined();
  });
});

describe('the initialisation of a format', () => {
  it.each([['aac 4 44100 2 2', 0x1210], ['aac 4 24000 2 2', 0x1310], ['aac 4 48000 1 2', 0x1188], ['aac 4 48000 8 2', 0x11b8]])('%s is set up by %i', (name, config) => {
    expect(audioConfig(formatNamed(name)!)).toBe(config);
    const init = initSegment(formatNamed(name)!);
    expect(boxes(init).map((box) => box.name)).toEqual(['ftyp', 'moov']);
    const entries = inside(init, 'moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd');
    expect(entries.subarray(-5).toString('hex')).toBe(`${config.toString(16).padStart(4, '0')}060102`);
    expect(inside(init, 'moov', 'trak', 'mdia', 'mdhd').readUInt32BE(12)).toBe(formatNamed(name)!.sampleRateHz);
  });

  it('is there for AAC alone, with channels that its header says', () => {
    expect(audioConfig(MP3)).toBeUndefined();
    expect(audioConfig({ ...AAC, channels: 0 })).toBeUndefined();
  });
});

it('a playlist of fragments names what comes before them, again where the format changes, and has gaps where there can be none', () => {
  const hd = formatNamed('aac 4 48000 2 2')!;
  const text = mediaPlaylist({ segments: [AAC, AAC, MP3, hd].map((format, index) => segment(10 + index, { format })), slotUs: SLOT_US, targetDurationS: 6, isFragmented: true, query: '?s=x' });
  expect(text.split('\n').filter((line) => /MAP|GAP|^hls/.test(line))).toEqual(['#EXT-X-MAP:URI="hls/4624.mp4?s=x"', 'hls/10.m4s?s=x', 'hls/11.m4s?s=x', '#EXT-X-GAP', 'hls/12.m4s?s=x', '#EXT-X-MAP:URI="hls/4496.mp4?s=x"', 'hls/13.m4s?s=x']);
});
