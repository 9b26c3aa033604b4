import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../common/accounting.ts';
import { startDavecast } from '../common/davecast.ts';
import { readOptions } from '../common/options.ts';
import { quantile } from '../common/quantiles.ts';

const SEGMENT_MS = 6_000;
const LISTENERS = 2_000;
const SECONDS = 60;
/** Until a live playlist is full. */
const BEGIN_S = 45;

interface Found {
  readonly server: string;
  readonly cpuPercent: number;
  readonly residentMb: number;
  readonly requests: number;
  readonly megabits: number;
  readonly failures: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/**
 * What listeners of HLS cost a station, beside nginx that has the same playlist and segments as files: each listener asks for the playlist and for the newest segment once in six
 * seconds, by one kept connection, as players do. With --parts: what listeners of low latency cost it, each of whom asks for every part before it is there.
 * `npm run bench -- hls [--listeners N] [--parts]`
 */
export async function hls(args: readonly string[]): Promise<void> {
  const { listeners, parts } = readOptions(args, { counts: { listeners: LISTENERS }, flags: ['parts'] });
  if (parts) return await hlsParts(listeners);
  const directory = mkdtempSync(join(tmpdir(), 'davecast-bench-hls-'));
  const davecast = await startDavecast(['station', '--http', '0', '--hls', '--max-listeners-per-address', '1000000', '--max-listeners', '1000000'], ['http']);
  const port = davecast.ports.get('http')!;
  const source = spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:sample_rate=44100', '-ac', '2', '-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3', '-content_type', 'audio/mpeg', `icecast://source:x@127.0.0.1:${port}/radio`], { stdio: 'ignore' });
  const mirror = new Mirror(`http://127.0.0.1:${port}/radio/`, join(directory, 'radio'));
  let nginx: ChildProcess | undefined;
  try {
    await sleep(1_000 * BEGIN_S);
    const ours = await measure('davecast', davecast.pid, port, listeners);
    const nginxPort = port + 1;
    writeFileSync(join(directory, 'nginx.conf'), nginxConfig(directory, nginxPort));
    nginx = spawn('nginx', ['-c', join(directory, 'nginx.conf')], { stdio: 'inherit' });
    await sleep(1_000);
    print([ours, await measure('nginx, files', nginx.pid!, nginxPort, listeners)], listeners);
  } finally {
    mirror.stop();
    source.kill('SIGKILL');
    await davecast.stop();
    if (nginx !== undefined) {
      nginx.kill('SIGTERM');
      await once(nginx, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What listeners of low latency cost a station. */
async function hlsParts(listeners: number): Promise<void> {
  const davecast = await startDavecast(['station', '--http', '0', '--hls', '--hls-part-ms', '1000', '--max-listeners-per-address', '1000000', '--max-listeners', '1000000'], ['http']);
  const port = davecast.ports.get('http')!;
  const source = spawn('ffmpeg', ['-v', 'error', '-re', '-f', 'lavfi', '-i', 'anoisesrc=color=pink:sample_rate=44100', '-ac', '2', '-c:a', 'aac', '-b:a', '128k', '-f', 'adts', '-content_type', 'audio/aac', `icecast://source:x@127.0.0.1:${port}/radio`], { stdio: 'ignore' });
  try {
    await sleep(1_000 * BEGIN_S);
    print([await measure('davecast, parts', davecast.pid, port, listeners, listenToParts)], listeners);
  } finally {
    source.kill('SIGKILL');
    await davecast.stop();
  }
}

/** Playlist and segments of a mountpoint as files. */
class Mirror {
  readonly #from: string;
  readonly #to: string;
  readonly #there = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(from: string, to: string) {
    this.#from = from;
    this.#to = to;
    mkdirSync(join(to, 'hls'), { recursive: true });
    this.#timer = setInterval(() => void this.#look().catch(() => undefined), 1_000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    const answer = await fetch(`${this.#from}live.m3u8`);
    if (!answer.ok) return void (await answer.arrayBuffer());
    const playlist = await answer.text();
    for (const [uri] of playlist.matchAll(/^hls\/\S+/gm)) {
      if (this.#there.has(uri)) continue;
      writeFileSync(join(this.#to, uri), Buffer.from(await (await fetch(this.#from + uri)).arrayBuffer()));
      this.#there.add(uri);
    }
    writeFileSync(join(this.#to, 'new'), playlist);
    renameSync(join(this.#to, 'new'), join(this.#to, 'live.m3u8'));
  }
}

function nginxConfig(directory: string, port: number): string {
  return `daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/error.log;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 100000;
  client_body_temp_path ${directory};
  types { application/vnd.apple.mpegurl m3u8; audio/mpeg mp3; }
  server {
    listen 127.0.0.1:${port};
    root ${directory};
  }
}
`;
}

/** Listeners of one server, for a while. Those of other seconds do not come all at once. */
async function measure(server: string, pid: number, port: number, listeners: number, listen: Listen = listenToSegments): Promise<Found> {
  const times: number[] = [];
  let [requests, bytes, failures] = [0, 0, 0];
  const endsAt = performance.now() + SEGMENT_MS + 1_000 * SECONDS;
  const all = Array.from({ length: listeners }, async (_, index) => {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    await sleep((SEGMENT_MS * index) / listeners);
    const ask = (path: string): Promise<Answer> => get(agent, port, path);
    for await (const { playlist, segment } of listen(index, ask)) {
      requests += 2;
      bytes += playlist.body.length + (segment?.body.length ?? 0);
      if (playlist.status !== 200 || segment?.status !== 200) failures++;
      else times.push(segment.tookMs);
      if (performance.now() >= endsAt) break;
    }
    agent.destroy();
  });
  await sleep(SEGMENT_MS);
  const [before, requestsBefore, bytesBefore, at] = [usageOf(pid), requests, bytes, performance.now()];
  times.length = 0;
  await sleep(1_000 * SECONDS - SEGMENT_MS);
  const [after, elapsedMs] = [usageOf(pid), performance.now() - at];
  const sorted = times.toSorted((one, other) => one - other);
  const found = {
    server,
    cpuPercent: (100 * (after.cpuMs - before.cpuMs)) / elapsedMs,
    residentMb: after.residentBytes / 1e6,
    requests: (1_000 * (requests - requestsBefore)) / elapsedMs,
    megabits: ((bytes - bytesBefore) * 8) / (1_000 * elapsedMs),
    failures,
    medianMs: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
  await Promise.all(all);
  return found;
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
  readonly tookMs: number;
}

/** What one listener asks for, again and again. */
type Listen = (index: number, ask: (path: string) => Promise<Answer>) => AsyncIterable<{ readonly playlist: Answer; readonly segment: Answer | undefined }>;

async function* listenToSegments(index: number, ask: (path: string) => Promise<Answer>): ReturnType<Listen> {
  for (; ; await sleep(SEGMENT_MS)) {
    const playlist = await ask(`/radio/live.m3u8?s=${index}`);
    const uri = /hls\/\S+$/.exec(playlist.body.toString().trimEnd())?.[0];
    yield { playlist, segment: uri === undefined ? undefined : await ask(`/radio/${uri}`) };
  }
}

/** The playlist with the next part, which comes when that is there, and then that part. */
async function* listenToParts(index: number, ask: (path: string) => Promise<Answer>): ReturnType<Listen> {
  for (let wanted = ''; ; ) {
    const playlist = await ask(`/radio/parts.m3u8?s=${index}${wanted}`);
    const hint = /HINT:TYPE=PART,URI="hls\/(\d+)-(\d+)/.exec(playlist.body.toString());
    const newest = [...playlist.body.toString().matchAll(/#EXT-X-PART:.*URI="([^"]+)"/g)].at(-1)?.[1];
    if (hint === null) await sleep(1_000);
    wanted = hint === null ? '' : `&_HLS_msn=${hint[1]}&_HLS_part=${hint[2]}`;
    yield { playlist, segment: newest === undefined ? undefined : await ask(`/radio/${newest}`) };
  }
}

function get(agent: http.Agent, port: number, path: string): Promise<Answer> {
  const at = performance.now();
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const failed = (): void => resolve({ status: 0, body: Buffer.alloc(0), tookMs: 0 });
    http.get({ host: '127.0.0.1', port, path, agent }, (response) => {
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', failed).on('end', () => resolve({ status: response.statusCode!, body: Buffer.concat(chunks), tookMs: performance.now() - at }));
    }).on('error', failed);
  });
}

function print(all: readonly Found[], listeners: number): void {
  console.log(`${listeners} listeners of 128 kbit/s\n`);
  console.log('| server | processor, % of a core | memory, MB | requests/s | Mbit/s | failures | segment, median ms | 99 % ms |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const { server, cpuPercent, residentMb, requests, megabits, failures, medianMs, p99Ms } of all) {
    console.log(`| ${server} | ${cpuPercent.toFixed(1)} | ${residentMb.toFixed(0)} | ${requests.toFixed(0)} | ${megabits.toFixed(0)} | ${failures} | ${medianMs.toFixed(1)} | ${p99Ms.toFixed(1)} |`);
  }
}
