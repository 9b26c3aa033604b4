import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { isEstimate, lines, run } from '../../../bench/referee/decoders.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { sleep } from '../../shell/support/support.ts';
import { CHROMIUM, launchChromium } from '../players/chromium.ts';
import { HlsEdge, SLOT_MS } from './hls-edges.ts';
import { bytesOf, NGINX, playByHlsJs, startNginx, type PlayState } from './hls-support.ts';
import { morePlayers, secondsIn } from '../players/more-players.ts';
import { describeWith } from '../support/need.ts';
import { untilStarted } from '../support/until.ts';
import { players } from '../players/players.ts';

const SECONDS = 8;
const directory = mkdtempSync(join(tmpdir(), 'davecast-hls-'));
const formats = ['mp3', 'aac'] as const;
/** The `fail_timeout` of the example in docs/hls.md, and a little more. */
const NGINX_FAIL_TIMEOUT_MS = 5_500;

/** The durations and contents of segments, while they are there: it takes longer to look at them. */
async function taken(at: string, listed: readonly RegExpExecArray[]): Promise<readonly (readonly [string, Buffer])[]> {
  return await Promise.all(listed.map(async ([, duration, uri]) => [duration!, await bytesOf(at + uri!)] as const));
}

/** What is played of a mountpoint, of the group, or in fragments of MP4. */
const pathOf = (mount: string): string => (mount === 'fmp4' ? 'aac/hls.m3u8?format=fmp4' : `${mount}/hls.m3u8`);

describeWith(['ffmpeg', 'ffprobe'], 'HLS', () => {
  const files = new Map<string, Uint8Array>();
  let [first, second]: [HlsEdge | undefined, HlsEdge | undefined] = [undefined, undefined];
  let ports: readonly [number, number] = [0, 0];
  let nginx: ChildProcess | undefined;
  let port = 0;

  beforeAll(async () => {
    const sound = ['-f', 'lavfi', '-i', 'sine=frequency=440:duration=400:sample_rate=44100', '-af', 'tremolo=f=0.5:d=0.9', '-ac', '2'];
    await run('ffmpeg', ['-v', 'error', ...sound, '-c:a', 'libmp3lame', '-b:a', '128k', '-write_xing', '0', '-id3v2_version', '0', join(directory, 'a.mp3')]);
    await run('ffmpeg', ['-v', 'error', ...sound, '-c:a', 'aac', '-b:a', '64k', '-f', 'adts', join(directory, 'a.aac')]);
    for (const format of formats) files.set(format, readFileSync(join(directory, `a.${format}`)));
    const beginUs = 1_000 * SLOT_MS * Math.floor((Date.now() - 20_000) / SLOT_MS);
    [first, second] = [new HlsEdge(files, beginUs), new HlsEdge(files, beginUs)];
    ports = [await freeTcpPort(), await freeTcpPort()];
    await Promise.all([first.start(ports[0]), second.start(ports[1])]);
    port = await freeTcpPort();
    if (!existsSync(NGINX)) return;
    nginx = startNginx(ports, port, directory);
    const status = (): Promise<number | string> => fetch(`http://127.0.0.1:${port}/mp3/live.m3u8`).then((answer) => answer.status, String);
    await untilStarted('nginx', status, (it) => it === 200);
  });

  afterAll(async () => {
    if (nginx !== undefined) await end(nginx, 'SIGTERM');
    await Promise.all([first?.stop(), second?.stop()]);
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(formats)('every segment of %s can be decoded by itself, and is as long as its playlist says', async (format) => {
    const at = `http://127.0.0.1:${ports[0]}/${format}/`;
    const playlist = await (await fetch(`${at}dvr.m3u8`)).text();
    const listed = [...playlist.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)];
    expect(listed.length).toBeGreaterThan(5);
    for (const [duration, bytes] of await taken(at, listed)) {
      const file = join(directory, `segment.${format}`);
      writeFileSync(file, bytes);
      const { stdout, stderr } = await run('ffprobe', ['-v', 'warning', '-show_entries', 'format=format_name:format_tags', '-of', 'json', file]);
      const { format: { format_name: name, tags } } = JSON.parse(stdout.toString()) as { format: { format_name: string; tags: Record<string, string> } };
      expect([name, tags['title'], Object.keys(tags).some((tag) => tag.includes('com.apple.streaming.transportStreamTimestamp')), lines(stderr).filter((line) => !isEstimate(line))]).toEqual([format, 'Artist - Song', true, []]);
      const frames = (await run('ffprobe', ['-v', 'error', '-count_packets', '-show_entries', 'stream=nb_read_packets', '-of', 'csv=p=0', file])).stdout.toString();
      expect(Math.abs((Number(frames) * (format === 'mp3' ? 1_152 : 1_024)) / 44_100 - Number(duration))).toBeLessThan(0.001);
    }
  });

  it('every fragment of MP4 can be decoded behind its initialisation, without a complaint', async () => {
    const at = `http://127.0.0.1:${ports[0]}/aac/`;
    const playlist = await (await fetch(`${at}fmp4.m3u8`)).text();
    const init = await bytesOf(at + /#EXT-X-MAP:URI="(.+)"/.exec(playlist)![1]!);
    const listed = [...playlist.matchAll(/#EXTINF:([\d.]+),\n(\S+)/g)];
    expect(listed).toHaveLength(6);
    for (const [duration, bytes] of await taken(at, listed)) {
      const file = join(directory, 'fragment.mp4');
      writeFileSync(file, Buffer.concat([init, bytes]));
      const { stdout, stderr } = await run('ffprobe', ['-v', 'warning', '-count_frames', '-show_entries', 'stream=codec_name,profile,sample_rate,channels,nb_read_frames', '-of', 'csv=p=0', file]);
      expect([stderr, stdout.toString().trim()]).toEqual(['', expect.stringMatching(/^aac,LC,44100,2,\d+$/)]);
      expect(Math.abs((Number(stdout.toString().trim().split(',').at(-1)) * 1_024) / 44_100 - Number(duration))).toBeLessThan(0.001);
    }
  });

  describe.each(players.filter(({ plays, program }) => plays.includes('aac') && program !== 'mpg123').map((player) => [player.program, player] as const))('%s', (program, player) => {
    it.runIf(existsSync(`/usr/bin/${program}`)).each([...formats, 'all', 'fmp4'])('plays %s without a complaint', async (mount) => {
      const said = await player.play(`http://127.0.0.1:${ports[0]}/${pathOf(mount)}`, SECONDS);
      // Whenever it reads a playlist again, ffmpeg reads the initialisation again, too.
      expect(said.filter((line) => mount !== 'fmp4' || !/duplicated MOOV|Last message repeated/.test(line))).toEqual([]);
    });
  });

  it.runIf(existsSync('/usr/bin/vlc')).each(formats)('VLC plays %s', async (format) => {
    const vlc = morePlayers.find(({ program }) => program === 'vlc')!;
    const wav = await vlc.record(`http://127.0.0.1:${ports[0]}/${format}/hls.m3u8`, SECONDS, mkdtempSync(join(directory, 'vlc-')));
    expect(wav.length / (4 * 44_100)).toBeGreaterThan(SECONDS - 3);
  });

  it.runIf(existsSync('/usr/bin/gst-launch-1.0'))('GStreamer plays mp3', async () => {
    const file = join(directory, 'gst.wav');
    const pipeline = ['-q', 'uridecodebin3', `uri=http://127.0.0.1:${ports[0]}/mp3/hls.m3u8`, '!', 'audioconvert', '!', 'audioresample', '!', 'audio/x-raw,rate=44100,channels=2,format=S16LE', '!', 'wavenc', '!', 'filesink', `location=${file}`];
    // Its first start on a machine looks at every plugin, and says which of them cannot be loaded.
    await run('gst-launch-1.0', ['fakesrc', 'num-buffers=1', '!', 'fakesink']);
    const child = spawn('gst-launch-1.0', pipeline, { stdio: ['ignore', 'ignore', 'pipe'] });
    const said: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()));
    // It never ends by itself.
    onTestFinished(() => end(child, 'SIGKILL'));
    await expect.poll(() => secondsIn(file), { timeout: 90_000, message: 'GStreamer plays' }).toBeGreaterThan(SECONDS);
    expect(said.join('')).toBe('');
  });

  describe.runIf(existsSync(CHROMIUM) && existsSync(NGINX))('hls.js in a browser, by nginx of two edges', () => {
    let browser: Browser | undefined;
    beforeAll(async () => {
      browser = await launchChromium({ plays: true });
    });
    afterAll(() => browser?.close());

    it.each([...formats, 'all', 'fmp4'])('plays %s, and nothing is heard when the edge that it plays from is killed', async (mount) => {
      const page = await playByHlsJs(browser!, `http://127.0.0.1:${port}/${pathOf(mount)}`);
      const state = (): Promise<PlayState> => page.evaluate<PlayState>('window.state()');
      await expect.poll(async () => (await state()).time, { timeout: 60_000 }).toBeGreaterThan(1);
      const begun = await state();
      const [killed, killedPort] = mount === 'aac' ? [second!, ports[1]] : [first!, ports[0]];
      await killed.stop();
      await sleep(10_000);
      const ended = await state();
      expect(ended.said).toEqual([]);
      expect(ended.waited).toBe(begun.waited);
      expect(Math.abs(ended.time - begun.time - (ended.atS - begun.atS))).toBeLessThan(0.5);
      expect(ended.titles).toContain('Artist - Song');
      const again = new HlsEdge(files, 1_000 * SLOT_MS * Math.floor((Date.now() - 20_000) / SLOT_MS));
      if (killed === first) first = again;
      else second = again;
      await again.start(killedPort);
      await page.close();
      // Until then nginx asks no edge that has failed, and the next case ends the other one.
      await sleep(NGINX_FAIL_TIMEOUT_MS);
    });
  });
});
