import fc from 'fast-check';
import { Parser } from 'm3u8-parser';
import { describe, expect, it } from 'vitest';
import { keptOf } from '../../../../../shell/edge/hls/media/store/kept-segment.ts';
import { masterPlaylist } from '../../../../../shell/edge/hls/media/master-playlist.ts';
import { mediaPlaylist } from '../../../../../shell/edge/hls/media/media-playlist.ts';
import { LIVE_SEGMENTS, MountSegments } from '../../../../../shell/edge/hls/media/store/mount-segments.ts';
import { AAC, MP3, segment, segments, SLOT_US } from './segments.ts';

function parse(text: string): Parser['manifest'] {
  const parser = new Parser();
  // It has no own of it.
  parser.addParser({ expression: /^#EXT-X-GAP$/, customType: 'gap', segment: true });
  parser.push(text);
  parser.end();
  return parser.manifest;
}

const media = (of: ReturnType<typeof segments>): string => mediaPlaylist({ segments: of, slotUs: SLOT_US, targetDurationS: 6 });

describe('a media playlist', () => {
  it('is as RFC 8216 writes it', () => {
    const titles = [{ atUs: 0, text: "StreamTitle='Artist - Song';" }, { atUs: 1_500_000, text: "StreamTitle='A \"B\"';" }];
    expect(media([segment(300_000_000, { durationUs: 6_008_163, titles }), segment(300_000_001, { isDiscontinuity: true, discontinuities: 1, format: AAC }), segment(300_000_002, { isGap: true, discontinuities: 1, format: AAC })])).toBe(`#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:6
#EXT-X-MEDIA-SEQUENCE:300000000
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-DATERANGE:ID="title-1800000001500",CLASS="title",START-DATE="2027-01-15T08:00:01.500Z",END-ON-NEXT=YES,X-TITLE="A 'B'"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z
#EXTINF:6.00816,
hls/300000000.mp3
#EXT-X-DATERANGE:ID="title-1800000006000",CLASS="title",START-DATE="2027-01-15T08:00:06.000Z",END-ON-NEXT=YES,X-TITLE="Artist - Song"
#EXT-X-DISCONTINUITY
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:06.000Z
#EXTINF:6.00000,
hls/300000001.aac
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:12.000Z
#EXT-X-GAP
#EXTINF:6.00000,
hls/300000002.aac
`);
  });

  it('lists what nobody has as gaps: numbers do not jump', () => {
    const { segments: listed, mediaSequence } = parse(media([segment(10), segment(14)]));
    expect(mediaSequence).toBe(10);
    expect(listed.map(({ uri, custom }) => [uri, custom?.gap])).toEqual([['hls/10.mp3', undefined], ['hls/11.mp3', '#EXT-X-GAP'], ['hls/12.mp3', '#EXT-X-GAP'], ['hls/13.mp3', '#EXT-X-GAP'], ['hls/14.mp3', undefined]]);
  });

  it('says of its first discontinuity what came before', () => {
    const { discontinuitySequence, segments: listed } = parse(media(segments(10, 2, { isDiscontinuity: true, discontinuities: 5 })));
    expect(discontinuitySequence).toBe(4);
    expect(listed[0]).toMatchObject({ discontinuity: true });
  });

  it('has the lines of each segment made once, however often and from wherever it is listed', () => {
    let read = 0;
    const all = segments(300_000_000, 5).map((one) => Object.defineProperty({ ...one }, 'durationUs', { get: () => (read++, SLOT_US) }));
    const whole = media(all);
    const made = read;
    expect(media(all)).toBe(whole);
    const part = mediaPlaylist({ segments: all.slice(2), slotUs: SLOT_US, targetDurationS: 6, query: '?s=x' });
    expect(part).toContain('hls/300000002.mp3?s=x\n');
    expect(whole).toContain('hls/300000002.mp3\n');
    expect(read).toBe(made);
  });

  it('has no line of its own by a title of somebody', () => {
    const titles = [{ atUs: 5, text: "StreamTitle='a\r\n#EXT-X-ENDLIST\"';" }];
    const { endList, segments: listed } = parse(media([segment(1, { titles })]));
    expect([endList, listed.length]).toEqual([undefined, 1]);
  });
});

/** What comes of a mountpoint: segments with gaps, formats that change, and numbers that are missing. */
const slots = fc.array(fc.record({ kind: fc.constantFrom('there', 'there', 'there', 'gap', 'missing'), isDiscontinuity: fc.boolean(), frames: fc.integer({ min: -1, max: 1 }) }), { minLength: 1, maxLength: 40 });

describe('the playlists of a mountpoint, one after the other', () => {
  it('keep the rules of RFC 8216, 6.2', () => {
    fc.assert(fc.property(slots, (kinds) => {
      const mount = new MountSegments('radio', SLOT_US);
      let discontinuities = 0;
      let last: Parser['manifest'] | undefined;
      const seen = new Map<number, { uri: string; duration: number; isDiscontinuity: boolean; timeline: number }>();
      for (const [index, { kind, isDiscontinuity, frames }] of kinds.entries()) {
        if (kind === 'missing') continue;
        if (isDiscontinuity) discontinuities++;
        mount.add(keptOf(segment(1_000 + index, { isGap: kind === 'gap', isDiscontinuity, discontinuities, durationUs: SLOT_US + frames * 26_122, format: MP3 }), new Uint8Array(5), 0));
        const manifest = parse(mediaPlaylist({ segments: mount.live, slotUs: SLOT_US, targetDurationS: mount.targetDurationS }));
        const { mediaSequence, discontinuitySequence, targetDuration, segments: listed } = manifest;
        expect(targetDuration).toBe(6);
        expect(listed.length).toBeLessThanOrEqual(LIVE_SEGMENTS);
        expect(mediaSequence + listed.length - 1).toBe(1_000 + index);
        expect(mediaSequence).toBeGreaterThanOrEqual(last?.mediaSequence ?? 0);
        expect(discontinuitySequence).toBeGreaterThanOrEqual(last?.discontinuitySequence ?? 0);
        let timeline = discontinuitySequence;
        for (const [at, { uri, duration, discontinuity }] of listed.entries()) {
          if (discontinuity === true) timeline++;
          expect(Math.round(duration)).toBeLessThanOrEqual(targetDuration);
          const told = { uri, duration, isDiscontinuity: discontinuity === true, timeline };
          const number = mediaSequence + at;
          // What is listed of a number never changes.
          expect(seen.get(number) ?? told).toEqual(told);
          seen.set(number, told);
        }
        last = manifest;
      }
    }), { numRuns: 60 });
  });
});

it('a master playlist has what a player chooses by', () => {
  const text = masterPlaylist([{ uri: 'live.m3u8?s=x', peakBps: 66_001, averageBps: 64_100, codecs: 'mp4a.40.2' }, { uri: '../radio-128/live.m3u8', peakBps: 131_000, averageBps: 129_000, codecs: 'mp4a.40.34' }]);
  expect(parse(text).playlists).toMatchObject([
    { uri: 'live.m3u8?s=x', attributes: { BANDWIDTH: 66_001, 'AVERAGE-BANDWIDTH': '64100', CODECS: 'mp4a.40.2' } },
    { uri: '../radio-128/live.m3u8', attributes: { BANDWIDTH: 131_000, CODECS: 'mp4a.40.34' } },
  ]);
});
