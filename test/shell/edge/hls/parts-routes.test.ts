import http from 'node:http';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { formatNamed } from '../../../../core/codec/formats.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { MountInfo } from '../../../../core/edge/edge.ts';
import { PartStore } from '../../../../shell/edge/hls/media/parts/part-store.ts';
import { SegmentStore } from '../../../../shell/edge/hls/media/store/store.ts';
import { ListenerServer } from '../../../../shell/edge/listeners/listener-server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { scratchDirectory } from '../admission/support.ts';
import { CapturedLog } from '../../support/support.ts';
import { admin, fullHost, operator } from '../listeners/support.ts';
import { AAC, MP3, segments, SLOT_US } from './media/segments.ts';
import { part, parts } from './media/parts/parts.ts';

const SEGMENT = 299_000_000;
const FIRST = 6 * SEGMENT;
const agent = new http.Agent({ keepAlive: true });
const scratch = scratchDirectory();
const store = new SegmentStore({ slotMs: SLOT_US / 1_000, windowMs: 120_000, maxBytes: 100_000_000, nowMs: () => (SEGMENT + 20) * 6_000 });
const partStore = new PartStore({ slotMs: SLOT_US / 1_000, partMs: 1_000, maxBytes: 100_000_000 });
const told = new CapturedLog();
let server: ListenerServer;
let port = 0;

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: Buffer;
  readonly isReused: boolean;
}

function get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({ status: response.statusCode!, headers: response.headers, body: Buffer.concat(chunks), isReused: request.reusedSocket }));
    });
    request.on('error', reject).end();
  });
}

/** Asks for something that is not there yet, and gives what it needs once it waits. */
async function waitFor(path: string, then: () => void, headers?: Record<string, string>): Promise<Answer> {
  const answer = get(path, headers);
  // Any answer behind it is of a request that came later.
  await get('/none/live.m3u8');
  await get('/none/live.m3u8');
  then();
  return await answer;
}

const add = (mount: string, ...given: ReturnType<typeof parts>): void => given.forEach((one) => partStore.add(mount, one));

beforeAll(async () => {
  const users = scratch.write('users', 'bob:5ebe2294ecd0e0f08eab7690d2a6ee69\n');
  for (const one of segments(SEGMENT, 2, { format: AAC })) for (const mount of ['radio', 'paid', 'ends']) store.add(mount, one);
  for (const one of segments(SEGMENT, 2, { format: MP3 })) store.add('mp3', one);
  for (const one of segments(SEGMENT, 2, { format: formatNamed('aac 4 8000 1 2')! })) store.add('phone', one);
  for (const one of segments(SEGMENT, 2, { format: AAC })) store.add('new', one);
  for (const mount of ['radio', 'paid', 'ends']) add(mount, ...parts(FIRST, 14));
  const mounts = { dateOf: (): Date => new Date(), mount: (): MountInfo | undefined => undefined, mounts: (): MountInfo[] => [] };
  server = new ListenerServer({
    table: mounts, host: () => fullHost, operator, admin, access: () => undefined, adminPassword: () => undefined, settings: { ...defaultSettings, hlsSegmentMs: 6_000, hlsPartMs: 1_000 }, policies: () => undefined, log: told.log, refusals: new Refusals(told.log),
    admission: { mounts: new Map([['paid', { auth: { kind: 'htpasswd', file: users } }]]) },
    hls: { store, parts: partStore, groups: new Map(), heard: () => undefined },
  });
  await server.start();
  port = await server.listen({ address: '127.0.0.1', port: 0 });
});

afterAll(async () => {
  agent.destroy();
  await server.stop(0);
  scratch.remove();
});

describe('playlists of parts', () => {
  it('are where the master playlist leads who asks for them', async () => {
    expect((await get('/radio/hls.m3u8?format=parts')).body.toString()).toMatch(/\nparts\.m3u8\?s=[\w-]+\n$/);
    expect((await get('/mp3/hls.m3u8?format=parts')).body.toString()).toMatch(/\nlive\.m3u8\?s=[\w-]+\n$/);
    for (const mount of ['mp3', 'phone', 'none']) expect([mount, (await get(`/${mount}/parts.m3u8`)).status]).toEqual([mount, 404]);
    expect(await get('/new/parts.m3u8')).toMatchObject({ status: 503, headers: { 'retry-after': '6' } });
  });

  it('are given at once as they are, compressed for who takes that', async () => {
    const plain = await get('/radio/parts.m3u8');
    expect(plain.headers).toMatchObject({ 'cache-control': 'public, max-age=1', 'content-type': 'application/vnd.apple.mpegurl', 'access-control-allow-origin': '*' });
    expect(plain.body.toString()).toContain(`URI="hls/${SEGMENT + 2}-1.m4s"`);
    const gzipped = await get('/radio/parts.m3u8', { 'Accept-Encoding': 'gzip' });
    expect(gunzipSync(gzipped.body)).toEqual(plain.body);
    expect((await get('/radio/parts.m3u8', { 'If-None-Match': plain.headers.etag! })).status).toBe(304);
  });

  it('wait for the part that is asked for, by a connection that is kept', async () => {
    const answer = await waitFor(`/radio/parts.m3u8?_HLS_msn=${SEGMENT + 2}&_HLS_part=2`, () => add('radio', part(FIRST + 14)));
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'public, max-age=6']);
    expect(answer.body.toString()).toContain(`#EXT-X-PART:DURATION=1.00000,URI="hls/${SEGMENT + 2}-2.m4s"`);
    expect(answer.body.toString()).not.toContain('_HLS');
    expect((await get('/radio/parts.m3u8')).isReused).toBe(true);
  });

  it('wait for the end of a segment where no part is named, and for the first of the next one behind the last', async () => {
    const whole = await waitFor(`/radio/parts.m3u8?_HLS_msn=${SEGMENT + 2}`, () => add('radio', ...parts(FIRST + 15, 3)));
    expect(whole.body.toString()).toContain(`\nhls/${SEGMENT + 2}-all.m4s\n`);
    const next = await waitFor(`/radio/parts.m3u8?_HLS_msn=${SEGMENT + 2}&_HLS_part=6`, () => add('radio', part(FIRST + 18)));
    expect(next.body.toString()).toContain(`URI="hls/${SEGMENT + 3}-0.m4s",INDEPENDENT`);
  });

  it('are given at once where the part is there, and refused where it is far off or no number', async () => {
    expect((await get(`/radio/parts.m3u8?_HLS_msn=${SEGMENT + 1}&_HLS_part=0`)).status).toBe(200);
    for (const bad of [`_HLS_msn=${SEGMENT + 6}`, `_HLS_msn=${SEGMENT + 3}&_HLS_part=5`, '_HLS_part=1', '_HLS_msn=x', `_HLS_msn=${SEGMENT + 3}&_HLS_part=-1`]) expect([bad, (await get(`/radio/parts.m3u8?${bad}`)).status]).toEqual([bad, 400]);
  });

  it('are no more waited for when the mountpoint ends', async () => {
    const answer = await waitFor(`/ends/parts.m3u8?_HLS_msn=${SEGMENT + 2}&_HLS_part=2`, () => partStore.end('ends'));
    const again = await get(`/ends/parts.m3u8?_HLS_msn=${SEGMENT + 2}&_HLS_part=2`);
    for (const { status, headers, body } of [answer, again]) expect([status, headers['cache-control'], /CAN-BLOCK|PRELOAD/.exec(body.toString())]).toEqual([200, 'public, max-age=1', null]);
    expect((await get(`/ends/hls/${SEGMENT + 2}-2.m4s`)).status).toBe(404);
  });

  it('are not waited for by who only looks', async () => {
    expect((await get(`/radio/parts.m3u8?_HLS_msn=${SEGMENT + 3}&_HLS_part=1`, {}, 'HEAD')).status).toBe(200);
  });

  it('have all that says who listens in their addresses, where listeners authenticate', async () => {
    const path = `/paid/parts.m3u8?s=me&user=bob&pass=secret&_HLS_msn=${SEGMENT + 2}&_HLS_part=2`;
    expect((await get(path.replace('secret', 'wrong'))).status).toBe(401);
    const answer = await waitFor(path, () => add('paid', part(FIRST + 14)));
    expect([answer.status, answer.headers['cache-control']]).toEqual([200, 'private, max-age=6']);
    expect(answer.body.toString()).toContain(`URI="hls/${SEGMENT + 2}-2.m4s?s=me&user=bob&pass=secret"`);
    expect((await get(`/paid/hls/${SEGMENT + 2}-2.m4s?s=me&user=bob&pass=secret`)).status).toBe(200);
    expect((await get(`/paid/hls/${SEGMENT + 2}-2.m4s`)).status).toBe(401);
  });
});

describe('parts', () => {
  it('are fragments of MP4 for ever, and a segment is all of them', async () => {
    const all = await Promise.all([0, 1, 2, 3, 4, 5].map((index) => get(`/radio/hls/${SEGMENT + 1}-${index}.m4s`)));
    expect(all[0]!.headers).toMatchObject({ 'content-type': 'audio/mp4', 'cache-control': 'public, max-age=31536000, immutable' });
    const whole = await get(`/radio/hls/${SEGMENT + 1}-all.m4s`);
    expect(whole.body).toEqual(Buffer.concat(all.map(({ body }) => body)));
    expect((await get('/radio/hls/4624.mp4')).body.toString('latin1')).toContain('ftypiso6');
  });

  it('can be asked for before they are there, if they come next', async () => {
    const answer = await waitFor(`/radio/hls/${SEGMENT + 3}-1.m4s`, () => add('radio', part(FIRST + 19)));
    expect([answer.status, answer.body.toString('latin1').includes('moof')]).toEqual([200, true]);
    for (const path of [`${SEGMENT + 3}-5.m4s`, `${SEGMENT + 3}-6.m4s`, `${SEGMENT + 3}-all.m4s`, `${SEGMENT + 9}-0.m4s`, `${SEGMENT - 1}-0.m4s`]) expect([path, (await get(`/radio/hls/${path}`)).status]).toEqual([path, 404]);
  });

  it('of a gap are not there', async () => {
    add('radio', part(FIRST + 20, { isGap: true }));
    expect((await get(`/radio/hls/${SEGMENT + 3}-2.m4s`)).status).toBe(404);
  });
});

it('who waits when another process takes over is told to come again', async () => {
  const answer = await waitFor(`/radio/parts.m3u8?_HLS_msn=${SEGMENT + 3}&_HLS_part=3`, () => {
    server.hold();
    server.leave();
  });
  expect([answer.status, answer.headers['retry-after'], answer.headers['cache-control']]).toEqual([503, '1', 'no-store']);
});
