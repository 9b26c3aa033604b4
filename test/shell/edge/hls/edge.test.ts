import { readFileSync } from 'node:fs';
import https from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { keptOf } from '../../../../shell/edge/hls/media/store/kept-segment.ts';
import { SegmentDirectory } from '../../../../shell/edge/hls/media/store/directory.ts';
import { packAudio } from '../../../../shell/edge/hls/media/packing/packed-audio.ts';
import { Metrics } from '../../../../shell/operations/metrics/metrics.ts';
import { scratchDirectory, serve, type Served } from '../admission/support.ts';
import { segments, SLOT_US } from './media/segments.ts';
import { ca, certificateFile } from '../../net/tls/support.ts';
import { CapturedLog } from '../../support/support.ts';

const scratch = scratchDirectory();
const first = Math.floor((1_000 * Date.now()) / SLOT_US) - 5;
let edge: Served;
let accessLog = '';
/** What the listener of "?s=me" was given. */
let meBytes = 0;
let secure: https.Agent;

beforeAll(async () => {
  const users = scratch.write('users', 'bob:5ebe2294ecd0e0f08eab7690d2a6ee69\n');
  accessLog = scratch.path('access');
  const directory = join(scratch.path('hls'));
  const before = new SegmentDirectory({ directory, maxBytes: 10_000_000, log: new CapturedLog().log });
  for (const mount of ['open', 'paid']) for (const one of segments(first, 5)) before.write(mount, keptOf(one, packAudio(one), Date.now()));
  await before.stop(5_000);
  edge = await serve(['open', 'paid'], { mounts: new Map([['paid', { auth: { kind: 'htpasswd', file: users } }]]) }, { hlsSegmentMs: SLOT_US / 1_000 }, {
    accessLog: { file: accessLog, format: 'json' },
    adminPassword: 'sesame',
    metrics: new Metrics({ role: 'edge', allow: [], tell: () => undefined }),
    hls: { directory, groups: new Map([['open', ['paid']]]) },
    tls: { port: 0, certificates: [{ cert: certificateFile('local.crt'), key: certificateFile('local.key') }] },
  });
  secure = new https.Agent({ keepAlive: true, ca });
});

afterAll(() => {
  secure.destroy();
  scratch.remove();
});

const get = (path: string, headers: Record<string, string> = {}): Promise<Response> => fetch(`http://127.0.0.1:${edge.port}${path}`, { headers });
const bob = { Authorization: `Basic ${Buffer.from('bob:secret').toString('base64')}` };

it('a mountpoint that has the name of a group is told of when it begins', () => {
  expect(edge.told.all('hls-group-hidden')).toMatchObject([{ group: 'open' }]);
});

it('a mountpoint that has listeners authenticate has them do so for everything of it', async () => {
  for (const path of ['/paid/live.m3u8', `/paid/hls/${first}.mp3`, '/paid/live.m3u8?user=bob&pass=wrong']) {
    const refused = await get(path);
    // A page of another site has to be able to read why.
    expect([path, refused.status, refused.headers.get('access-control-allow-origin')]).toEqual([path, 401, '*']);
    await refused.arrayBuffer();
  }
  const playlist = await get('/paid/live.m3u8?s=me', bob);
  expect([playlist.status, playlist.headers.get('cache-control')]).toEqual([200, 'private, max-age=3']);
  const text = await playlist.text();
  expect(text).toContain(`\nhls/${first + 4}.mp3?s=me\n`);
  const segment = await get(`/paid/hls/${first + 4}.mp3?s=me`, bob);
  expect([segment.status, segment.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
  const bytes = await segment.arrayBuffer();
  expect(bytes.byteLength).toBeGreaterThan(1_000);
  meBytes = text.length + bytes.byteLength;
});

it('who only looks authenticates, and is no listener', async () => {
  const look = async (path: string, headers: Record<string, string>): Promise<[status: number, length: string | null]> => {
    const { status, headers: answer } = await fetch(`http://127.0.0.1:${edge.port}${path}`, { method: 'HEAD', headers });
    return [status, answer.get('content-length')];
  };
  // How long they are connected changes meanwhile.
  const listed = async (): Promise<string> => (await (await get('/admin/listclients.json?mount=/paid', { Authorization: `Basic ${Buffer.from('admin:sesame').toString('base64')}` })).text()).replace(/"Connected":\d+/g, '');
  const [playlist, segment] = ['/paid/live.m3u8?s=me', `/paid/hls/${first + 4}.mp3?s=me`];
  const before = await listed();
  // As the listener that is there, and as one that is not.
  for (const asked of [playlist, segment, playlist.replace('me', 'you'), segment.replace('me', 'you')]) {
    const [status, length] = await look(asked, bob);
    expect([asked, status, Number(length) > 100]).toEqual([asked, 200, true]);
    expect([asked, ...await look(asked, {})]).toEqual([asked, 401, expect.any(String)]);
  }
  expect(await listed()).toBe(before);
});

it('players that can say their password only in the address have it in all addresses', async () => {
  const master = await (await get('/paid/hls.m3u8?user=bob&pass=secret')).text();
  const live = /\n(live\.m3u8\?s=[\w-]+&user=bob&pass=secret)\n$/.exec(master)![1]!;
  const playlist = await (await get(`/paid/${live}`)).text();
  const uri = /hls\/\d+\.mp3\?s=[\w-]+&user=bob&pass=secret$/m.exec(playlist)![0];
  const segment = await get(`/paid/${uri}`);
  expect(segment.status).toBe(200);
  await segment.arrayBuffer();
});

it('listeners are in the counts of their mountpoint', async () => {
  await (await get('/open/live.m3u8')).text();
  const listeners = async (): Promise<unknown> => ((await (await get('/status-json.xsl')).json()) as { icestats: { source: { listenurl: string; listeners: number }[] } }).icestats.source.map(({ listenurl, listeners: count }) => [/\w+$/.exec(listenurl)![0], count]);
  await expect.poll(listeners).toEqual([['open', 1], ['paid', 2]]);
});

it('are measured', async () => {
  const text = await (await get('/metrics')).text();
  expect(text).toMatch(/^davecast_hls_listeners\{mount="paid"\} 2$/m);
  expect(text).toMatch(/^davecast_listeners_joined_total\{mount="paid"\} 2$/m);
  expect(text).toMatch(/^davecast_hls_segments_total\{mount="open",content="programme"\} 0$/m);
  expect(Number(/^davecast_hls_files_bytes (\d+)$/m.exec(text)![1])).toBeGreaterThan(10_000);
});

it('an operator sees them, and can disconnect one, who gets nothing then', async () => {
  const admin = { Authorization: `Basic ${Buffer.from('admin:sesame').toString('base64')}` };
  const kicked = { 'User-Agent': 'kicked' };
  await (await get('/open/live.m3u8', kicked)).text();
  const list = await (await get('/admin/listclients?mount=/open', admin)).text();
  expect(list).toContain('<UserAgent>kicked</UserAgent>');
  const id = /<UserAgent>kicked<\/UserAgent>[^]*?<ID>(\d+)<\/ID>/.exec(list)![1]!;
  expect((await (await get(`/admin/killclient?mount=/open&id=${id}`, admin)).text())).toMatch(/<return>1<\/return>/);
  for (const path of ['/open/live.m3u8', `/open/hls/${first + 4}.mp3`]) {
    const refused = await get(path, kicked);
    expect([path, refused.status]).toEqual([path, 403]);
    await refused.arrayBuffer();
  }
});

it('by TLS it is the same, by one connection', async () => {
  const ask = (path: string): Promise<[status: number | undefined, isReused: boolean]> => new Promise((resolve, reject) => {
    const port = edge.told.all('listening').find(({ what }) => what === 'https')!['port'] as number;
    const request = https.get({ host: '127.0.0.1', port, path, agent: secure }, (response) => response.resume().on('end', () => resolve([response.statusCode, request.reusedSocket]))).on('error', reject);
  });
  expect(await ask('/open/live.m3u8')).toEqual([200, false]);
  expect(await ask(`/open/hls/${first + 4}.mp3`)).toEqual([200, true]);
});

it('who has listened is in the access log, with the name, without the password', async () => {
  await edge.stop();
  const lines = readFileSync(accessLog, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>);
  // What was looked at only is not in it; the playlist was compressed.
  expect(Number(lines.find(({ request }) => String(request).includes('s=me'))!['bytes'])).toBeLessThanOrEqual(meBytes);
  expect(lines.map(({ mount, user, request, reason }) => [mount, user, String(request).replace(/s=[\w-]{16}/, 's='), reason]).toSorted(([, , , one], [, , , other]) => Number(one === 'killed') - Number(other === 'killed'))).toEqual([
    ['paid', 'bob', 'GET /paid/live.m3u8?s=me HTTP/1.1', 'edge stopped'],
    ['paid', 'bob', 'GET /paid/live.m3u8?s=&user=bob&pass=*** HTTP/1.1', 'edge stopped'],
    ['open', undefined, 'GET /open/live.m3u8 HTTP/1.1', 'edge stopped'],
    ['open', undefined, 'GET /open/live.m3u8 HTTP/1.1', 'edge stopped'],
    ['open', undefined, 'GET /open/live.m3u8 HTTP/1.1', 'killed'],
  ]);
});
