import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { MountInfo } from '../../../../core/edge/edge.ts';
import { formatNamed } from '../../../../core/codec/formats.ts';
import type { Audience } from '../../../../core/listeners/audience.ts';
import { SegmentStore } from '../../../../shell/edge/hls/media/store/store.ts';
import { packAudio } from '../../../../shell/edge/hls/media/packing/packed-audio.ts';
import { ListenerServer, type ListenerServerOptions } from '../../../../shell/edge/listeners/listener-server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { CapturedLog } from '../../support/support.ts';
import { admin, fullHost, operator } from '../listeners/support.ts';
import { AAC, segment, segments, SLOT_US } from './media/segments.ts';

const FIRST = 299_000_000;
const agent = new http.Agent({ keepAlive: true });
let newest = 0;
const store = new SegmentStore({ slotMs: SLOT_US / 1_000, windowMs: 120_000, maxBytes: 100_000_000, nowMs: () => ((newest + 1) * SLOT_US) / 1_000 });
const table = new Map([['new', { name: 'new', format: formatNamed('mp3 1 44100 2 0') }], ['layer2', { name: 'layer2', format: formatNamed('mp2 1 48000 2 0') }]] as unknown as [string, MountInfo][]);
const heard = new Map<string, Audience>();
const access: Parameters<ListenerServerOptions['access']>[0][] = [];
const told = new CapturedLog();
let server: ListenerServer;
let port = 0;
let initBytes = 0;

function feed(mount: string, ...given: ReturnType<typeof segments>): void {
  for (const one of given) {
    newest = one.number;
    store.add(mount, one);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly isReused: boolean;
}

function get(path: string, headers: Record<string, string> = {}, method = 'GET', localAddress = '127.0.0.1'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers, localAddress, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks), isReused: request.reusedSocket }));
    });
    request.on('error', reject).end();
  });
}

const text = async (path: string, headers?: Record<string, string>): Promise<string> => (await get(path, headers)).body.toString();

beforeAll(async () => {
  feed('radio', ...segments(FIRST, 20));
  feed('a/b c', ...segments(FIRST, 3, { format: AAC }));
  feed('one.mp3', ...segments(FIRST, 1), segment(FIRST + 1, { isGap: true }));
  const mounts = { dateOf: (): Date => new Date(), mount: (name: string) => table.get(name), mounts: () => [...table.values()] };
  server = new ListenerServer({
    table: mounts, host: () => fullHost, operator, admin, access: (entry) => access.push(entry), adminPassword: () => undefined, settings: { ...defaultSettings, maxListenersPerAddress: 3 }, policies: () => undefined, log: told.log, refusals: new Refusals(told.log),
    hls: { store, groups: new Map([['all', ['radio', 'a/b c', 'none']], ['one.mp3', ['radio']], ['a/b c', ['radio', 'a/b c']]]), heard: (mount, audience) => heard.set(mount, audience) },
  });
  port = await server.listen({ address: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  agent.destroy();
  await server.stop(0);
});

describe('playlists', () => {
  it('of the live programme have the newest segments, for as long as half of one', async () => {
    const { status, headers, body } = await get('/radio/live.m3u8');
    expect(status).toBe(200);
    expect(headers).toMatchObject({ 'content-type': 'application/vnd.apple.mpegurl', 'cache-control': 'public, max-age=3', 'access-control-allow-origin': '*', vary: 'Accept-Encoding', 'last-modified': new Date((FIRST + 20) * 6_000).toUTCString() });
    expect(body.toString()).toContain(`#EXT-X-MEDIA-SEQUENCE:${FIRST + 14}\n`);
    expect(body.toString().match(/hls\/\d+\.mp3/g)).toEqual(Array.from({ length: 6 }, (_, index) => `hls/${FIRST + 14 + index}.mp3`));
  });

  it('are compressed for who takes that, and not sent again to who has them', async () => {
    const plain = await get('/radio/live.m3u8');
    const gzipped = await get('/radio/live.m3u8', { 'Accept-Encoding': 'br, gzip;q=0.5' });
    expect(gzipped.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(gzipped.body)).toEqual(plain.body);
    expect(gzipped.headers.etag).not.toBe(plain.headers.etag);
    for (const { headers } of [plain, gzipped]) {
      const again = await get('/radio/live.m3u8', { 'If-None-Match': `"x", W/${headers.etag!}`, 'Accept-Encoding': headers['content-encoding'] ?? 'identity' });
      expect([again.status, again.body.length]).toEqual([304, 0]);
    }
    expect((await get('/radio/live.m3u8', { 'If-None-Match': gzipped.headers.etag! })).status).toBe(200);
    expect((await get('/radio/live.m3u8', { 'If-Modified-Since': plain.headers['last-modified']! })).status).toBe(304);
    expect((await get('/radio/live.m3u8', { 'Accept-Encoding': 'gzip;q=0' })).headers['content-encoding']).toBeUndefined();
  });

  it('come by one connection, one after the other', async () => {
    await get('/radio/live.m3u8');
    expect((await get('/radio/live.m3u8')).isReused).toBe(true);
  });

  it('of all that is kept can begin and end at a time', async () => {
    expect((await text('/radio/dvr.m3u8')).match(/\.mp3/g)).toHaveLength(20);
    const from = (FIRST + 3) * 6;
    const part = await text(`/radio/dvr.m3u8?start=${from}&end=${from + 18}`);
    expect(part.match(/hls\/\d+/g)).toEqual([3, 4, 5].map((index) => `hls/${FIRST + index}`));
    expect(part).toMatch(/#EXT-X-START:TIME-OFFSET=0,PRECISE=YES\n[^]*#EXT-X-ENDLIST\n$/);
    const iso = await text(`/radio/dvr.m3u8?start=${new Date(from * 1_000).toISOString()}`);
    expect(iso.match(/\.mp3/g)).toHaveLength(17);
    expect(iso).not.toContain('ENDLIST');
    const there = (await text(`/radio/dvr.m3u8?start=${new Date(from * 1_000 + 3_600_000).toISOString().replace(/\..*/, '+01:00')}`)).match(/\.mp3/g);
    expect(there).toHaveLength(17);
    // A time without its zone would be another one at each edge.
    for (const bad of ['start=yesterday', 'start=5&end=4', 'end=1e9', 'start=2001-02-03T04:05:06', 'start=2001-02-03T04:05Z%20PM']) {
      for (const playlist of ['radio/dvr', 'radio/hls', 'all/hls']) expect(await get(`/${playlist}.m3u8?${bad}`)).toMatchObject({ status: 400, headers: { 'access-control-allow-origin': '*' } });
    }
  });

  it('that begin some time before now lead to one that stays where it is', async () => {
    const from = (FIRST + 10) * 6;
    const master = await get('/radio/dvr.m3u8?start=-60&end=-30&s=me&x=y');
    expect(master.headers['cache-control']).toBe('private, no-store');
    expect(master.body.toString()).toMatch(new RegExp(`#EXT-X-STREAM-INF:[^\n]*\ndvr\\.m3u8\\?s=me&start=${from}&end=${from + 30}&x=y\n$`));
    expect((await text(`/radio/dvr.m3u8?start=${from}&end=${from + 30}`)).match(/hls\/\d+/g)).toEqual([10, 11, 12, 13, 14].map((index) => `hls/${FIRST + index}`));
    expect((await get('/radio/dvr.m3u8?end=-600')).status).toBe(404);
  });

  it('of a group are those of a mountpoint that has its name, as long as it is there, unless that is in it', async () => {
    // What an ended one has left hides none.
    expect(await text('/one.mp3/hls.m3u8?s=me')).toMatch(/\n\.\.\/radio\/live\.m3u8\?s=me\n$/);
    table.set('one.mp3', { ...table.get('new')!, name: 'one.mp3' });
    expect(await text('/one.mp3/hls.m3u8?s=me')).toMatch(/\nlive\.m3u8\?s=me\n$/);
    table.delete('one.mp3');
    expect(await text('/a/b%20c/hls.m3u8?s=me')).toMatch(/\.\.\/\.\.\/radio\/live\.m3u8\?s=me\n[^]*\nlive\.m3u8\?s=me\n$/);
    for (const name of ['one.mp3', 'a/b c', 'radio', 'one.mp3']) server.mountBegun(name);
    expect(told.all('hls-group-hidden')).toMatchObject([{ group: 'one.mp3' }]);
  });

  it('of a time of which there is nothing are missing', async () => {
    for (const none of [`start=${FIRST * 6 + 1_000}`, `end=${FIRST * 6 - 10}`, 'start=5&end=6']) expect((await get(`/radio/dvr.m3u8?${none}`)).status).toBe(404);
  });

  it('of one mountpoint, and of a group, say what a player chooses by, and by what it will be known', async () => {
    const master = await get('/radio/hls.m3u8?x=y');
    expect(master.headers['cache-control']).toBe('private, no-store');
    const bytes = packAudio(segment(FIRST)).length;
    expect(master.body.toString()).toMatch(new RegExp(`#EXT-X-STREAM-INF:BANDWIDTH=${Math.ceil((8 * bytes) / 6)},AVERAGE-BANDWIDTH=${Math.ceil((8 * bytes) / 6)},CODECS="mp4a.40.34"\nlive.m3u8\\?s=[\\w-]{16}&x=y\n$`));
    const group = await text('/all/hls.m3u8?s=me');
    expect(group).toMatch(/CODECS="mp4a.40.34"\n\.\.\/radio\/live\.m3u8\?s=me\n[^]*CODECS="mp4a.40.2"\n\.\.\/a\/b%20c\/live\.m3u8\?s=me\n$/);
    expect(await text('/radio/hls.m3u8?s=me&start=-60')).toMatch(new RegExp(`\\ndvr\\.m3u8\\?s=me&start=${(FIRST + 10) * 6}\\n$`));
  });

  it('are refused with what is the reason', async () => {
    expect((await get('/none/live.m3u8')).status).toBe(404);
    const early = await get('/new/live.m3u8');
    expect([early.status, early.headers['retry-after'], early.headers['cache-control']]).toEqual([503, '6', 'no-store']);
    expect(await text('/layer2/hls.m3u8')).toBe('HLS has no segments of mp2: listen to /layer2\n');
    expect((await get('/radio/other.m3u8')).status).toBe(404);
    expect((await get('/radio/live.m3u8', {}, 'PUT')).status).toBe(405);
  });
});

describe('segments', () => {
  it('are the same for everybody, and for a year', async () => {
    const { status, headers, body } = await get(`/radio/hls/${FIRST + 19}.mp3`);
    expect(status).toBe(200);
    expect(body).toEqual(Buffer.from(packAudio(segment(FIRST + 19))));
    expect(headers).toMatchObject({ 'content-type': 'audio/mpeg', 'cache-control': 'public, max-age=31536000, immutable', 'accept-ranges': 'bytes', 'access-control-allow-origin': '*', 'last-modified': new Date((FIRST + 20) * 6_000).toUTCString() });
    expect((await get(`/radio/hls/${FIRST + 19}.mp3`, { 'If-None-Match': headers.etag! })).status).toBe(304);
    expect((await get(`/a/b%20c/hls/${FIRST}.aac`)).headers['content-type']).toBe('audio/aac');
    const head = await get(`/radio/hls/${FIRST + 19}.mp3`, {}, 'HEAD');
    expect([head.headers['content-length'], head.body.length]).toEqual([String(body.length), 0]);
  });

  it('can be had in parts', async () => {
    const path = `/radio/hls/${FIRST + 19}.mp3`;
    const { body, headers } = await get(path);
    for (const [range, from, to] of [['bytes=0-9', 0, 10], ['bytes=10-', 10, body.length], ['bytes=-7', body.length - 7, body.length], [`bytes=5-${body.length + 5}`, 5, body.length]] as const) {
      const part = await get(path, { Range: range });
      expect([part.status, part.headers['content-range']]).toEqual([206, `bytes ${from}-${to - 1}/${body.length}`]);
      expect(part.body).toEqual(body.subarray(from, to));
    }
    expect((await get(path, { Range: 'bytes=0-9', 'If-Range': '"other"' })).status).toBe(200);
    expect((await get(path, { Range: 'bytes=0-9', 'If-Range': headers.etag! })).status).toBe(206);
    const none = await get(path, { Range: `bytes=${body.length}-` });
    expect([none.status, none.headers['content-range']]).toEqual([416, `bytes */${body.length}`]);
    for (const odd of ['bytes=5-2', 'bytes=1-2,4-5', 'lines=1-2', 'bytes=-']) expect((await get(path, { Range: odd })).status).toBe(200);
  });

  it('of AAC can be had as fragments of MP4, made once', async () => {
    const playlist = await text('/a/b%20c/fmp4.m3u8');
    expect(playlist).toContain(`#EXT-X-MAP:URI="hls/4624.mp4"\n`);
    expect(await text('/a/b%20c/hls.m3u8?format=fmp4&s=me')).toMatch(/\nfmp4\.m3u8\?s=me\n$/);
    const init = await get('/a/b%20c/hls/4624.mp4');
    expect([init.status, init.headers['content-type'], init.body.toString('latin1', 4, 8)]).toEqual([200, 'audio/mp4', 'ftyp']);
    const fragment = await get(`/a/b%20c/hls/${FIRST}.m4s`);
    expect([fragment.status, fragment.headers['content-type'], fragment.body.toString('latin1', 4, 8)]).toEqual([200, 'audio/mp4', 'styp']);
    expect(fragment.headers.etag).not.toBe((await get(`/a/b%20c/hls/${FIRST}.aac`)).headers.etag);
    expect((await get(`/a/b%20c/hls/${FIRST}.m4s`)).body).toEqual(fragment.body);
    for (const path of ['/a/b%20c/hls/4625.mp4', `/radio/hls/${FIRST + 19}.m4s`, '/radio/fmp4.m3u8']) expect((await get(path)).status).toBe(404);
    expect(await text('/radio/hls.m3u8?format=fmp4&s=me')).toMatch(/\nlive\.m3u8\?s=me\n$/);
  });

  it('that are not there are 404, which no cache keeps', async () => {
    for (const path of [`/radio/hls/${FIRST - 1}.mp3`, `/radio/hls/${FIRST + 20}.mp3`, `/radio/hls/${FIRST}.aac`, `/none/hls/${FIRST}.mp3`, `/one.mp3/hls/${FIRST + 1}.mp3`, `/radio/hls/0${FIRST + 19}.mp3`, '/a/b%20c/hls/04624.mp4']) {
      const { status, headers } = await get(path);
      expect([path, status]).toEqual([path, 404]);
      expect(headers['cache-control']).toContain('no-store');
    }
    expect((await get(`/one.mp3/hls/${FIRST}.mp3`)).status).toBe(200);
  });
});

describe('listeners of HLS', () => {
  it('are as many as the limits allow; one is known by its token wherever it asks from, or by address and player', async () => {
    const from = (localAddress: string, path: string, agent = 'a'): Promise<Answer> => get(path, { 'User-Agent': agent }, 'GET', localAddress);
    expect((await from('127.0.0.9', '/radio/live.m3u8?s=nine')).status).toBe(200);
    expect((await from('127.0.0.9', '/a/b%20c/live.m3u8?s=nine')).status).toBe(200);
    expect((await from('127.0.0.9', `/a/b%20c/hls/${FIRST}.aac`, 'its media player')).status).toBe(200);
    expect((await from('127.0.0.9', '/radio/live.m3u8', 'b')).status).toBe(200);
    expect((await from('127.0.0.9', `/radio/hls/${FIRST + 19}.mp3`, 'b')).status).toBe(200);
    expect((await from('127.0.0.9', '/radio/live.m3u8', 'c')).status).toBe(200);
    const fourth = await from('127.0.0.9', '/radio/live.m3u8', 'd');
    expect([fourth.status, told.all('refused').at(-1)?.reason]).toEqual([403, 'too many listeners of an address']);
    expect((await from('127.0.0.8', '/radio/live.m3u8?s=nine')).status).toBe(200);
  });

  it('are counted what was sent to them: nothing of what they have already', async () => {
    const init = await get('/a/b%20c/hls/4624.mp4', {}, 'GET', '127.0.0.10');
    initBytes = init.body.length;
    expect((await get('/a/b%20c/hls/4624.mp4', { 'If-None-Match': init.headers.etag! }, 'GET', '127.0.0.10')).status).toBe(304);
  });

  it('are told of when the edge stops, one line each', async () => {
    await server.stop(0);
    const lines = access.filter(({ ip }) => ip === '127.0.0.9').map(({ mount, request, agent: by, bytes, reason }) => [mount, request, by, bytes > 100, reason]);
    expect(lines).toEqual([
      ['radio', 'GET /radio/live.m3u8?s=nine HTTP/1.1', 'a', true, 'edge stopped'],
      ['radio', 'GET /radio/live.m3u8 HTTP/1.1', 'b', true, 'edge stopped'],
      ['radio', 'GET /radio/live.m3u8 HTTP/1.1', 'c', true, 'edge stopped'],
    ]);
    expect(access.filter(({ ip }) => ip === '127.0.0.10').map(({ bytes }) => bytes)).toEqual([initBytes]);
  });
});
