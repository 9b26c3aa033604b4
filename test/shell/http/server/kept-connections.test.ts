import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { notFound } from '../../../../shell/http/common-routes.ts';
import { anybody } from '../../../../shell/http/auth/guards.ts';
import { canAskAgain, MAX_REQUESTS } from '../../../../shell/http/server/kept-connections.ts';
import { textReply } from '../../../../shell/http/message/reply.ts';
import type { HttpRequest } from '../../../../shell/http/request.ts';
import { Router, type Route } from '../../../../shell/http/router.ts';
import { HttpServer } from '../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { goOnReading } from '../../../../shell/process/upgrade/handle.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const servers: HttpServer[] = [];
const clients: RawClient[] = [];
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await server.stop(0);
});

/** A server of whose pages some let the client ask again. */
async function serve(more: readonly Route[] = []): Promise<{ readonly server: HttpServer; readonly port: number; readonly asked: string[] }> {
  const asked: string[] = [];
  const { log } = new CapturedLog();
  const route = (at: string, handle: Route['handle']): Route => ({ at, methods: ['GET'], who: anybody, handle: (request) => (asked.push(request.head.target), handle(request)) });
  const kept = ({ target }: HttpRequest) => ({ status: 200, contentType: 'text/plain', bytes: Buffer.from(target.name), isKept: true }) as const;
  const routes = [
    route('last', () => textReply(200, 'last')),
    route('later', (request) => {
      setImmediate(() => request.answer(kept(request)));
      return 'taken';
    }),
    ...more,
    route('*', kept),
  ];
  const server = new HttpServer(new Router({ routes, notFound, options: () => ({ status: 204 }) }).handle, { settings: defaultSettings, refusals: new Refusals(log), log });
  servers.push(server);
  return { server, port: await server.listen({ address: '127.0.0.1', port: 0 }), asked };
}

function connect(port: number): RawClient {
  const client = new RawClient(port);
  clients.push(client);
  return client;
}

const get = (path: string, version = 'HTTP/1.1', more = ''): string => `GET ${path} ${version}\r\nHost: a\r\n${more}\r\n`;

describe('a connection of HTTP/1.1', () => {
  it('carries one request after the other, also those that come in one piece, or in many', async () => {
    const { port, asked } = await serve();
    const client = connect(port).write(get('/one'));
    await expect.poll(() => client.text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 3\r\n\r\none$/);
    expect(client.text).not.toContain('Connection:');
    client.write(get('/two') + get('/later') + get('/four').slice(0, 9));
    await expect.poll(() => client.text).toMatch(/\r\n\r\nlater$/);
    client.write(get('/four').slice(9));
    await expect.poll(() => asked.length).toBe(4);
    expect(asked.join(' ')).toBe('/one /two /later /four');
    await expect.poll(() => client.text.match(/HTTP\/1\.1 200/g)?.length).toBe(4);
    expect(client.socket.destroyed).toBe(false);
  });

  it('is closed behind an answer of the other kind, behind the last request, and when the client wants that', async () => {
    const { port } = await serve();
    for (const ask of [get('/one') + get('/last'), get('/one') + get('/two', 'HTTP/1.1', 'Connection: close\r\n'), get('/one', 'HTTP/1.0'), get('/one') + get('/none', 'HTTP/1.1', 'Content-Length: 3\r\n')]) {
      const client = connect(port).write(ask);
      await client.closed;
      expect(client.text).toMatch(/Connection: close\r\n/i);
    }
    const client = connect(port).write(get('/x').repeat(MAX_REQUESTS + 1));
    await client.closed;
    expect(client.text.match(/HTTP\/1\.1 200/g)).toHaveLength(MAX_REQUESTS);
    expect(client.text.match(/Connection: close/g)).toHaveLength(1);
  });

  it('answers HEAD without a body, and one that keeps a connection of HTTP/1.0', async () => {
    const { port } = await serve();
    const client = connect(port).write(`HEAD /one HTTP/1.1\r\nHost: a\r\n\r\n${get('/two', 'HTTP/1.0', 'Connection: Keep-Alive\r\n')}`);
    await expect.poll(() => client.text).toMatch(/\r\n\r\ntwo$/);
    expect(client.text).toMatch(/Content-Length: 3\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*Connection: keep-alive\r\n/);
  });

  it('keeps one answer for a client that asks for much and takes nothing', async () => {
    const big = Buffer.alloc(8_000_000);
    let answers = 0;
    const { port } = await serve([{ at: 'big', methods: ['GET'], who: anybody, handle: () => (answers++, { status: 200, bytes: big, isKept: true }) }]);
    const socket = net.connect({ port, host: '127.0.0.1' }).pause();
    await new Promise((resolve) => socket.write(get('/big').repeat(20), resolve));
    await expect.poll(() => answers).toBeGreaterThan(0);
    for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toBe(1);
    socket.destroy();
  });

  it('between two requests goes to another process at an upgrade', async () => {
    const [old, fresh] = [await serve(), await serve()];
    const client = connect(old.port).write(get('/one'));
    await expect.poll(() => client.text).toMatch(/one$/);
    await expect.poll(() => old.server.unfinished).toBe(0);
    old.server.hold();
    client.write(get('/two'));
    const leaving = old.server.leave();
    expect(leaving).toHaveLength(1);
    leaving[0]!.socket.removeAllListeners('data').removeAllListeners('end');
    fresh.server.take(leaving[0]!.socket, 0, leaving[0]!);
    goOnReading(leaving[0]!.socket);
    await expect.poll(() => client.text).toMatch(/two$/);
    expect([old.asked, fresh.asked]).toEqual([['/one'], ['/two']]);
  });
});

it.each([
  ['HTTP/1.1', {}, true],
  ['HTTP/1.1', { connection: 'TE, Close' }, false],
  ['HTTP/1.1', { 'content-length': '5' }, false],
  ['HTTP/1.1', { 'transfer-encoding': 'chunked' }, false],
  ['HTTP/1.1', { upgrade: 'h2c' }, false],
  ['HTTP/1.0', {}, false],
  ['HTTP/1.0', { connection: 'Keep-Alive' }, true],
  ['ICE/1.0', { connection: 'keep-alive' }, false],
])('%s with %o can ask again: %s', (version, headers, expected) => {
  expect(canAskAgain({ version, headers: new Map(Object.entries(headers)) })).toBe(expected);
});
