import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchChromium } from './chromium.ts';
import { describeWith } from '../support/need.ts';
import { HOST, Station } from '../support/station.ts';

const PLAY_S = 6;
const PATIENT = { timeout: 90_000, interval: 250 };
const builds = fileURLToPath(new URL('../../../node_modules/icecast-metadata-player/build/', import.meta.url));
const build = (part: string): string => `icecast-metadata-player-1.17.13.${part}.min.js`;

/**
 * The page of a website that is not the edge: what it reads of the edge, it reads across origins. `heard` is what an <audio> element has
 * played and how loud that is, which Chromium only tells a page that may read the stream.
 */
const page = `<!doctype html><meta charset="utf-8"><title>player</title><audio id="audio" crossorigin="anonymous"></audio>
<script src="/${build('main')}"></script>
<script>
  const audio = document.querySelector('audio');
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaElementSource(audio).connect(analyser).connect(context.destination);
  const titles = [];
  const errors = [];
  let loudest = 0;
  audio.addEventListener('error', () => errors.push(String(audio.error && audio.error.message)));
  setInterval(() => {
    const samples = new Float32Array(analyser.fftSize);
    analyser.getFloatTimeDomainData(samples);
    loudest = Math.max(loudest, ...samples);
  }, 50);
  window.heard = () => ({ seconds: audio.currentTime, bytes: audio.webkitAudioDecodedByteCount, loudest, titles, errors });
  window.playPlain = async (url) => { audio.src = url; await context.resume(); await audio.play(); };
  window.playWithTitles = async (url) => {
    await context.resume();
    const player = new IcecastMetadataPlayer(url, {
      audioElement: audio, metadataTypes: ['icy'], playbackMethod: 'mediasource',
      onMetadata: (metadata) => titles.push(metadata.StreamTitle), onError: (...said) => errors.push(said.map(String).join(' ')),
    });
    await player.play();
  };
</script>`;

interface Heard {
  readonly seconds: number;
  readonly bytes: number;
  readonly loudest: number;
  readonly titles: readonly string[];
  readonly errors: readonly string[];
}

describeWith(['ffmpeg', 'chromium'], 'players in a browser', () => {
  const station = new Station();
  let browser: Browser;
  let site: Server;
  let tab: Page;

  beforeAll(async () => {
    await station.startTone();
    site = createServer(({ url }, response) => {
      if (url === '/') response.setHeader('Content-Type', 'text/html').end(page);
      else if (url!.startsWith('/icecast-metadata-player-')) response.setHeader('Content-Type', 'text/javascript').end(readFileSync(builds + url!.slice(1).replaceAll('/', '')));
      else response.writeHead(404).end();
    }).listen(0, HOST);
    browser = await launchChromium({ plays: true });
    await station.title('tone', 'First Tune');
  });
  afterAll(async () => {
    await browser?.close();
    site?.close();
    await station.stop();
  });

  async function open(): Promise<Page> {
    tab = await browser.newPage();
    await tab.goto(`http://${HOST}:${(site.address() as AddressInfo).port}/`);
    return tab;
  }

  const heard = async (): Promise<Heard> => await tab.evaluate('window.heard()');

  it(`<audio> plays ${PLAY_S} s of it, and a page of another origin may look at the samples`, async () => {
    await (await open()).evaluate(`window.playPlain(${JSON.stringify(station.url('tone'))})`);
    await expect.poll(async () => (await heard()).seconds, PATIENT).toBeGreaterThan(PLAY_S);
    const { loudest, bytes, errors } = await heard();
    expect(errors).toEqual([]);
    expect(bytes).toBeGreaterThan(0);
    // A sine of ffmpeg has a peak of an eighth.
    expect(loudest).toBeGreaterThan(0.1);
    await tab.close();
  });

  it(`icecast-metadata-player plays ${PLAY_S} s of it, with its titles`, async () => {
    await (await open()).evaluate(`window.playWithTitles(${JSON.stringify(station.url('tone'))})`);
    await expect.poll(async () => (await heard()).titles, PATIENT).toEqual(['First Tune']);
    await station.title('tone', 'Ällä - 二');
    await expect.poll(async () => (await heard()).titles, PATIENT).toEqual(['First Tune', 'Ällä - 二']);
    await expect.poll(async () => (await heard()).seconds, PATIENT).toBeGreaterThan(PLAY_S);
    const { loudest, errors } = await heard();
    expect(errors).toEqual([]);
    expect(loudest).toBeGreaterThan(0.1);
    await tab.close();
    await station.edge.until('access', { mount: 'tone' });
  });
});
