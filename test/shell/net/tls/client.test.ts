import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { dialTls } from '../../../../shell/net/tls/dial.ts';
import { connectionProblem } from '../../../../shell/net/tls/problems.ts';
import { ca, serverOptions, type PairName } from './support.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

async function portOf(server: net.Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => void server.close());
  return (server.address() as net.AddressInfo).port;
}

async function serve(name: PairName): Promise<number> {
  return await portOf(tls.createServer(serverOptions(name), (socket) => socket.on('error', () => undefined).end('hello')));
}

/** What comes of a connection: what the server says, or why there is none. */
async function dialled(port: number, trusted: string | undefined, host = '127.0.0.1'): Promise<string> {
  let heard = '';
  const socket = dialTls({ host, port, keepAliveMs: 10_000, ca: trusted }, (bytes) => (heard += Buffer.from(bytes).toString()));
  return await new Promise((resolve) => {
    socket.on('error', (error) => resolve(connectionProblem(error)));
    socket.on('close', () => resolve(heard));
  });
}

describe('a client of a server by TLS', () => {
  it('is connected when it trusts the certificate', async () => {
    expect(await dialled(await serve('local'), ca)).toBe('hello');
    expect(await dialled(await serve('local'), ca, 'localhost')).toBe('hello');
  });

  const untrusted = 'the certificate of the server is from no trusted authority; a private one is named with --ca';
  it.each([
    ['has expired', 'expired', ca, 'the certificate of the server has expired'],
    ['is for another host', 'one', ca, 'the certificate of the server is for one.example, *.one.example, and not for 127.0.0.1'],
    ['is from another authority', 'stranger', ca, untrusted],
    ['is from an authority that was not named', 'local', undefined, untrusted],
  ] as const)('is told in a sentence that the certificate %s', async (_, name, trusted, sentence) => {
    expect(await dialled(await serve(name), trusted)).toBe(sentence);
  });

  it('is told in a sentence that there is no TLS', async () => {
    const port = await portOf(net.createServer((socket) => socket.on('error', () => undefined).end('HTTP/1.0 400 Bad Request\r\n\r\n')));
    expect(await dialled(port, ca)).toBe('the server does not speak TLS at this port: use http');
  });

  it.each([
    ['no HTTP', 'ICY 200 OK\r\n\r\n', 'the answer is not HTTP'],
    ['a head without end', `HTTP/1.1 200 OK\r\n${'X-Word: word\r\n'.repeat(2_000)}`, 'the head of the answer is too long'],
  ])('is told in a sentence that the answer is %s', async (_, answer, sentence) => {
    const port = await portOf(net.createServer((socket) => socket.on('error', () => undefined).end(answer)));
    expect(await new Promise((resolve) => http.get(`http://127.0.0.1:${port}/`).on('error', (error) => resolve(connectionProblem(error))))).toBe(sentence);
  });

  it('is told the word of the system where that is all', async () => {
    const server = net.createServer();
    const port = await portOf(server);
    await new Promise((resolve) => server.close(resolve));
    expect(await dialled(port, ca)).toBe('connection refused (ECONNREFUSED)');
  });
});
