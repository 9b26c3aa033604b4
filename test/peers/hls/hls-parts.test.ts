import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../bench/referee/decoders.ts';
import { launchChromium } from '../players/chromium.ts';
import { players } from '../players/players.ts';
import { describeWith } from '../support/need.ts';
import { untilStarted } from '../support/until.ts';
import { HlsSite } from './hls-site.ts';
import { bytesOf, playByHlsJs, type PlayState } from './hls-support.ts';

describeWith(['ffmpeg', 'ffprobe', 'chromium', 'nginx'], 'parts of segments, of two edges behind nginx', () => {
  const site = new HlsSite();
  let browser: Browser | undefined;
  const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

  beforeAll(async () => {
    await site.start(() => ['--hls-segment-ms', '4000', '--hls-part-ms', '1000']);
    browser = await launchChromium({ plays: true });
    const listed = async (url: string): Promise<number> => (await textOf(`${url}parts.m3u8`)).match(/-all/g)?.length ?? 0;
    await untilStarted('a playlist of four whole segments at both', () => Promise.all(site.edgeUrls.map(listed)), (counts) => counts.every((count) => count >= 4));
  });

  afterAll(async () => {
    await browser?.close();
    await site.stop();
  });

  it('are the same at both, and can be decoded each by itself', async () => {
    const [one, other] = site.edgeUrls;
    const playlist = await textOf(`${one}parts.m3u8`);
    const listed = [...playlist.matchAll(/#EXT-X-PART:DURATION=([\d.]+),URI="(.+?)"/g)];
    expect(listed.length).toBeGreaterThanOrEqual(12);
    const newest = listed.at(-1)![2]!;
    await expect.poll(async () => (await textOf(`${other}parts.m3u8`)).includes(newest), { timeout: 60_000 }).toBe(true);
    const init = await bytesOf(one + /#EXT-X-MAP:URI="(.+)"/.exec(playlist)![1]!);
    for (const [, duration, uri] of listed) {
      const part = await bytesOf(one + uri!);
      expect((await bytesOf(other + uri!)).equals(part), uri).toBe(true);
      const { stdout, stderr } = await run('ffprobe', ['-v', 'warning', '-count_frames', '-show_entries', 'stream=codec_name,nb_read_frames', '-of', 'csv=p=0', '-'], Buffer.concat([init, part]));
      expect([stderr, stdout.toString().trim()]).toEqual(['', expect.stringMatching(/^aac,\d+$/)]);
      expect(Math.abs((Number(stdout.toString().trim().split(',')[1]) * 1_024) / 44_100 - Number(duration))).toBeLessThan(0.001);
    }
  });

  it('ffmpeg, which knows no parts, plays the segments', async () => {
    const said = await players.find(({ program }) => program === 'ffmpeg')!.play(`${site.edgeUrls[0]}hls.m3u8?format=parts`, 8);
    expect(said.filter((line) => !/duplicated MOOV|Last message repeated/.test(line))).toEqual([]);
  });

  it('hls.js plays them, and goes on when an edge is killed', async () => {
    const page = await playByHlsJs(browser!, `${site.url}hls.m3u8?format=parts`);
    const state = (): Promise<PlayState> => page.evaluate<PlayState>('window.state()');
    await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(2);
    await expect.poll(async () => (await state()).parts, { timeout: 60_000 }).toBeGreaterThan(5);
    const begun = await state();
    site.edges[0]!.child.kill('SIGKILL');
    // It is close behind the stream: on a busy machine it may have to wait for a moment.
    await expect.poll(async () => (await state()).parts, { timeout: 60_000 }).toBeGreaterThan(begun.parts + 15);
    await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(begun.time + 10);
    expect((await state()).said.filter((line) => line.endsWith('true'))).toEqual([]);
    await page.close();
  });
});
