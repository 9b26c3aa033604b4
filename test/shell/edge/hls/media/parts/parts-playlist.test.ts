import { Parser } from 'm3u8-parser';
import { describe, expect, it } from 'vitest';
import { MountParts } from '../../../../../../shell/edge/hls/media/parts/mount-parts.ts';
import { partsPlaylist } from '../../../../../../shell/edge/hls/media/parts/parts-playlist.ts';
import { formatNamed } from '../../../../../../core/codec/formats.ts';
import { SLOT_US } from '../segments.ts';
import { part, PART_US, parts } from './parts.ts';

const FIRST = 6 * 300_000_000;

function mountWith(...given: ReturnType<typeof parts>): MountParts {
  const mount = new MountParts('radio', SLOT_US, PART_US);
  for (const one of given) mount.add(one);
  return mount;
}

function parse(text: string): Parser['manifest'] {
  const parser = new Parser();
  const said: unknown[] = [];
  parser.on('warn', (warning) => said.push(warning));
  parser.push(text);
  parser.end();
  expect(said).toEqual([]);
  return parser.manifest;
}

describe('a playlist of parts', () => {
  it('is as the draft writes it', () => {
    const title = [{ atUs: 0, text: "StreamTitle='A';" }, { atUs: 500_000, text: "StreamTitle='B';" }];
    const text = partsPlaylist(mountWith(...parts(FIRST, 6), part(FIRST + 6, { titles: title, durationUs: 1_021_678 }), part(FIRST + 7, { isGap: true })), '?s=1');
    expect(text).toBe(`#EXTM3U
#EXT-X-VERSION:8
#EXT-X-TARGETDURATION:6
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=3.072
#EXT-X-PART-INF:PART-TARGET=1.024
#EXT-X-MEDIA-SEQUENCE:300000000
#EXT-X-DISCONTINUITY-SEQUENCE:0
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MAP:URI="hls/4624.mp4?s=1"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z
${[0, 1, 2, 3, 4, 5].map((index) => `#EXT-X-PART:DURATION=1.00000,URI="hls/300000000-${index}.m4s?s=1",INDEPENDENT=YES`).join('\n')}
#EXTINF:6.00000,
hls/300000000-all.m4s?s=1
#EXT-X-DATERANGE:ID="title-1800000006000",CLASS="title",START-DATE="2027-01-15T08:00:06.000Z",END-ON-NEXT=YES,X-TITLE="A"
#EXT-X-DATERANGE:ID="title-1800000006500",CLASS="title",START-DATE="2027-01-15T08:00:06.500Z",END-ON-NEXT=YES,X-TITLE="B"
#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:06.000Z
#EXT-X-PART:DURATION=1.02168,URI="hls/300000001-0.m4s?s=1",INDEPENDENT=YES
#EXT-X-PART:DURATION=1.00000,URI="hls/300000001-1.m4s?s=1",INDEPENDENT=YES,GAP=YES
#EXT-X-PRELOAD-HINT:TYPE=PART,URI="hls/300000001-2.m4s?s=1"
`);
  });

  it('is understood by another parser: whole segments, the newest three in parts as well, and what comes next', () => {
    const manifest = parse(partsPlaylist(mountWith(...parts(FIRST, 6 * 8 + 2))));
    expect(manifest).toMatchObject({ mediaSequence: FIRST / 6 + 2, targetDuration: 6, partTargetDuration: 1.024, serverControl: { canBlockReload: true, partHoldBack: 3.072 } });
    expect(manifest.segments.map(({ uri, parts: its, duration }) => [uri, its?.length, duration])).toEqual([
      ...[2, 3, 4].map((index) => [`hls/${FIRST / 6 + index}-all.m4s`, undefined, 6]),
      ...[5, 6, 7].map((index) => [`hls/${FIRST / 6 + index}-all.m4s`, 6, 6]),
    ]);
    expect(manifest.preloadSegment).toMatchObject({ parts: [{ uri: `hls/${FIRST / 6 + 8}-0.m4s`, duration: 1, independent: true }, {}], preloadHints: [{ type: 'PART', uri: `hls/${FIRST / 6 + 8}-2.m4s` }] });
  });

  it('hints at the first part of the next segment where the newest one is whole, and at nothing where nothing comes', () => {
    const mount = mountWith(...parts(FIRST, 12));
    expect(partsPlaylist(mount)).toContain(`#EXT-X-PRELOAD-HINT:TYPE=PART,URI="hls/${FIRST / 6 + 2}-0.m4s"\n`);
    mount.end();
    expect(partsPlaylist(mount)).not.toMatch(/PRELOAD|CAN-BLOCK/);
    mount.add(part(FIRST + 12));
    expect(partsPlaylist(mount)).toMatch(/CAN-BLOCK-RELOAD=YES[^]*PRELOAD/);
  });

  it('has another initialisation behind a discontinuity, and a segment of which there is nothing as a gap', () => {
    const other = formatNamed('aac 4 48000 2 2')!;
    const text = partsPlaylist(mountWith(...parts(FIRST, 6), ...parts(FIRST + 6, 6, { isGap: true }), ...parts(FIRST + 12, 6, { format: other })));
    expect(text).toMatch(/#EXT-X-GAP\n#EXTINF:6.00000,\nhls\/300000001-all\.m4s\n/);
    expect(text).toMatch(/#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="hls\/4496\.mp4"\n#EXT-X-PROGRAM-DATE-TIME/);
    expect(text).toContain('PART-TARGET=1.024\n');
  });

  it('has segments that are rounded to no more than it says, and no longer parts, also where those of another format are a gap', () => {
    const mount = new MountParts('radio', 4_480_000, 1_120_000);
    const durations = [1_140_000, 1_100_000, 1_120_000, 1_143_000];
    for (const [index, durationUs] of durations.entries()) mount.add(part(1_600_000_000 + index, { durationUs, startUs: 1_600_000_000 * 1_120_000 + durations.slice(0, index).reduce((sum, one) => sum + one, 0) }));
    expect(partsPlaylist(mount)).toMatch(/TARGETDURATION:5\n[^]*\n#EXTINF:4\.50300,\n/);
    const longer = { format: formatNamed('aac 4 16000 2 2')!, durationUs: 1_064_000 };
    expect(partsPlaylist(mountWith(part(FIRST), part(FIRST + 1, longer)))).toMatch(/PART-HOLD-BACK=3\.192\n#EXT-X-PART-INF:PART-TARGET=1\.064\n[^]*DURATION=1\.06400,.*GAP=YES/);
  });

  it('has parts that are no longer than it says, and no shorter than 85 % of that', () => {
    for (const format of ['aac 4 16000 2 2', 'aac 4 24000 2 2', 'aac 4 48000 2 2'].map((name) => formatNamed(name)!)) {
      const target = Number(/PART-TARGET=([\d.]+)/.exec(partsPlaylist(mountWith(...parts(FIRST, 1, { format }))))![1]);
      const frameS = format.samplesPerBlock / format.sampleRateHz;
      expect([target - 1 - frameS >= -1e-9, 1 - frameS >= 0.85 * target]).toEqual([true, true]);
    }
  });
});
