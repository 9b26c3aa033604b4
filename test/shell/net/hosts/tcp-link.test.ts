import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import { HostLinks } from '../../../../shell/net/hosts/host-links.ts';
import { TcpLink, type LinkUser } from '../../../../shell/net/hosts/tcp-link.ts';
import { Wiring } from '../../../../shell/net/wiring/wiring.ts';
import { freeTcpPort } from '../../../../bench/common/free-port.ts';
import { CapturedLog } from '../../support/support.ts';

const settings = withSettings({ backoffMinMs: 5, backoffMaxMs: 20 });
const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** A server that keeps what it is told, and can be asked for its newest connection, at a port that stays its own while it is closed. */
async function server(): Promise<{ port: number; sockets: net.Socket[]; received: () => string; net: net.Server }> {
  const sockets: net.Socket[] = [];
  let received = '';
  const listening = net.createServer((socket) => {
    sockets.push(socket.on('error', () => undefined).on('data', (bytes) => {
      // A peer that closes without a word is asked what it is.
      if (!String(bytes).startsWith('GET /davecast-wiring/')) received += String(bytes);
    }));
  });
  const port = await freeTcpPort();
  await new Promise<void>((resolve) => listening.listen(port, '127.0.0.1', resolve));
  stops.push(() => {
    listening.close();
    for (const socket of sockets) socket.destroy();
  });
  return { port, sockets, received: () => received, net: listening };
}

class User implements LinkUser {
  readonly told: string[] = [];
  received = '';

  up(link: TcpLink): void {
    this.told.push('up');
    link.write(Buffer.from('hello'));
  }

  bytes(_link: TcpLink, bytes: Uint8Array): void {
    this.received += Buffer.from(bytes).toString();
  }

  down(_link: TcpLink, reason: string): void {
    this.told.push(`down: ${reason}`);
  }
}

function link(hosts: readonly [string, ...string[]], port: number): { link: TcpLink; user: User; told: CapturedLog } {
  const user = new User();
  const told = new CapturedLog();
  const made = new TcpLink({ hosts, port, endpoint: `relay.test:${port}`, wiring: new Wiring(settings, told.log), settings, watchIdle: false, log: told.log }, user);
  stops.push(() => made.stop());
  made.start();
  return { link: made, user, told };
}

describe('a link', () => {
  it('by which nothing is said says by empty messages that it is there, unless it is one that we read', async () => {
    const { port, received } = await server();
    const silent = { up: () => undefined, bytes: () => undefined, down: () => undefined };
    for (const watchIdle of [true, false]) {
      const before = received().length;
      const { log } = new CapturedLog();
      const made = new TcpLink({ hosts: ['127.0.0.1'], port, endpoint: `relay.test:${port}`, wiring: new Wiring(settings, log), settings, watchIdle, log }, silent);
      stops.push(() => made.stop());
      made.start();
      if (watchIdle) await expect.poll(() => made.isUp).toBe(true);
      else await expect.poll(() => received().length - before).toBeGreaterThanOrEqual(4);
      made.stop();
    }
    expect(received()).toMatch(/^\0+$/);
  });

  it('carries bytes both ways, and is made again when it is lost', async () => {
    const { port, sockets, received } = await server();
    const { user } = link(['127.0.0.1'], port);
    await expect.poll(received).toBe('hello');
    sockets[0]!.write('welcome');
    await expect.poll(() => user.received).toBe('welcome');
    sockets[0]!.end();
    await expect.poll(received).toBe('hellohello');
    sockets[1]!.resetAndDestroy();
    await expect.poll(received).toBe('hellohellohello');
    expect(user.told).toEqual(['up', 'down: closed by peer', 'up', 'down: connection reset by peer (ECONNRESET)', 'up']);
  });

  it('tries the ways to a machine in turn', async () => {
    const { port, received } = await server();
    const { told } = link(['127.0.0.9', '127.0.0.1'], port);
    await expect.poll(received).toBe('hello');
    expect(told.all('disconnected')).toMatchObject([{ peer: `127.0.0.9:${port}`, reason: 'connection refused (ECONNREFUSED)' }]);
  });

  it('tells once that nobody is there, and when somebody is', async () => {
    const { port, net: listening } = await server();
    await new Promise((resolve) => listening.close(resolve));
    const { told } = link(['127.0.0.1'], port);
    await expect.poll(() => told.all('still-disconnected').length).toBeGreaterThan(2);
    expect(told.all('disconnected')).toHaveLength(1);
    listening.listen(port, '127.0.0.1');
    expect(await told.until('connected')).toMatchObject({ peer: `127.0.0.1:${port}` });
  });

  it('is made anew by reset, and silent after stop', async () => {
    const { port, received } = await server();
    const { link: made, user } = link(['127.0.0.1'], port);
    await expect.poll(received).toBe('hello');
    made.reset('stuck');
    await expect.poll(received).toBe('hellohello');
    made.stop();
    made.write(Buffer.from('never'));
    expect(made.isUp).toBe(false);
    expect(user.told).toEqual(['up', 'down: stuck', 'up', 'down: stopped']);
  });

  it('finishes what was written, and tells of no lost connection, and asks nobody, when it is closed then', async () => {
    const { port, sockets, received } = await server();
    const { link: made, user, told } = link(['127.0.0.1'], port);
    await expect.poll(received).toBe('hello');
    made.write(Buffer.alloc(2_000_000, 'x'));
    await made.finish(5_000);
    await expect.poll(() => received().length).toBe(2_000_005);
    expect(user.told).toEqual(['up', 'down: stopped']);
    expect(told.all('disconnected')).toEqual([]);
    // A question would be the one of these two that is accepted first.
    await new Promise<void>((resolve) => net.connect(port, '127.0.0.1').on('error', () => undefined).once('connect', function(this: net.Socket) { this.end(resolve); }));
    expect(sockets).toHaveLength(2);
  });
});

describe('the links of a host', () => {
  it('are one for an address, and tell that a name is unknown', async () => {
    const { port, received } = await server();
    const told = new CapturedLog();
    const found: string[] = [];
    const user = Object.assign(new User(), { found: ({ label }: TcpLink) => found.push(label) > 0 });
    for (const host of ['127.0.0.1', 'no-such-name.invalid']) {
      const links = new HostLinks({ transport: 'tcp', host, port }, { settings, wiring: new Wiring(settings, told.log), watchIdle: false, log: told.log }, user);
      stops.push(() => links.stop());
      links.start();
    }
    await expect.poll(received).toBe('hello');
    expect(found).toEqual([`127.0.0.1:${port}`]);
    expect(await told.until('unresolved')).toMatchObject({ peer: `no-such-name.invalid:${port}` });
  });
});
