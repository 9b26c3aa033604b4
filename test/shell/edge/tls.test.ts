import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListenerId } from '../../../core/base/machine.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import type { EdgeConfig } from '../../../shell/edge/config.ts';
import { ListenerSockets } from '../../../shell/edge/listeners/host/listener-sockets.ts';
import { HttpServer } from '../../../shell/http/server/server.ts';
import { Refusals } from '../../../shell/log/refusals.ts';
import { listenTcp, portOf } from '../../../shell/net/tcp.ts';
import type { PairFiles } from '../../../shell/net/tls/pair.ts';
import { TlsPort } from '../../../shell/net/tls/tls-port.ts';
import { FRAME_BYTES, numbered } from '../../core/support/frames.ts';
import { announce, data, framed } from '../../core/support/messages.ts';
import { expectUnbroken, heard } from '../support/heard.ts';
import { ask, CapturedLog, RawClient } from '../support/support.ts';
import { askSecurely, pairOf, secureClient, serialFor, serials } from '../net/tls/support.ts';

const stops: (() => Promise<unknown> | void)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A relay with one encoder. */
async function relay(): Promise<number> {
  const server = await listenTcp({ address: '127.0.0.1', port: 0, keepAliveMs: 10_000 }, (socket) => {
    let number = 0;
    socket.write(framed(announce(1, 'radio', { stream: 1 })));
    const timer = setInterval(() => {
      socket.write(framed(data(number + 2, numbered(number), { stream: 1 })));
      number++;
    }, 26);
    socket.on('close', () => clearInterval(timer));
    stops.push(() => void socket.destroy());
  });
  stops.push(() => void server.close());
  return portOf(server);
}

interface Served {
  readonly told: CapturedLog;
  readonly plain: number;
  readonly secure: number;
}

async function edge(certificates: readonly PairFiles[], more: Partial<EdgeConfig> = {}, settings: Partial<Settings> = {}): Promise<Served> {
  const told = new CapturedLog();
  const relays = [{ transport: 'tcp' as const, host: '127.0.0.1', port: await relay() }];
  const app = new EdgeApp({ bind: '127.0.0.1', httpPort: 0, tls: { port: 0, certificates }, relays, settings: { ...defaultSettings, ...settings }, ...more }, told.log);
  stops.push(() => app.stop());
  await app.start();
  await told.until('mount-started');
  return { told, plain: await told.port('http'), secure: await told.port('https') };
}

function listen(client: RawClient): RawClient {
  stops.push(() => void client.socket.destroy());
  return client.write('GET /radio HTTP/1.0\r\n\r\n');
}

/** So many frames have come, or the connection has ended. */
async function untilHeard(client: RawClient, frames: number): Promise<void> {
  await client.until((received) => received.length > frames * FRAME_BYTES && heard(client).length >= frames);
}

describe('listeners by TLS', () => {
  it('go on when the certificate is renewed, and newcomers get the new one', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'davecast-renewed-'));
    stops.push(() => rmSync(directory, { recursive: true }));
    const files = { cert: join(directory, 'cert.pem'), key: join(directory, 'key.pem') };
    const install = (name: 'local' | 'renewed'): void => {
      copyFileSync(pairOf(name).cert, files.cert);
      copyFileSync(pairOf(name).key, files.key);
    };
    install('local');
    const { told, secure } = await edge([files]);
    const clients = Array.from({ length: 100 }, () => listen(secureClient(secure)));
    await Promise.all(clients.map((client) => untilHeard(client, 5)));
    expect(await serialFor(secure, 'localhost')).toBe(serials.local);

    install('renewed');
    process.emit('SIGHUP', 'SIGHUP');
    await told.until('certificate-loaded', { serial: serials.renewed });
    expect(await serialFor(secure, 'localhost')).toBe(serials.renewed);
    const at = heard(clients[0]!).at(-1)!;
    const newcomer = listen(secureClient(secure));
    for (const client of [...clients, newcomer]) {
      await client.until(() => (heard(client).at(-1) ?? 0) > at + 20);
      expectUnbroken(heard(client));
      expect(client.socket.destroyed).toBe(false);
    }
    expect(told.all('access')).toEqual([]);
  });

  it('are told addresses that begin with https', async () => {
    const { plain, secure } = await edge([pairOf('local')]);
    const request = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: localhost:8443\r\n\r\n`;
    for (const path of ['/radio.m3u', '/radio.pls', '/radio.xspf', '/status-json.xsl']) {
      expect(await askSecurely(secure, request(path)), path).toContain('https://localhost:8443/radio');
      expect(await ask(plain, request(path)), path).toContain('http://localhost:8443/radio');
    }
    expect(await askSecurely(secure, 'GET /radio.m3u HTTP/1.0\r\n\r\n')).toMatch(new RegExp(`https://127\\.0\\.0\\.1:${secure}/radio\r\n$`));
  });

  it('have their line in the access log, with address and bytes', async () => {
    const { told, secure } = await edge([pairOf('local')]);
    const client = listen(secureClient(secure));
    await untilHeard(client, 5);
    client.socket.destroy();
    const line = await told.until('access');
    expect(line).toMatchObject({ mount: 'radio', ip: '127.0.0.1', reason: 'closed by listener' });
    expect(line['bytes']).toBeGreaterThanOrEqual(client.received.length);
    expect(line['bytes']).toBeLessThan(client.received.length + 20_000);
  });

  it('that do not read have a backlog, by which they are known to be too slow', async () => {
    const told = new CapturedLog();
    const refusals = new Refusals(told.log);
    const left: (readonly [string, number])[] = [];
    const sockets = new ListenerSockets((_, { reason, bytes }) => left.push([reason, bytes]));
    const id = 1 as ListenerId;
    const server = new HttpServer((_, socket) => sockets.add(id, socket, 'HEAD\r\n\r\n', () => undefined), { settings: defaultSettings, refusals, log: told.log });
    const tls = new TlsPort({ port: 0, certificates: [pairOf('local')] }, told.log);
    stops.push(() => server.stop(0), () => tls.stop(), () => refusals.stop());
    await tls.start();
    const client = listen(secureClient(await server.listen({ address: '127.0.0.1', port: 0 }, tls)));
    await client.untilText('HEAD');
    client.socket.pause();
    let sent = 0;
    // What has been written and waits is the backlog: so much does not fit into any system's buffers.
    for (; sent < 64 * 1_048_576; sent += 1_048_576) sockets.send(id, Buffer.alloc(1_048_576));
    await expect.poll(() => sockets.backlogBytes(id)).toBeLessThan(sent);
    const backlog = sockets.backlogBytes(id);
    expect(backlog).toBeGreaterThan(32 * 1_048_576);
    sockets.end(id, 'too-slow');
    expect(left).toEqual([['too-slow', sent + 'HEAD\r\n\r\n'.length - backlog]]);
    client.socket.removeAllListeners('data').resume();
    await client.closed;
  });

  it('stay in the process when others are in workers, and count with them', async () => {
    const { told, plain, secure } = await edge([pairOf('local')], { workers: 2 }, { maxListeners: 3 });
    const clients = [new RawClient(plain), secureClient(secure), new RawClient(plain)].map(listen);
    await Promise.all(clients.map((client) => untilHeard(client, 5)));
    for (const client of [new RawClient(plain), secureClient(secure)]) {
      listen(client);
      expect(await client.untilText('</html>')).toMatch(/^HTTP\/1\.0 403 /);
    }
    expect(told.all('bound-hit')).toMatchObject([{ bound: 'maxListeners', count: 1 }, { bound: 'maxListeners', count: 2 }]);
    const status = async (): Promise<unknown> => {
      const answer = await askSecurely(secure, 'GET /status-json.xsl HTTP/1.0\r\n\r\n');
      return JSON.parse(answer.slice(answer.indexOf('\r\n\r\n'))) as unknown;
    };
    expect(await status()).toMatchObject({ icestats: { source: { listeners: 3, listener_peak: 3 } } });
    clients[1]!.socket.destroy();
    await told.until('access', { reason: 'closed by listener' });
    const next = listen(secureClient(secure));
    await untilHeard(next, 5);
    const last = heard(next).at(-1)!;
    for (const client of [clients[0]!, clients[2]!, next]) {
      await client.until(() => (heard(client).at(-1) ?? 0) > last);
      expectUnbroken(heard(client));
    }
    // Each is another listener; a worker reports its own now and then.
    await expect.poll(() => new Set(told.all('listener-joined').map(({ listener }) => listener)).size).toBe(4);
  });
});
