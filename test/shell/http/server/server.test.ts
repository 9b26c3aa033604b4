import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { HttpServer } from '../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const sockets: net.Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

async function connect(port: number, from: string): Promise<net.Socket> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: from }).on('error', () => undefined);
  sockets.push(socket);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket.resume();
}

// Only Linux has all of 127.0.0.0/8 without being told.
describe.runIf(process.platform === 'linux')('unfinished requests', () => {
  it('of the address that has most of them are closed when there are too many, the oldest first', async () => {
    const log = new CapturedLog();
    const heard: string[] = [];
    const server = new HttpServer((request, socket) => {
      heard.push(request.target);
      socket.end();
    }, { settings: defaultSettings, refusals: new Refusals(log.log), log: log.log, maxWaiting: 4 });
    const port = await server.listen({ address: '127.0.0.1', port: 0 });
    const other = await connect(port, '127.0.0.2');
    const slow = [await connect(port, '127.0.0.1')];
    for (let i = 1; i < 4; i++) slow.push(await connect(port, '127.0.0.1'));
    await new Promise((resolve) => slow[0]!.once('close', resolve));
    expect(log.all('refused')).toMatchObject([{ reason: 'too many unfinished requests' }]);
    other.write('GET /jazz HTTP/1.0\r\n\r\n');
    await expect.poll(() => heard).toEqual(['/jazz']);
    expect(slow.slice(1).every((socket) => !socket.destroyed)).toBe(true);
    await server.stop(10);
  });
});

it('answers a client of TLS at once, which would wait for that', async () => {
  const log = new CapturedLog();
  const refusals = new Refusals(log.log);
  const server = new HttpServer(() => undefined, { settings: defaultSettings, refusals, log: log.log });
  const client = new RawClient(await server.listen({ address: '127.0.0.1', port: 0 })).write(Uint8Array.of(22, 3, 1, 2, 0, 1));
  await client.closed;
  expect(client.text).toMatch(/^HTTP\/1\.0 400 /);
  expect(log.all('refused')).toMatchObject([{ reason: 'TLS on the plain port' }]);
  await server.stop(10);
  refusals.stop();
});
