import net from 'node:net';
import type tls from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { withSettings, type Settings } from '../../../../core/config/settings.ts';
import { PageServer } from '../../../../shell/http/server/page-server.ts';
import { HttpServer } from '../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { TlsPort } from '../../../../shell/net/tls/tls-port.ts';
import { ask, CapturedLog, RawClient } from '../../support/support.ts';
import { askSecurely, pairOf, secureClient, serialFor, serials, type PairName } from './support.ts';

const stops: (() => Promise<void> | void)[] = [];
let told: CapturedLog;

beforeEach(() => {
  told = new CapturedLog();
});

afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function serve(settings: Partial<Settings> = {}, names: readonly PairName[] = ['local', 'one'], maxWaiting?: number): Promise<number> {
  const refusals = new Refusals(told.log);
  const server = new PageServer({ settings: withSettings(settings), log: told.log, refusals, ...(maxWaiting !== undefined && { maxWaiting }) });
  const tls = new TlsPort({ port: 0, certificates: names.map(pairOf) }, told.log);
  stops.push(() => server.stop(100), () => tls.stop(), () => refusals.stop());
  await tls.start();
  return await server.listen({ address: '127.0.0.1', port: tls.port }, tls);
}

const request = 'GET /healthz HTTP/1.0\r\n\r\n';
const refused = (): readonly unknown[] => told.all('refused').map(({ reason }) => reason);

/** The first bytes of a client of TLS. */
async function hello(options: tls.ConnectionOptions = {}): Promise<Uint8Array> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bytes = new Promise<Uint8Array>((resolve) => server.once('connection', (socket) => socket.once('data', (first) => {
    socket.destroy();
    resolve(first);
  })));
  secureClient((server.address() as net.AddressInfo).port, options);
  const first = await bytes;
  server.close();
  return first;
}

describe('a port by TLS', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('answers a request by %s', async (version) => {
    const port = await serve();
    expect(await askSecurely(port, request, { minVersion: version, maxVersion: version })).toMatch(/^HTTP\/1\.0 200 OK\r\n.*\r\n\r\nok\n$/s);
    expect(refused()).toEqual([]);
  });

  it('says that a request has failed, as without TLS', async () => {
    const refusals = new Refusals(told.log);
    const server = new HttpServer(() => {
      throw new Error('a fault');
    }, { settings: withSettings({}), log: told.log, refusals });
    const tls = new TlsPort({ port: 0, certificates: [pairOf('local')] }, told.log);
    stops.push(() => server.stop(100), () => tls.stop(), () => refusals.stop());
    await tls.start();
    expect(await askSecurely(await server.listen({ address: '127.0.0.1', port: 0 }, tls), request)).toMatch(/^HTTP\/1\.0 500 /);
    expect(told.all('request-failed')).toMatchObject([{ target: '/healthz' }]);
  });

  it('gives each name its certificate', async () => {
    const port = await serve();
    expect(await serialFor(port, 'www.one.example')).toBe(serials.one);
    expect(await serialFor(port, 'localhost')).toBe(serials.local);
    expect(await serialFor(port, 'other.example')).toBe(serials.local);
  });

  it('refuses older versions', async () => {
    const port = await serve();
    expect(await askSecurely(port, request, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).toBe('');
    await told.until('refused', { reason: 'TLS handshake failed' });
  });

  it('takes a hello in single bytes, and a request with it', async () => {
    const port = await serve();
    const relay = net.createServer((socket) => {
      const on = net.connect(port, '127.0.0.1').on('error', () => undefined).setNoDelay();
      on.pipe(socket);
      socket.on('error', () => undefined).on('data', (bytes) => {
        for (const byte of bytes) on.write(Uint8Array.of(byte));
      });
      stops.push(() => void on.destroy());
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    stops.push(() => void relay.close());
    expect(await askSecurely((relay.address() as net.AddressInfo).port, request)).toMatch(/ok\n$/);
  });

  it('tells a client without TLS so, and counts it', async () => {
    const port = await serve();
    expect(await ask(port, request)).toMatch(/^HTTP\/1\.0 400 .*This port is for https/s);
    expect(refused()).toEqual(['no TLS on the TLS port']);
  });

  it('counts clients that do not accept the certificate, and bytes that are no handshake', async () => {
    const port = await serve();
    const client = new RawClient(port).write(await hello({ maxVersion: 'TLSv1.2' }));
    await client.until((received) => received.length > 0);
    // A fatal alert: the authority is not known.
    client.write(Uint8Array.of(21, 3, 3, 0, 2, 2, 48));
    await client.closed;
    await told.until('refused', { reason: 'certificate not accepted by the client' });
    const garbage = new RawClient(port).write(Uint8Array.of(22, 3, 1, 0, 5, 1, 2, 3, 4, 5));
    await garbage.closed;
    await told.until('refused', { reason: 'TLS handshake failed' });
  });

  it('says nothing of those who only look whether it is there', async () => {
    const port = await serve();
    const [silent, begun] = [new RawClient(port), new RawClient(port).write((await hello()).subarray(0, 50))];
    silent.socket.end();
    await silent.closed;
    begun.socket.destroy();
    expect(await askSecurely(port, request)).toMatch(/ok\n$/);
    expect(refused()).toEqual([]);
  });

  it('gives a handshake the time of a head, whether it has begun or not', async () => {
    const port = await serve({ headTimeoutMs: 300 });
    const first = await hello();
    const clients = [new RawClient(port), new RawClient(port).write(first.subarray(0, 50)), new RawClient(port).write(first)];
    await Promise.all(clients.map(({ closed }) => closed));
    expect(clients[2]!.received.length).toBeGreaterThan(0);
    expect(refused()).toEqual(['TLS handshake not finished in time']);
    // The time goes on behind the handshake.
    const slow = secureClient(port).write('GET /hea');
    await slow.closed;
    expect(refused()).toEqual(['TLS handshake not finished in time', 'head not finished in time']);
  });

  it('counts handshakes among the unfinished requests', async () => {
    const port = await serve({}, ['local'], 4);
    const first = (await hello()).subarray(0, 50);
    const clients: RawClient[] = [];
    for (let i = 0; i < 5; i++) {
      const client = new RawClient(port).write(first);
      await new Promise((resolve) => client.socket.once('connect', resolve));
      clients.push(client);
      stops.push(() => void client.socket.destroy());
    }
    await clients[0]!.closed;
    expect(refused()).toEqual(['too many unfinished requests']);
    expect(clients.slice(1).every(({ socket }) => !socket.destroyed)).toBe(true);
  });

  it('has fewer handshakes that are going on than unfinished requests', async () => {
    const port = await serve({}, ['local'], 8);
    const first = await hello();
    const clients: RawClient[] = [];
    for (let i = 0; i < 3; i++) {
      const client = new RawClient(port).write(first);
      stops.push(() => void client.socket.destroy());
      await client.until((received) => received.length > 0);
      clients.push(client);
    }
    await clients[0]!.closed;
    expect(refused()).toEqual(['too many unfinished TLS handshakes']);
    expect(await askSecurely(port, request)).toMatch(/ok\n$/);
    await clients[1]!.closed;
    expect(clients[2]!.socket.destroyed).toBe(false);
  });

  it('closes a connection whose bytes are changed on the way', async () => {
    const port = await serve();
    let from: net.Socket | undefined;
    const relay = net.createServer((socket) => {
      from = net.connect(port, '127.0.0.1').on('error', () => undefined);
      socket.on('error', () => undefined).pipe(from).pipe(socket);
    });
    await new Promise<void>((resolve) => relay.listen(0, '127.0.0.1', resolve));
    stops.push(() => void relay.close());
    const client = secureClient((relay.address() as net.AddressInfo).port);
    await new Promise((resolve) => client.socket.once('secureConnect', resolve));
    client.write('GET /hea');
    const closed = new Promise((resolve) => from!.once('close', resolve));
    from!.write(Uint8Array.of(23, 3, 3, 0, 40, ...Array.from({ length: 40 }, (_, i) => i)));
    await closed;
    expect(await askSecurely(port, request)).toMatch(/ok\n$/);
  });

  it('serves many handshakes that begin at once', async () => {
    const port = await serve();
    const answers = await Promise.all(Array.from({ length: 30 }, () => askSecurely(port, request)));
    expect(answers.every((answer) => answer.endsWith('ok\n'))).toBe(true);
  });

  it('stops in the moment in which a client begins', async () => {
    const port = await serve();
    const first = await hello();
    const client = new RawClient(port).write(first);
    await new Promise((resolve) => client.socket.once('connect', resolve));
    await stops.shift()!();
    await client.closed;
  });

  it('ends open connections when it stops', async () => {
    const port = await serve();
    const [shaken, half] = [secureClient(port), new RawClient(port).write((await hello()).subarray(0, 50))];
    await new Promise((resolve) => shaken.socket.once('secureConnect', resolve));
    for (const stop of stops.splice(0)) await stop();
    await Promise.all([shaken.closed, half.closed]);
  });
});
