import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { EncoderApp } from '../../../../shell/encoder/encoder.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { numbered } from '../../../core/support/frames.ts';
import { data, framed, streamId } from '../../../core/support/messages.ts';
import { expectUnbroken, heard, hearsOn } from '../../support/heard.ts';
import { ask, CapturedLog, sleep } from '../../support/support.ts';
import { FakeNats } from './fake-server.ts';
import { bind, endpoints, quickSettings, Running } from './support.ts';

const running = new Running();

afterEach(() => running.end());

async function nats(): Promise<FakeNats> {
  return await running.add(new FakeNats()).start();
}

/** Where a file with a login can be, for one test. */
function loginFile(): string {
  const directory = mkdtempSync(join(tmpdir(), 'davecast-nats-'));
  running.add({ stop: () => rmSync(directory, { recursive: true }) });
  return join(directory, 'login');
}

describe('two clusters of NATS', () => {
  it('are two paths: one is lost and comes back, and nobody hears it', async () => {
    const [a, b] = [await nats(), await nats()];
    const encoder = await running.encoder([a.url, b.url]);
    const { told, listener } = await running.edge([a.url, b.url]);
    const client = await listener();
    await hearsOn(client);
    a.stop();
    await told.until('relay-lost', { label: a.url });
    await encoder.until('target-down', { label: a.url });
    await hearsOn(client, 20);
    await a.start();
    await told.until('relay-back', { label: a.url });
    await encoder.until('disconnected', { peer: a.url });
    b.cut();
    await hearsOn(client, 40);
    expectUnbroken(heard(client));
    expect(told.all('path-opened').filter(({ transport }) => transport === 'nats').length).toBeGreaterThanOrEqual(3);
    expect(told.all('nats-no-history')).toMatchObject([{ reason: 'JetStream is off' }, { reason: 'JetStream is off' }]);
  });

  it('a server that takes nothing any more is found, and costs nobody anything', async () => {
    const [a, b] = [await nats(), await nats()];
    const encoder = await running.encoder([a.url, b.url], { settings: quickSettings({ targetStuckMs: 300, targetKeepMs: 1_000 }) });
    const { told, listener } = await running.edge([b.url]);
    const client = await listener();
    await encoder.until('target-up', { label: a.url });
    a.stopReading();
    await encoder.until('target-stuck', { label: a.url });
    // What it cannot be given is kept for as long as for any target; then the oldest goes, counted.
    await encoder.until('target-lost', { label: a.url });
    await hearsOn(client, 10);
    expectUnbroken(heard(client));
    expect(told.all('gap')).toEqual([]);
    a.readOn();
  });
});

describe('a cluster of NATS', () => {
  it('and relays join: what comes by one goes out by the other', async () => {
    const a = await nats();
    const relay = new CapturedLog();
    await running.encoder([a.url]);
    await running.app(new RelayApp({ bind, inPort: undefined, outPort: 0, upstreams: endpoints([a.url]), multicasts: [], settings: quickSettings() }, relay.log));
    const { listener } = await running.edge([`${bind}:${await relay.port('out')}`]);
    const client = await listener();
    await hearsOn(client);
    expectUnbroken(heard(client));
  });

  it('brings an edge on demand a mountpoint when its first listener asks, and of others their announcements', async () => {
    const a = await nats();
    await running.encoder([a.url]);
    await running.encoder([a.url], { mount: 'news' });
    const told = new CapturedLog();
    await running.app(new EdgeApp({ bind, httpPort: 0, relays: endpoints([a.url]), wish: { onDemand: { lingerMs: 500 } }, settings: quickSettings({ demandWaitMs: 10_000 }) }, told.log));
    const port = await told.port('http');
    const taken = (): readonly string[] => a.subscribed.filter((subject) => !subject.startsWith('davecast.v1-title.'));
    await a.until(() => taken().length > 0);
    expect(taken()).toEqual(['davecast.v1-announce.>']);
    const known = async (): Promise<string> => await ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n');
    while (!/jazz/.test(await known()) || !/news/.test(await known())) await sleep(20);
    const client = running.listener(port);
    await hearsOn(client, 20);
    expect(taken()).toEqual(['davecast.v1-announce.>', 'davecast.v1.*.jazz']);
    expectUnbroken(heard(client));
    client.socket.destroy();
    await told.until('mount-let-go', { mount: 'jazz' });
    await a.until(() => taken().length === 1);
  });

  it('takes a title that is set at an edge, or behind a relay, to the encoder, and so to all', async () => {
    const a = await nats();
    const relay = new CapturedLog();
    const encoder = await running.encoder([a.url]);
    await running.app(new RelayApp({ bind, inPort: undefined, outPort: 0, upstreams: endpoints([a.url]), multicasts: [], settings: quickSettings() }, relay.log));
    const far = await running.edge([`${bind}:${await relay.port('out')}`]);
    const farApp = running.latest as EdgeApp;
    const near = await running.edge([a.url]);
    const nearApp = running.latest as EdgeApp;
    await Promise.all([far, near].map(({ told }) => told.until('mount-started')));
    const titles = async (): Promise<readonly string[]> => await Promise.all([far, near].map(async ({ told }) => /"title":"([^"]*)"/.exec(await ask(await told.port('http'), 'GET /status-json.xsl HTTP/1.0\r\n\r\n'))?.[1] ?? ''));
    nearApp.setTitle('jazz', 'Set near', '127.0.0.1');
    await encoder.until('encoder-title', { title: 'Set near' });
    await expect.poll(titles).toEqual(['Set near', 'Set near']);
    farApp.setTitle('jazz', 'Set far', '127.0.0.1');
    await encoder.until('encoder-title', { title: 'Set far' });
    await expect.poll(titles).toEqual(['Set far', 'Set far']);
  });

  it('brings what nobody may send: each is counted, and nobody hears it', async () => {
    const a = await nats();
    await running.encoder([a.url]);
    const { told, listener } = await running.edge([a.url]);
    const client = await listener();
    await hearsOn(client);
    const real = a.published.find(({ subject }) => subject.endsWith('.jazz'))!;
    const wrong = framed(data(1_000_000, numbered(7), { stream: 9 }));
    a.publish('davecast.v1.nonsense.jazz', wrong);
    a.publish(real.subject, wrong);
    a.publish(real.subject, real.data.subarray(0, -1));
    a.publish(real.subject, new Uint8Array(200_000));
    a.publish(real.subject.replace('.jazz', '.news'), real.data);
    a.publish(`davecast.v1.${Buffer.from(streamId(9)).toString('hex')}.jazz`, framed(data(1, new Uint8Array(400), { stream: 9 })));
    for (const what of ['of another stream than its subject says', 'that is not whole', 'that is too large', 'of another mountpoint than its subject says']) await told.until('refused', { reason: `message ${what}` });
    await told.until('refused', { reason: 'message on a subject that does not parse' });
    await hearsOn(client, 20);
    expectUnbroken(heard(client));
  });

  it('is taken up, and another is left, while encoder and edge run', async () => {
    const [a, b] = [await nats(), await nats()];
    const encoder = await running.encoder([a.url]);
    const encoderApp = running.latest as EncoderApp;
    const { told, listener } = await running.edge([a.url]);
    const edgeApp = running.latest as EdgeApp;
    const client = await listener();
    await hearsOn(client);
    const change = async (urls: readonly string[]): Promise<void> => {
      const next = endpoints(urls);
      (await encoderApp.prepare({ bind, mounts: [{ name: 'jazz', input: { kind: 'listen', password: undefined }, headers: [], title: 'first' }], targets: next, settings: quickSettings() }))();
      (await edgeApp.prepare({ relays: next, settings: quickSettings() }))();
    };
    await change([a.url, b.url]);
    await encoder.until('target-up', { label: b.url });
    await told.until('path-opened', { label: b.url });
    await hearsOn(client);
    await change([b.url]);
    await a.until(() => a.connects.length === 0);
    await hearsOn(client, 20);
    expectUnbroken(heard(client));
    expect([...told.all('relay-lost'), ...told.all('gap')]).toEqual([]);
  });

  it('complains: that is told, and goes on', async () => {
    const a = await nats();
    const encoder = await running.encoder([a.url]);
    await encoder.until('target-up');
    a.complain('Permissions Violation for Publish to "davecast.v1.x.jazz"');
    await encoder.until('nats-complaint', { peer: a.url });
    expect(encoder.all('target-down')).toEqual([]);
  });

  it.each([
    ['nats://studio:p%40ss@', '', { user: 'studio', pass: 'p@ss' }],
    ['nats://s3cr3t@', '', { auth_token: 's3cr3t' }],
    ['nats://', '?login=FILE', { user: 'studio', pass: 'in a file' }],
  ])('is shown a login: %s%s', async (begin, end, expected) => {
    const a = await nats();
    const file = loginFile();
    writeFileSync(file, 'studio:in a file\n');
    const encoder = await running.encoder([`${begin}127.0.0.1:${a.port}${end.replace('FILE', encodeURIComponent(file))}`]);
    await encoder.until('target-up');
    expect(a.connects).toMatchObject([expected]);
    expect(JSON.stringify(encoder.events)).not.toMatch(/p@ss|p%40ss|s3cr3t|in a file/);
  });

  it('has a login in a file that is not there: nothing starts', async () => {
    const a = await nats();
    const file = loginFile();
    const problem = `${a.url}: ${file}: cannot be read: no such file or directory (ENOENT)`;
    const relays = endpoints([`${a.url}?login=${file}`]);
    await expect(running.encoder([`${a.url}?login=${file}`])).rejects.toThrow(problem);
    await expect(running.edge([`${a.url}?login=${file}`])).rejects.toThrow(problem);
    await expect(running.app(new RelayApp({ bind, inPort: undefined, outPort: 0, upstreams: relays, multicasts: [], settings: quickSettings() }, new CapturedLog().log))).rejects.toThrow(problem);
  });

  it('has a login in a file that is gone later: one line, and it is tried again', async () => {
    const a = await nats();
    const file = loginFile();
    writeFileSync(file, 'tok\n');
    const encoder = await running.encoder([`${a.url}?login=${file}`]);
    await encoder.until('target-up');
    rmSync(file);
    a.cut();
    await encoder.until('still-disconnected', { reason: `${file}: cannot be read: no such file or directory (ENOENT)` });
    writeFileSync(file, 'tok\n');
    await expect.poll(() => encoder.all('target-up').length).toBeGreaterThan(1);
    expect(encoder.all('disconnected')).toHaveLength(1);
  });
});
