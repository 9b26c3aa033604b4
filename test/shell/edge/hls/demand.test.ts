import { afterEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { MountInfo } from '../../../../core/edge/edge.ts';
import { formatNamed } from '../../../../core/codec/formats.ts';
import { SegmentStore } from '../../../../shell/edge/hls/media/store/store.ts';
import { ListenerServer } from '../../../../shell/edge/listeners/listener-server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { CapturedLog } from '../../support/support.ts';
import { admin, fullHost, operator } from '../listeners/support.ts';
import { AAC, segments, SLOT_US } from './media/segments.ts';

const FIRST = 299_000_000;
const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

/** An edge whose mountpoints of these names start when somebody asks. */
class Rig {
  readonly sleeping: Set<string>;
  readonly started: string[] = [];
  readonly table: Map<string, MountInfo> = new Map();
  /** In segments. */
  now = FIRST;
  readonly store: SegmentStore = new SegmentStore({ slotMs: SLOT_US / 1_000, windowMs: 120_000, maxBytes: 100_000_000, nowMs: () => ((this.now + 1) * SLOT_US) / 1_000 });
  #port = 0;

  constructor(sleeping: readonly string[]) {
    this.sleeping = new Set(sleeping);
  }

  async start(): Promise<this> {
    const { table, store, sleeping } = this;
    const mounts = { dateOf: (): Date => new Date(), mount: (name: string) => table.get(name), mounts: () => [...table.values()] };
    const { log } = new CapturedLog();
    const server = new ListenerServer({
      table: mounts, host: () => fullHost, operator, admin, access: () => undefined, adminPassword: () => undefined, settings: defaultSettings, policies: () => undefined, log, refusals: new Refusals(log),
      onDemand: { starts: (mount) => sleeping.has(mount), ask: (mount) => this.started.push(mount), start: () => Promise.resolve() },
      hls: { store, groups: new Map([['all', ['low', 'high']], ['some', ['none', 'low']], ['more', ['low', 'late']]]), heard: () => undefined },
    });
    this.#port = await server.listen({ address: '127.0.0.1', port: 0 });
    stops.push(() => server.stop(0));
    return this;
  }

  /** Its first audio has come. */
  begins(mount: string, format = 'mp3 1 44100 2 0'): void {
    this.sleeping.delete(mount);
    this.table.set(mount, { name: mount, format: formatNamed(format) } as MountInfo);
  }

  ends(mount: string): void {
    this.sleeping.add(mount);
    this.table.delete(mount);
    this.store.end(mount);
  }

  feed(mount: string, ...given: ReturnType<typeof segments>): void {
    for (const one of given) {
      this.now = Math.max(this.now, one.number);
      this.store.add(mount, one);
    }
  }

  async get(path: string, method = 'GET'): Promise<{ readonly status: number; readonly text: string }> {
    const response = await fetch(`http://127.0.0.1:${this.#port}${path}`, { method });
    return { status: response.status, text: await response.text() };
  }
}

it('a mountpoint is started by who asks for a playlist, which waits for its first segment, as all do who ask meanwhile', async () => {
  const rig = await new Rig(['low']).start();
  const [playlist, group] = [rig.get('/low/live.m3u8'), rig.get('/some/hls.m3u8?s=me')];
  await expect.poll(() => rig.started).toEqual(['low', 'low']);
  expect((await rig.get('/low/live.m3u8', 'HEAD')).status).toBe(503);
  expect((await rig.get('/none/live.m3u8')).status).toBe(404);
  rig.begins('low');
  const second = rig.get('/low/live.m3u8?second');
  await expect.poll(() => rig.started).toHaveLength(3);
  rig.feed('low', ...segments(FIRST, 1));
  for (const { text } of [await playlist, await second]) expect(text).toContain(`hls/${FIRST}.mp3\n`);
  expect((await group).text).toMatch(/\.\.\/low\/live\.m3u8\?s=me\n$/);
});

it('one that was let go of is waited for again: its playlists do not begin with what there was then', async () => {
  const rig = await new Rig([]).start();
  rig.begins('low');
  rig.feed('low', ...segments(FIRST, 6));
  rig.ends('low');
  rig.now += 8;
  const past = await rig.get(`/low/dvr.m3u8?start=${FIRST * 6}`);
  expect(past.text.match(/hls\/\d+/g)).toHaveLength(6);
  const asked = rig.started.length;
  const live = rig.get('/low/live.m3u8');
  await expect.poll(() => rig.started).toHaveLength(asked + 1);
  rig.begins('low');
  rig.feed('low', ...segments(FIRST + 14, 1));
  expect((await live).text.match(/hls\/\d+/g)).toEqual([`hls/${FIRST + 14}`]);
});

it('so is one of which a process before has left segments', async () => {
  const rig = await new Rig(['low']).start();
  rig.feed('low', ...segments(FIRST, 6));
  rig.now += 8;
  const live = rig.get('/low/live.m3u8');
  await expect.poll(() => rig.started).toEqual(['low']);
  rig.begins('low');
  rig.feed('low', ...segments(FIRST + 13, 2));
  expect((await live).text.match(/hls\/\d+/g)).toEqual([FIRST + 13, FIRST + 14].map((number) => `hls/${number}`));
});

it('a group starts all of its mountpoints, and offers all; those that it knows, and that nobody hears, are started by who goes over to them', async () => {
  const rig = await new Rig(['low', 'high', 'late']).start();
  const first = rig.get('/all/hls.m3u8');
  await expect.poll(() => rig.started).toEqual(['low', 'high']);
  for (const mount of ['low', 'high']) rig.begins(mount);
  rig.feed('low', ...segments(FIRST, 2, { format: AAC }));
  rig.feed('high', ...segments(FIRST, 2));
  const offered = /\/low\/live\.m3u8[^]*\/high\/live\.m3u8/;
  expect((await first).text).toMatch(offered);
  expect((await rig.get('/more/hls.m3u8', 'HEAD')).status).toBe(200);
  rig.ends('high');
  expect((await rig.get('/all/hls.m3u8')).text).toMatch(offered);
  expect(rig.started).toHaveLength(2);
  const over = rig.get('/high/live.m3u8');
  await expect.poll(() => rig.started).toEqual(['low', 'high', 'high']);
  rig.begins('high');
  rig.feed('high', ...segments(FIRST + 2, 1));
  expect((await over).text).toContain(`hls/${FIRST + 2}.mp3\n`);
});

it('one of a codec of which there are no segments is said to be so as soon as that is known', async () => {
  const rig = await new Rig(['low']).start();
  const playlist = rig.get('/low/hls.m3u8');
  await expect.poll(() => rig.started).toEqual(['low']);
  rig.begins('low', 'mp2 1 48000 2 0');
  expect(await playlist).toEqual({ status: 404, text: 'HLS has no segments of mp2: listen to /low\n' });
});
