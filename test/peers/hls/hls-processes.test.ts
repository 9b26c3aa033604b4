import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sleep } from '../../shell/support/support.ts';
import { launchChromium } from '../players/chromium.ts';
import { HlsSite } from './hls-site.ts';
import { bytesOf, NGINX, playByHlsJs, type PlayState } from './hls-support.ts';
import { describeWith } from '../support/need.ts';
import { untilStarted } from '../support/until.ts';

const LISTENED_S = 15;

describeWith(['ffmpeg', 'chromium', 'nginx'], 'two edges with HLS behind nginx', () => {
  const site = new HlsSite();
  let browser: Browser | undefined;

  beforeAll(async () => {
    await site.start((edge) => ['--hls-segment-ms', '2000', '--hls-window-ms', '120000', '--access-log', join(site.directory, `${edge}`)]);
    browser = await launchChromium({ plays: true });
    const listed = async (): Promise<number> => (await (await fetch(`${site.edgeUrls[1]}live.m3u8`)).text()).split('.aac').length - 1;
    await untilStarted('a playlist of five segments', listed, (count) => count >= 5);
  });

  afterAll(async () => {
    await browser?.close();
    await site.stop();
  });

  it('hls.js hears nothing of one that is killed, and all segments of both are the same', async () => {
    expect(existsSync(NGINX)).toBe(true);
    const page = await playByHlsJs(browser!, `${site.url}hls.m3u8`);
    const state = (): Promise<PlayState> => page.evaluate<PlayState>('window.state()');
    await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(2);
    const atBoth = async (): Promise<readonly string[]> => {
      const [one, two] = await Promise.all(site.edgeUrls.map(async (url) => (await (await fetch(`${url}dvr.m3u8`)).text()).match(/^hls\/.+$/gm)!));
      return one!.filter((uri) => two!.includes(uri));
    };
    await expect.poll(async () => (await atBoth()).length, { timeout: 60_000 }).toBeGreaterThan(5);
    const both = await atBoth();
    for (const uri of both) {
      const [mine, other] = await Promise.all(site.edgeUrls.map((url) => bytesOf(url + uri)));
      expect(mine!.equals(other!), uri).toBe(true);
    }
    const begun = await state();
    site.edges[0]!.child.kill('SIGKILL');
    await sleep(1_000 * LISTENED_S);
    const ended = await state();
    expect([ended.said, ended.waited]).toEqual([[], begun.waited]);
    expect(Math.abs(ended.time - begun.time - (ended.atS - begun.atS))).toBeLessThan(0.5);
    await page.close();
    await site.edges[1]!.stop();
    expect(readFileSync(join(site.directory, '1'), 'utf8')).toMatch(/"GET \/radio\/live\.m3u8/);
  });
});
