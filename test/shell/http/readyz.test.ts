import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import type { EdgeConfig } from '../../../shell/edge/config.ts';
import { EncoderApp, type EncoderConfig } from '../../../shell/encoder/encoder.ts';
import { parseEndpoint, type Endpoint } from '../../../shell/net/addresses/address.ts';
import type { App } from '../../../shell/process/app.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import type { RelayConfig } from '../../../shell/relay/config.ts';
import { StationApp, type StationConfig } from '../../../shell/station/station.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { ask, CapturedLog, mp3Frames, RawClient } from '../support/support.ts';

const bind = '127.0.0.1';
const settings = withSettings({ stopMs: 100, backoffMinMs: 10, backoffMaxMs: 20 });
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

interface Answer {
  readonly status: number;
  readonly ready: boolean;
  readonly checks: Readonly<Record<string, { readonly ok: boolean; readonly counts: boolean; readonly detail: string }>>;
}

async function readiness(port: number, query = ''): Promise<Answer> {
  const text = await ask(port, `GET /readyz${query} HTTP/1.0\r\n\r\n`);
  return { status: Number(text.slice(9, 12)), ...(JSON.parse(text.slice(text.indexOf('\r\n\r\n'))) as Omit<Answer, 'status'>) };
}

async function start(make: (log: CapturedLog) => App): Promise<CapturedLog> {
  const told = new CapturedLog();
  const app = make(told);
  stops.push(() => app.stop());
  await app.start();
  return told;
}

const relay = (more: Partial<RelayConfig> = {}): Promise<CapturedLog> =>
  start(({ log }) => new RelayApp({ bind, inPort: 0, outPort: 0, httpPort: 0, upstreams: [], multicasts: [], settings, ...more }, log));
const edge = (more: Partial<EdgeConfig> = {}): Promise<CapturedLog> => start(({ log }) => new EdgeApp({ bind, httpPort: 0, relays: [], settings, ...more }, log));
const encoder = (more: Partial<EncoderConfig> = {}): Promise<CapturedLog> =>
  start(({ log }) => new EncoderApp({ bind, mounts: [{ name: 'radio', input: { kind: 'listen', password: 'x' }, headers: [], title: '' }], targets: [], settings, ...more }, log));
const station = (more: Partial<StationConfig> = {}): Promise<CapturedLog> =>
  start(({ log }) => new StationApp({ bind, httpPort: 0, sources: { origin: 'here', title: '', headers: [], mounts: new Map(), password: 'x', only: undefined }, sourcesPerMount: 8, pulled: [], peers: [], allowIn: [], allowOut: [], settings, relaySettings: settings, ...more }, log));

const at = (port: number, transport: 'tcp' | 'udp' = 'tcp'): Endpoint => parseEndpoint(`${bind}${transport === 'tcp' ? ':' : '@'}${port}`)!;

async function push(port: number): Promise<RawClient> {
  const source = new RawClient(port).write(`SOURCE /radio HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:x').toString('base64')}\r\n\r\n`);
  stops.push(() => source.socket.destroy());
  await source.untilText('200 OK');
  return source.write(Buffer.concat(mp3Frames(60)));
}

/** A port that nobody listens to, in a moment in which nobody else does. */
const nobody = async (): Promise<Endpoint> => at(await freeTcpPort());

describe('a relay', () => {
  it('is ready when it is connected to one of those that it subscribes to', async () => {
    const alone = await (await relay()).port('http');
    expect(await readiness(alone)).toEqual({ status: 200, ready: true, checks: {} });
    expect(await ask(alone, 'GET /readyz?mount=/radio HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 400 [^]*A relay does not look at mountpoints/);
    const [there, gone] = [at(await (await relay()).port('out')), await nobody()];
    const port = await (await relay({ upstreams: [there, gone] })).port('http');
    await expect.poll(() => readiness(port)).toEqual({ status: 200, ready: true, checks: { upstreams: { ok: true, counts: true, detail: '1 of 2 connected' } } });
    const cut = await (await relay({ upstreams: [gone] })).port('http');
    expect(await readiness(cut)).toMatchObject({ status: 503, ready: false, checks: { upstreams: { ok: false, detail: '0 of 1 connected' } } });
    const lenient = await (await relay({ upstreams: [gone], ready: [] })).port('http');
    expect(await readiness(lenient)).toMatchObject({ status: 200, ready: true, checks: { upstreams: { ok: false, counts: false } } });
  });
});

describe('an edge', () => {
  it('is ready with a relay, and a mountpoint that can be heard, or one that is asked for', async () => {
    const from = await relay();
    const relays = [at(await from.port('out'))];
    const told = await edge({ relays });
    const port = await told.port('http');
    await expect.poll(async () => (await readiness(port)).checks['relays']).toEqual({ ok: true, counts: true, detail: '1 of 1 connected' });
    expect(await readiness(port)).toMatchObject({ status: 503, checks: { mounts: { ok: false, counts: true, detail: '0 on air' } } });
    const pushed = await encoder({ targets: [at(await from.port('in'))] });
    await push(await pushed.port('source'));
    await told.until('mount-started');
    expect(await readiness(port, '?mount=/radio')).toMatchObject({ status: 200, checks: { mounts: { ok: true, detail: '1 on air' }, mount: { ok: true, counts: true } } });
    expect(await readiness(port, '?mount=/jazz')).toMatchObject({ status: 503, checks: { mount: { ok: false } } });
    expect(await ask(port, 'GET /readyz?mount=/radio&mount=/jazz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 400 [^]*mount= is given twice/);
    expect(await ask(port, 'HEAD /readyz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200 [^]*\r\n\r\n$/);
  });

  it('counts a fallback as heard, and only those checks that are chosen', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'readyz-'));
    stops.push(() => rmSync(directory, { recursive: true }));
    writeFileSync(join(directory, 'sorry.mp3'), Buffer.concat(mp3Frames(80)));
    const policies = { radio: { fallback: { file: join(directory, 'sorry.mp3') } } };
    const relays = [await nobody()];
    const port = await (await edge({ relays, policies })).port('http');
    await expect.poll(() => readiness(port)).toMatchObject({ status: 503, checks: { relays: { ok: false }, mounts: { ok: true, detail: '1 on air, with a fallback: radio' } } });
    expect(await readiness(await (await edge({ relays, policies, ready: ['mounts'] })).port('http'))).toMatchObject({ status: 200, checks: { relays: { ok: false, counts: false } } });
  });
});

describe('an encoder', () => {
  it('is ready with a target, whether it has sources or not', async () => {
    const targets = [at(await (await relay()).port('in')), at(9, 'udp')];
    const port = await (await encoder({ targets })).port('source');
    await expect.poll(() => readiness(port)).toEqual({
      status: 200, ready: true, checks: { targets: { ok: true, counts: true, detail: '2 of 2 connected' }, mounts: { ok: false, counts: false, detail: '0 of 1 with a source, not radio' } },
    });
    const source = await push(port);
    expect(await readiness(port, '?mount=radio')).toMatchObject({ status: 200, checks: { mounts: { ok: true, detail: '1 of 1 with a source' }, mount: { ok: true } } });
    source.socket.destroy();
    await expect.poll(async () => (await readiness(port, '?mount=radio')).status).toBe(503);
    const cut = await (await encoder({ targets: [await nobody()] })).port('source');
    expect(await readiness(cut)).toMatchObject({ status: 503, checks: { targets: { ok: false } } });
  });
});

describe('a station', () => {
  it('is ready with a mountpoint, whether its peer is there or not', async () => {
    const peers = [await nobody()];
    const told = await station({ peers });
    const port = await told.port('http');
    expect(await readiness(port)).toEqual({
      status: 503, ready: false,
      checks: { mounts: { ok: false, counts: true, detail: '0 on air' }, peers: { ok: false, counts: false, detail: '0 of 1 connected' } },
    });
    await push(port);
    await told.until('mount-started');
    expect(await readiness(port)).toMatchObject({ status: 200, ready: true });
  });

  it('needs what is chosen', async () => {
    const told = await station({ peers: [await nobody()], ready: ['peers'] });
    expect(await readiness(await told.port('http'))).toMatchObject({ status: 503, checks: { mounts: { counts: false }, peers: { counts: true } } });
    const alone = await station({ ready: [] });
    expect(await readiness(await alone.port('http'))).toMatchObject({ status: 200, checks: { mounts: { ok: false, counts: false } } });
  });
});

it('is no name for a mountpoint', async () => {
  const port = await (await station()).port('http');
  expect(await ask(port, 'SOURCE /readyz HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 405 /);
});
