import net from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { KeptConnections, type KeptConnection } from '../../../../shell/http/server/kept-connections.ts';
import { SteadyTimers } from '../../../../shell/process/time/steady-timers.ts';
import { RawClient } from '../../support/support.ts';

const timers = new SteadyTimers(defaultSettings);
const clients: RawClient[] = [];
const server = net.createServer();
const accepted: net.Socket[] = [];
server.on('connection', (socket) => accepted.push(socket.on('error', () => undefined)));

afterAll(() => {
  for (const { socket } of clients) socket.destroy();
  server.close();
  timers.stop();
});

it('too many connections between two requests cost the address that has most of them the one that has waited for longest', async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  const begun: [string, string][] = [];
  const kept = new KeptConnections<KeptConnection & { readonly name: string }>({ timers, begin: ({ name }, first) => begun.push([name, Buffer.from(first).toString()]), stuck: () => undefined, maxKept: 3 });
  const join = async (name: string, address: string): Promise<RawClient> => {
    const client = new RawClient(port);
    clients.push(client);
    await expect.poll(() => accepted.length).toBe(clients.length);
    const member = { name, socket: accepted.at(-1)!, address, since: 0 as Micros, requests: 0 };
    member.socket.on('close', () => kept.delete(member));
    kept.answer(member, ['answer of ', Buffer.from(name)], new Uint8Array(0));
    await client.untilText(`answer of ${name}`);
    await expect.poll(() => [...kept.idle].some((one) => one.name === name)).toBe(true);
    return client;
  };
  const other = await join('other', '192.0.2.9');
  const first = await join('first', '192.0.2.1');
  await join('second', '192.0.2.1');
  await join('third', '192.0.2.1');
  await first.closed;
  expect([...kept.idle].map(({ name }) => name)).toEqual(['other', 'second', 'third']);
  other.write('again');
  await expect.poll(() => begun).toEqual([['other', 'again']]);
  expect([...kept.idle].map(({ name }) => name)).toEqual(['second', 'third']);
  kept.end();
  await Promise.all(clients.slice(2).map(({ closed }) => closed));
  expect(other.socket.destroyed).toBe(false);
});
