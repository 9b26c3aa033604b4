import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDavecast, type Davecast } from '../../../bench/common/davecast.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { sleep } from '../../shell/support/support.ts';
import { launchChromium } from '../players/chromium.ts';
import { bytesOf, NGINX, playByHlsJs, startNginx, type PlayState } from './hls-support.ts';
import { describeWith } from '../support/need.ts';
import { untilStarted } from '../support/until.ts';

const LISTENED_S = 15;

describeWith(['ffmpeg', 'chromium', 'nginx'], 'two edges with HLS behind nginx', () => {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-hls-'));
  const running: Davecast[] = [];
  const others: ChildProcess[] = [];
  const edges: Davecast[] = [];
  let browser: Browser | undefined;
  let port = 0;
  const start = async (args: readonly string[], awaits: readonly string[]): Promise<Davecast> => {
    const made = await startDavecast([...args, '--bind', '127.0.0.1'], awaits);
    running.push(made);
    return made;
  };
  const portOf = (process: Davecast, what: string): number => process.ports.get(what)!;

  beforeAll(async () => {
    const relay = await start(['relay', '--in', '0', '--out', '0'], ['in', 'out']);
    const encoder = await start(['encoder', '--mount', 'radio', '--listen', '0', '--to', `127.0.0.1:${portOf(relay, 'in')}`], ['source']);
    for (const name of ['one', 'two']) edges.push(await start(['edge', '--http', '0', '--relay', `127.0.0.1:${portOf(relay, 'out')}`, '--hls', '--hls-segment-ms', '2000', '--hls-window-ms', '120000', '--access-log', join(directory, name)], ['http']));
    others.push(spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:sample_rate=44100', '-ac', '2', '-c:a', 'aac', '-b:a', '96k', '-f', 'adts', '-content_type', 'audio/aac', `icecast://source:x@127.0.0.1:${portOf(encoder, 'source')}/radio`], { stdio: 'ignore' }));
    port = await freeTcpPort();
    others.push(startNginx(edges.map((edge) => portOf(edge, 'http')), port, directory));
    browser = await launchChromium({ plays: true });
    const listed = async (): Promise<number> => (await (await fetch(`http://127.0.0.1:${portOf(edges[1]!, 'http')}/radio/live.m3u8`)).text()).split('.aac').length - 1;
    await untilStarted('a playlist of five segments', listed, (count) => count >= 5);
  });

  afterAll(async () => {
    await browser?.close();
    // Killed, nginx would leave its workers behind.
    for (const child of others) await end(child, 'SIGTERM');
    await Promise.all(running.map((process) => process.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  it('hls.js hears nothing of one that is killed, and all segments of both are the same', async () => {
    expect(existsSync(NGINX)).toBe(true);
    const page = await playByHlsJs(browser!, `http://127.0.0.1:${port}/radio/hls.m3u8`);
    const state = (): Promise<PlayState> => page.evaluate<PlayState>('window.state()');
    await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(2);
    const urls = edges.map((edge) => `http://127.0.0.1:${portOf(edge, 'http')}/radio/`);
    const atBoth = async (): Promise<readonly string[]> => {
      const [one, two] = await Promise.all(urls.map(async (url) => (await (await fetch(`${url}dvr.m3u8`)).text()).match(/^hls\/.+$/gm)!));
      return one!.filter((uri) => two!.includes(uri));
    };
    await expect.poll(async () => (await atBoth()).length, { timeout: 60_000 }).toBeGreaterThan(5);
    const both = await atBoth();
    for (const uri of both) {
      const [mine, other] = await Promise.all(urls.map((url) => bytesOf(url + uri)));
      expect(mine!.equals(other!), uri).toBe(true);
    }
    const begun = await state();
    edges[0]!.child.kill('SIGKILL');
    await sleep(1_000 * LISTENED_S);
    const ended = await state();
    expect([ended.said, ended.waited]).toEqual([[], begun.waited]);
    expect(Math.abs(ended.time - begun.time - (ended.atS - begun.atS))).toBeLessThan(0.5);
    await page.close();
    await edges[1]!.stop();
    expect(readFileSync(join(directory, 'two'), 'utf8')).toMatch(/"GET \/radio\/live\.m3u8/);
  });
});
