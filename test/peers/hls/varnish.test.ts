import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../../../bench/referee/decoders.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { sleep } from '../../shell/support/support.ts';
import { players } from '../players/players.ts';
import { describeWith } from '../support/need.ts';
import { untilStarted } from '../support/until.ts';
import { HlsEdge, SLOT_MS } from './hls-edges.ts';
import { bytesOf, startVarnish } from './hls-support.ts';

const PLAYED_S = 10;

describeWith(['ffmpeg', 'varnishd'], 'two edges with HLS behind Varnish', () => {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-varnish-'));
  const edges: HlsEdge[] = [];
  let ports: readonly number[] = [];
  let varnish: ChildProcess | undefined;
  let at = '';

  beforeAll(async () => {
    const file = join(directory, 'a.mp3');
    await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'sine=frequency=440:duration=120:sample_rate=44100', '-ac', '2', '-c:a', 'libmp3lame', '-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0', file]);
    const beginUs = 1_000 * SLOT_MS * Math.floor((Date.now() - 20_000) / SLOT_MS);
    for (let index = 0; index < 2; index++) edges.push(new HlsEdge(new Map([['radio', readFileSync(file)]]), beginUs));
    ports = await Promise.all(edges.map((edge) => edge.start()));
    const port = await freeTcpPort();
    varnish = startVarnish(ports, port, directory);
    at = `http://127.0.0.1:${port}/radio/`;
    // It compiles its configuration first.
    const status = (): Promise<number | string> => fetch(`${at}live.m3u8`).then((answer) => answer.status, String);
    await untilStarted('Varnish', status, (it) => it === 200);
  });

  afterAll(async () => {
    if (varnish !== undefined) await end(varnish, 'SIGTERM');
    await Promise.all(edges.map((edge) => edge.stop()));
    rmSync(directory, { recursive: true, force: true });
  });

  const newest = async (): Promise<string> => (await (await fetch(`${at}live.m3u8`)).text()).trimEnd().split('\n').at(-1)!;

  it('has what one listener was given for the next one, whatever their tokens, and each has a master playlist of its own', async () => {
    const uri = await newest();
    const [first, second] = [await fetch(at + uri), await fetch(`${at}${uri}?s=somebody`)];
    expect([first.status, second.status]).toEqual([200, 200]);
    // Where it comes from the cache, the request is named that has brought it there.
    expect(second.headers.get('x-varnish')).toMatch(/^\d+ \d+$/);
    expect(Buffer.from(await second.arrayBuffer()).equals(Buffer.from(await first.arrayBuffer()))).toBe(true);
    const tokenOf = async (): Promise<string> => /live\.m3u8\?s=([\w-]+)/.exec(await (await fetch(`${at}hls.m3u8`)).text())![1]!;
    expect(await tokenOf()).not.toBe(await tokenOf());
  });

  it('does not keep that something is not there yet', async () => {
    const number = Number(/\d+/.exec(await newest())![0]) + 4;
    const uri = `${at}hls/${number}.mp3`;
    expect((await fetch(uri)).status).toBe(404);
    await expect.poll(async () => (await fetch(uri)).status, { timeout: 60_000 }).toBe(200);
  });

  it('lets ffmpeg hear nothing of an edge that is killed', async () => {
    const playing = players.find(({ program }) => program === 'ffmpeg')!.play(`${at}hls.m3u8`, PLAYED_S);
    await sleep(1_500);
    // The one that is asked first.
    await edges[0]!.stop();
    // At the border of two segments ffmpeg may take the time of the next one for frames of the one before, also without a cache.
    expect((await playing).filter((line) => !line.includes('non monotonically increasing dts'))).toEqual([]);
    const uri = await newest();
    const [cached, there] = await Promise.all([at, `http://127.0.0.1:${ports[1]}/radio/`].map((base) => bytesOf(base + uri)));
    expect(cached!.equals(there!)).toBe(true);
  });
});
