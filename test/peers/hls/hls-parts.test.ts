import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startDavecast, type Davecast } from '../../../bench/common/davecast.ts';
import { run } from '../../../bench/referee/decoders.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { launchChromium } from '../players/chromium.ts';
import { players } from '../players/players.ts';
import { describeWith } from '../support/need.ts';
import { untilStarted } from '../support/until.ts';
import { bytesOf, playByHlsJs, startNginx, type PlayState } from './hls-support.ts';

describeWith(['ffmpeg', 'ffprobe', 'chromium', 'nginx'], 'parts of segments, of two edges behind nginx', () => {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-hls-parts-'));
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
  const urlOf = (edge: Davecast): string => `http://127.0.0.1:${portOf(edge, 'http')}/radio/`;
  const textOf = async (url: string): Promise<string> => (await fetch(url)).text();

  beforeAll(async () => {
    const relay = await start(['relay', '--in', '0', '--out', '0'], ['in', 'out']);
    const encoder = await start(['encoder', '--mount', 'radio', '--listen', '0', '--to', `127.0.0.1:${portOf(relay, 'in')}`], ['source']);
    for (let count = 0; count < 2; count++) edges.push(await start(['edge', '--http', '0', '--relay', `127.0.0.1:${portOf(relay, 'out')}`, '--hls', '--hls-segment-ms', '4000', '--hls-part-ms', '1000'], ['http']));
    others.push(spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:sample_rate=44100', '-ac', '2', '-c:a', 'aac', '-b:a', '96k', '-f', 'adts', '-content_type', 'audio/aac', `icecast://source:x@127.0.0.1:${portOf(encoder, 'source')}/radio`], { stdio: 'ignore' }));
    port = await freeTcpPort();
    others.push(startNginx(edges.map((edge) => portOf(edge, 'http')), port, directory));
    browser = await launchChromium({ plays: true });
    const listed = async (edge: Davecast): Promise<number> => (await textOf(`${urlOf(edge)}parts.m3u8`)).match(/-all/g)?.length ?? 0;
    await untilStarted('a playlist of four whole segments at both', () => Promise.all(edges.map(listed)), (counts) => counts.every((count) => count >= 4));
  });

  afterAll(async () => {
    await browser?.close();
    // Killed, nginx would leave its workers behind.
    for (const child of others) await end(child, 'SIGTERM');
    await Promise.all(running.map((process) => process.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  it('are the same at both, and can be decoded each by itself', async () => {
    const [one, other] = edges.map(urlOf) as [string, string];
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
    const said = await players.find(({ program }) => program === 'ffmpeg')!.play(`${urlOf(edges[0]!)}hls.m3u8?format=parts`, 8);
    expect(said.filter((line) => !/duplicated MOOV|Last message repeated/.test(line))).toEqual([]);
  });

  it('hls.js plays them, and goes on when an edge is killed', async () => {
    const page = await playByHlsJs(browser!, `http://127.0.0.1:${port}/radio/hls.m3u8?format=parts`);
    const state = (): Promise<PlayState> => page.evaluate<PlayState>('window.state()');
    await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(2);
    await expect.poll(async () => (await state()).parts, { timeout: 60_000 }).toBeGreaterThan(5);
    const begun = await state();
    edges[0]!.child.kill('SIGKILL');
    // It is close behind the stream: on a busy machine it may have to wait for a moment.
    await expect.poll(async () => (await state()).parts, { timeout: 60_000 }).toBeGreaterThan(begun.parts + 15);
    await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(begun.time + 10);
    expect((await state()).said.filter((line) => line.endsWith('true'))).toEqual([]);
    await page.close();
  });
});
