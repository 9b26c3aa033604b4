import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { startDavecast } from '../../bench/common/davecast.ts';
import { numbered } from '../core/support/frames.ts';
import { figures } from './support/figures.ts';
import { residentBytes } from './support/memory.ts';
import { HOST } from './support/station.ts';

const OK = 'HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n';
const audio = Buffer.concat(Array.from({ length: 200 }, (_, n) => numbered(n)));

/** What a server does with a connection; it may go on for as long as that is open. */
type Upstream = (socket: net.Socket, port: number) => void;

function forever(socket: net.Socket, what: Uint8Array | string, everyMs: number): void {
  const timer = setInterval(() => socket.writableLength < 4_000_000 && socket.write(what), everyMs);
  socket.on('close', () => clearInterval(timer));
}

const upstreams: Readonly<Record<string, Upstream>> = {
  'says nothing': () => undefined,
  'hangs up at once': (socket) => socket.destroy(),
  'never ends its head': (socket) => forever(socket, `X-${'y'.repeat(1_000)}: z\r\n`, 1),
  'is no HTTP': (socket) => forever(socket, Buffer.alloc(4_000, 0x80), 1),
  'sends itself in circles': (socket, port) => socket.end(`HTTP/1.0 302 Found\r\nLocation: http://${HOST}:${port}/m\r\n\r\n`),
  'sends elsewhere, nowhere': (socket) => socket.end('HTTP/1.0 302 Found\r\nLocation: file:///etc/passwd\r\n\r\n'),
  'has metadata of the greatest length between single bytes': (socket) => {
    socket.write(`${OK}icy-metaint: 1\r\n\r\n`);
    forever(socket, Buffer.concat([Buffer.of(0x55, 255), Buffer.alloc(4_080, 0x41)]), 1);
  },
  'has a negative metadata interval': (socket) => {
    socket.write(`${OK}icy-metaint: -5\r\n\r\n`);
    forever(socket, audio, 200);
  },
  'has an endless metadata interval': (socket) => {
    socket.write(`${OK}icy-metaint: 99999999999999999999\r\n\r\n`);
    forever(socket, audio, 200);
  },
  'has chunks of a size that cannot be': (socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n`);
    forever(socket, audio, 10);
  },
  'has a chunk size without an end': (socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
    forever(socket, '1'.repeat(1_000), 1);
  },
  'sends a page': (socket) => socket.end(`HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<html>${'x'.repeat(100_000)}`),
  'sends bytes of chance': (socket) => {
    socket.write(`${OK}\r\n`);
    forever(socket, Buffer.alloc(100_000, 0xff), 5);
  },
  'sends a tag without an end': (socket) => {
    socket.write(`${OK}\r\nID3\x04\0\0\x7f\x7f\x7f\x7f`);
    forever(socket, Buffer.alloc(100_000, 0x20), 5);
  },
  'sends hours of programme at once': (socket) => {
    socket.write(`${OK}\r\n`);
    forever(socket, audio, 1);
  },
  'sends a byte a second': (socket) => {
    socket.write(`${OK}\r\n`);
    forever(socket, audio.subarray(0, 1), 1_000);
  },
};

const stops: (() => Promise<unknown> | void)[] = [];

afterAll(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

describe('an encoder that pulls from a server', () => {
  it.concurrent.each(Object.keys(upstreams))('goes on, and stays small: one that %s', async (name) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined).resume();
      upstreams[name]!(socket, (server.address() as net.AddressInfo).port);
    });
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    stops.push(() => void server.close());
    const { port } = server.address() as net.AddressInfo;
    const encoder = await startDavecast(['encoder', '--mount', 'm', '--to', `${HOST}:9`, '--from', `http://${HOST}:${port}/m`], []);
    encoder.child.stdout!.resume();
    stops.push(() => encoder.stop());
    await sleep(4_000);
    expect(encoder.child.exitCode ?? encoder.child.signalCode).toBeNull();
    const bytes = await residentBytes(encoder.pid);
    if (bytes !== undefined) expect(bytes / 1_048_576).toBeLessThan(250);
    figures(`upstream that ${name}, MB`, bytes === undefined ? '?' : Math.round(bytes / 1_048_576));
  });
});
