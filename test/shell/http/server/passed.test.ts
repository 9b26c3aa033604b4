import { afterEach, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { HttpServer, type Leaving } from '../../../../shell/http/server/server.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import { parseRange } from '../../../../shell/net/addresses/allow.ts';
import { goOnReading } from '../../../../shell/process/upgrade/handle.ts';
import { CapturedLog, RawClient } from '../../support/support.ts';

const clients: RawClient[] = [];
const servers: HttpServer[] = [];
afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await server.stop(0);
});

/** A server that tells who has asked it for what. */
function server(): { readonly server: HttpServer; readonly asked: string[] } {
  const { log } = new CapturedLog();
  const asked: string[] = [];
  const made = new HttpServer((request, socket, _rest, { address }) => {
    asked.push(`${address} ${request.target}`);
    socket.end('answered');
  }, { settings: defaultSettings, refusals: new Refusals(log), log, trustedProxies: [parseRange('127.0.0.0/8')!] });
  servers.push(made);
  return { server: made, asked };
}

/** As it comes to a process from another one: it stays in this one here. */
function pass(to: HttpServer, leaving: readonly Leaving[]): void {
  for (const one of leaving) {
    one.socket.removeAllListeners('data').removeAllListeners('end');
    to.take(one.socket, one.port, one);
    goOnReading(one.socket);
  }
}

/** What clients have written has come, and the server has had its turns. */
async function arrived(): Promise<void> {
  await expect.poll(() => clients.every(({ socket }) => !socket.connecting && socket.writableLength === 0)).toBe(true);
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

const ADDRESS = { address: '127.0.0.1', port: 0 };
const PROXY = 'PROXY TCP4 192.0.2.9 192.0.2.1 5000 80\r\n';

it('requests that are not whole go on in another process, with what has come of them, and for whom a proxy has said', async () => {
  const [old, fresh] = [server(), server()];
  const port = await old.server.listen(ADDRESS);
  await fresh.server.listen(ADDRESS);
  const begun = ['GET /pl', `${PROXY}GET /prox`, 'PROXY TCP4 192.0.2.9 192', '\r\n\r\n'].map((text) => new RawClient(port).write(text));
  clients.push(...begun);
  await expect.poll(() => old.server.counts.connections).toBe(4);
  await arrived();
  old.server.hold();
  const late = new RawClient(port);
  clients.push(late);
  // What comes now stays with the system.
  for (const [index, text] of ['ain HTTP/1.0\r\n\r\n', 'ied HTTP/1.0\r\n\r\n', '.0.2.1 5000 80\r\nGET /half HTTP/1.0\r\n\r\n', 'GET /blank HTTP/1.0\r\n\r\n'].entries()) begun[index]!.write(text);
  late.write('GET /late HTTP/1.0\r\n\r\n');
  await arrived();
  expect(old.asked).toEqual([]);
  const leaving = old.server.leave();
  expect(leaving.map(({ bytes, caller, port: index }) => [Buffer.from(bytes).toString(), caller?.address, index])).toEqual([
    ['GET /pl', '127.0.0.1', 0],
    ['GET /prox', '192.0.2.9', 0],
    ['PROXY TCP4 192.0.2.9 192', '127.0.0.1', 0],
    // Which could be the beginning of one of version 2.
    ['\r\n\r\n', '127.0.0.1', 0],
    ['', undefined, 0],
  ]);
  expect(old.server.unfinished).toBe(0);
  pass(fresh.server, leaving);
  for (const client of [...begun, late]) expect(await client.untilText('answered')).toBe('answered');
  expect(fresh.asked.toSorted()).toEqual(['127.0.0.1 /blank', '127.0.0.1 /late', '127.0.0.1 /plain', '192.0.2.9 /half', '192.0.2.9 /proxied']);
  expect(old.asked).toEqual([]);
});

it('requests that are not whole go on here when no other process takes them', async () => {
  const { server: one, asked } = server();
  const port = await one.listen(ADDRESS);
  const begun = new RawClient(port).write('GET /be');
  clients.push(begun);
  await expect.poll(() => one.counts.connections).toBe(1);
  await arrived();
  one.hold();
  const late = new RawClient(port).write('GET /late HTTP/1.0\r\n\r\n');
  clients.push(late);
  begun.write('gun HTTP/1.0\r\n\r\n');
  await arrived();
  expect(asked).toEqual([]);
  one.goOn();
  for (const client of [begun, late]) expect(await client.untilText('answered')).toBe('answered');
  expect(asked.toSorted()).toEqual(['127.0.0.1 /begun', '127.0.0.1 /late']);
});
