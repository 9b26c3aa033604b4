import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import type { EdgeConfig } from '../../../../shell/edge/config.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { numbered } from '../../../core/support/frames.ts';
import { announce, data, framed } from '../../../core/support/messages.ts';
import { expectUnbroken, heard } from '../../support/heard.ts';
import { ask, CapturedLog, RawClient } from '../../support/support.ts';

const bind = '127.0.0.1';
const settings = { ...defaultSettings, stopMs: 200, announceMs: 500, demandWaitMs: 400 };
const stops: (() => Promise<unknown> | void)[] = [];

/** A relay with two mountpoints, of which it has ten seconds at once. */
async function relay(more: Partial<ConstructorParameters<typeof RelayApp>[0]> = {}): Promise<{ readonly port: number; readonly told: CapturedLog }> {
  const told = new CapturedLog();
  const app = new RelayApp({ bind, inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings, ...more }, told.log);
  stops.push(() => app.stop());
  await app.start();
  const encoder = net.connect(await told.port('in'), bind);
  const silent = framed(announce(1, 'silent', { stream: 3 }));
  let number = 0;
  const play = (frames: number): void => {
    for (let i = 0; i < frames; i++, number++) {
      for (const [index, mount] of ['radio', 'jazz'].entries()) {
        const stream = index + 1;
        if (number % 20 === 0) encoder.write(framed(announce(2 * number + 1, mount, { stream })));
        encoder.write(framed(data(2 * number + 2, numbered(number), { stream })));
      }
    }
  };
  encoder.write(silent);
  play(400);
  const timer = setInterval(() => play(1), 26);
  stops.push(() => {
    clearInterval(timer);
    encoder.destroy();
  });
  await told.until('stream-announced', { mount: 'jazz' });
  return { told, port: await told.port('out') };
}

async function edge(port: number, more: Partial<EdgeConfig>): Promise<{ readonly told: CapturedLog; readonly port: number }> {
  const told = new CapturedLog();
  const app = new EdgeApp({ bind, httpPort: 0, relays: [{ transport: 'tcp', host: bind, port }], settings, ...more }, told.log);
  stops.push(() => app.stop());
  await app.start();
  return { told, port: await told.port('http') };
}

async function status(port: number): Promise<{ on_demand?: readonly string[]; source?: unknown }> {
  const text = await ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n');
  return (JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4)) as { icestats: { on_demand?: readonly string[] } }).icestats;
}

afterAll(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

describe('an edge on demand', () => {
  let served: Awaited<ReturnType<typeof edge>>;
  let relayTold: CapturedLog['events'];
  const get = (what: string): Promise<string> => ask(served.port, `${what} HTTP/1.0\r\n\r\n`);

  beforeAll(async () => {
    const first = await relay();
    relayTold = first.told.events;
    served = await edge(first.port, { wish: { onDemand: { lingerMs: 0 } }, policies: { silent: { settings: { maxListeners: 1 } } } });
    while ((await status(served.port)).on_demand?.length !== 3);
  });

  it('says what there is before anybody has asked, and is ready', async () => {
    const { on_demand: onDemand, source } = await status(served.port);
    expect([onDemand, source]).toEqual([['/jazz', '/radio', '/silent'], undefined]);
    expect(await get('GET /readyz')).toMatch(/^HTTP\/1\.0 200 .*"0 on air, 3 on demand"/s);
    expect(await get('GET /readyz?mount=/radio')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await get('GET /readyz?mount=/nothing')).toMatch(/^HTTP\/1\.0 503 /);
    expect(await get('HEAD /radio')).toMatch(/^HTTP\/1\.0 200 /);
    expect(await get('GET /radio.m3u')).toMatch(/^HTTP\/1\.0 200 .*\/radio\r\n$/s);
    expect(await get('GET /nothing.m3u')).toMatch(/^HTTP\/1\.0 404 /);
    expect(served.told.all('mount-asked')).toEqual([]);
    expect([...relayTold, ...served.told.events].filter(({ kind }) => kind === 'wiring')).toEqual([]);
  });

  it('gives the first listener what the relay has kept, and takes in nothing else', async () => {
    const client = new RawClient(served.port).write('GET /radio HTTP/1.0\r\n\r\n');
    await client.until(() => heard(client).length > 170);
    expectUnbroken(heard(client));
    // A burst as any other listener has.
    expect(heard(client)[0]).toBeGreaterThan(0);
    expect(served.told.all('mount-started').map(({ mount }) => mount)).toEqual(['radio']);
    expect((await status(served.port)).on_demand).toEqual(['/jazz', '/silent']);
    client.socket.destroy();
    expect(await served.told.until('mount-let-go')).toMatchObject({ mount: 'radio' });
    expect(served.told.all('mount-ended')).toEqual([]);
  });

  it('has no place for more who wait than may listen, and tells those who have waited in vain', async () => {
    const waiting = new RawClient(served.port).write('GET /silent HTTP/1.0\r\n\r\n');
    await served.told.until('mount-asked', { mount: 'silent' });
    expect(await get('GET /silent')).toMatch(/^HTTP\/1\.0 403 /);
    await waiting.closed;
    expect(waiting.text).toMatch(/^HTTP\/1\.0 503 .*Retry-After: 1\r\n/s);
    expect(served.told.all('request-failed')).toEqual([]);
  });

  it('forgets who goes away while he waits', async () => {
    const gone = new RawClient(served.port).write('GET /silent HTTP/1.0\r\n\r\n');
    while (!(await get('GET /silent')).startsWith('HTTP/1.0 403 '));
    gone.socket.destroy();
    // Its place is there for the next one at some time.
    while (!(await get('GET /silent')).startsWith('HTTP/1.0 503 '));
    await gone.closed;
    expect(gone.text).toBe('');
  });

  it('says that nobody announces what nobody announces', async () => {
    expect(await get('GET /nothing')).toMatch(/^HTTP\/1\.0 404 /);
  });
});

it('whoever asks for a playlist of HLS has the mountpoint started, and is counted as listening; who only looks has not', async () => {
  const { told, port } = await edge((await relay()).port, { wish: { onDemand: { lingerMs: 3_000 } }, hls: { directory: undefined, groups: new Map([['all', ['radio']]]) }, settings: { ...settings, hlsSegmentMs: 1_000 } });
  const get = (what: string): Promise<string> => ask(port, `${what} HTTP/1.0\r\n\r\n`);
  while ((await status(port)).on_demand?.length !== 3);
  expect(await get('HEAD /radio/live.m3u8')).toMatch(/^HTTP\/1\.. 503 /);
  expect(await get('GET /nothing/live.m3u8')).toMatch(/^HTTP\/1\.. 404 /);
  expect(told.all('mount-asked')).toEqual([]);
  expect(await get('GET /all/hls.m3u8?s=me')).toMatch(/^HTTP\/1\.. (200 .*\.\.\/radio\/live\.m3u8\?s=me\n$|503 .*Retry-After: 1\r\n)/is);
  expect(told.all('mount-asked').map(({ mount }) => mount)).toEqual(['radio']);
  await expect.poll(() => get('GET /radio/live.m3u8'), { timeout: 20_000 }).toMatch(/^HTTP\/1\.. 200 .*#EXTINF/s);
  // Also who came before it had begun.
  const listeners = async (): Promise<unknown> => ((await status(port)).source as { readonly listeners: number } | undefined)?.listeners;
  await expect.poll(listeners, { timeout: 20_000 }).toBe(1);
});

describe('names of mountpoints', () => {
  it('say what an edge takes in of a relay that refuses titles, too', async () => {
    const { told, port } = await edge((await relay({ refusesTitles: true })).port, { wish: { mounts: ['ra*'] } });
    await told.until('mount-started', { mount: 'radio' });
    expect((await status(port)).on_demand).toBeUndefined();
    expect(await ask(port, 'GET /jazz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 404 /);
    expect(told.all('stream-new')).toHaveLength(1);
  });

  it('say what a relay takes in of another one, and its edges know nothing else', async () => {
    const upstream = await relay();
    const told = new CapturedLog();
    const regional = new RelayApp({ bind, inPort: undefined, outPort: 0, upstreams: [{ transport: 'tcp', host: bind, port: upstream.port }], multicasts: [], mounts: ['jazz'], settings }, told.log);
    stops.push(() => regional.stop());
    await regional.start();
    const served = await edge(await told.port('out'), {});
    await served.told.until('mount-started', { mount: 'jazz' });
    expect(told.all('stream-announced').map(({ mount }) => mount)).toEqual(['jazz']);
    expect(served.told.all('stream-new')).toHaveLength(1);
  });
});
