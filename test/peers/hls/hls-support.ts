import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';

export const NGINX = '/usr/sbin/nginx';

/** Starts nginx with the configuration in the manual, with our addresses. */
export function startNginx(edges: readonly number[], port: number, directory: string): ChildProcess {
  const own = blockOf('nginx')
    .replace('edge-1.example.com:8000', `127.0.0.1:${edges[0]}`)
    .replace('edge-2.example.com:8000', `127.0.0.1:${edges[1]}`)
    .replace('listen 80;', `listen 127.0.0.1:${port};`)
    .replace('/var/cache/nginx/hls', join(directory, 'cache'));
  const config = join(directory, 'nginx.conf');
  writeFileSync(config, `daemon off;\npid ${join(directory, 'nginx.pid')};\nerror_log ${join(directory, 'error.log')};\nevents {}\nhttp {\n  access_log off;\n  client_body_temp_path ${directory};\n  proxy_temp_path ${directory};\n${own}}\n`);
  return spawn(NGINX, ['-c', config], { stdio: 'ignore' });
}

/** Starts Varnish with the configuration in the manual, with our addresses. */
export function startVarnish(edges: readonly number[], port: number, directory: string): ChildProcess {
  const config = join(directory, 'varnish.vcl');
  writeFileSync(config, blockOf('vcl')
    .replace('"edge-1.example.com"; .port = "8000"', `"127.0.0.1"; .port = "${edges[0]}"`)
    .replace('"edge-2.example.com"; .port = "8000"', `"127.0.0.1"; .port = "${edges[1]}"`));
  // It needs no user of its own, and nobody manages it.
  return spawn('varnishd', ['-F', '-j', 'none', '-T', 'none', '-n', join(directory, 'varnish'), '-a', `127.0.0.1:${port}`, '-f', config, '-s', 'malloc,32m'], { stdio: 'ignore' });
}

/** The example in the manual of this language. */
function blockOf(language: string): string {
  const manual = readFileSync(join(import.meta.dirname, '../../../docs/hls.md'), 'utf8');
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(manual)![1]!;
}

/** What is there; rejects where nothing is. */
export async function bytesOf(url: string): Promise<Buffer> {
  const answer = await fetch(url);
  const body = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok) throw new Error(`${url} is answered ${answer.status}`);
  return body;
}

/** Plays until the page is closed. */
export async function playByHlsJs(browser: Browser, url: string): Promise<Page> {
  const page = await browser.newPage();
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('hls.js') });
  await page.evaluate(`(${PLAY})(${JSON.stringify(url)})`);
  return page;
}

export interface PlayState {
  /** What has been played, seconds. */
  readonly time: number;
  /** When this was read, by the clock of the page: asking it takes long on a busy machine. */
  readonly atS: number;
  /** How often it had nothing to play. */
  readonly waited: number;
  readonly said: readonly string[];
  readonly titles: readonly string[];
  /** How many parts of segments it has loaded. */
  readonly parts: number;
}

/** Runs in the page. */
const PLAY = `(url) => {
  const audio = document.createElement('audio');
  document.body.append(audio);
  const said = [];
  const titles = [];
  let waited = 0;
  let parts = 0;
  audio.addEventListener('waiting', () => waited++);
  const hls = new Hls({ enableID3MetadataCues: true });
  hls.on(Hls.Events.ERROR, (_, { type, details, fatal }) => said.push([type, details, fatal].join(' ')));
  hls.on(Hls.Events.FRAG_PARSING_METADATA, (_, { samples }) => {
    for (const { data } of samples) titles.push(new TextDecoder().decode(data));
  });
  hls.on(Hls.Events.FRAG_LOADED, (_, { part }) => { if (part) parts++; });
  hls.loadSource(url);
  hls.attachMedia(audio);
  audio.play();
  window.state = () => ({ time: audio.currentTime, atS: performance.now() / 1000, waited, said, parts, titles: titles.filter((text) => text.includes('Artist - Song')).map(() => 'Artist - Song') });
}`;
