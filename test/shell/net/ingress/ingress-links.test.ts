import assert from 'node:assert';
import type { Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import type { PathId } from '../../../../core/base/machine.ts';
import { NEVER } from '../../../../core/base/units.ts';
import { defaultSettings as settings } from '../../../../core/config/settings.ts';
import { anonymous } from '../../../../core/links/peers/peer.ts';
import { HELLO_TAKES_TITLES_AND_WANTS } from '../../../../core/wire/messages/extensions.ts';
import { decodeMessage, MessageType } from '../../../../core/wire/pdu.ts';
import { Refusals } from '../../../../shell/log/refusals.ts';
import type { BusMaker } from '../../../../shell/net/ingress/bus.ts';
import { IngressLinks } from '../../../../shell/net/ingress/ingress-links.ts';
import type { OpenUpstream } from '../../../../shell/net/ingress/subscriptions.ts';
import type { PathMachine } from '../../../../shell/net/ingress/machine-paths.ts';
import { listenTcp, portOf } from '../../../../shell/net/tcp.ts';
import { Driver } from '../../../../shell/process/driver.ts';
import { CapturedLog } from '../../support/support.ts';

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0).toReversed()) stop();
});

/** A machine that says what is done with its paths. The process before has had the first two. */
class Paths implements PathMachine {
  readonly told: string[] = [];
  /** Copies of what has come. */
  readonly heard: Uint8Array[] = [];
  readonly deadline = NEVER;
  readonly deadlineReason = 'none';
  #last = 2;

  advance(): void {}

  openPath(): PathId {
    this.told.push(`${++this.#last} opened`);
    return this.#last as PathId;
  }

  closePath(_now: number, path: PathId, reason: string): void {
    this.told.push(`${path} ${reason}`);
  }

  receive(_now: number, path: PathId, bytes: Uint8Array): void {
    this.heard.push(bytes.slice());
    this.told.push(`${path} heard`);
  }
}

async function relayWithHistory(): Promise<Server> {
  const server = await listenTcp({ address: '127.0.0.1', port: 0, keepAliveMs: 10_000 }, (socket) => {
    socket.write('history');
    stops.push(() => void socket.destroy());
  });
  stops.push(() => void server.close());
  return server;
}

function newLinks(subscribe: BusMaker = () => assert.fail('there is no cluster')): { readonly machine: Paths; readonly links: IngressLinks } {
  const machine = new Paths();
  const told = new CapturedLog();
  const refusals = new Refusals(told.log);
  const links = new IngressLinks({ machine, driver: new Driver(machine, settings), settings, log: told.log, refusals, subscribe });
  stops.push(() => refusals.stop(), () => links.stop());
  return { machine, links };
}

it('closes paths of connections that it cannot go on with once their relays have been reached anew, and says of which they have not', async () => {
  const server = await relayWithHistory();
  const { machine, links } = newLinks();
  const port = portOf(server);
  links.subscribeToAll([{ transport: 'tcp', host: '127.0.0.1', port }]);
  await expect.poll(() => machine.told).toContain('3 heard');
  links.leave([{ path: 1 as PathId, label: `127.0.0.1:${port}` }, { path: 2 as PathId, label: '127.0.0.1:9' }], 0);
  // So a process that takes over from this one before has to close them, too.
  expect(links.left).toEqual([1, 2]);
  await expect.poll(() => machine.told).toContain('2 not reached');
  expect(machine.told).toEqual(['3 opened', '3 heard', '1 stopped', '2 not reached']);
  expect(links.left).toEqual([]);
});

it('says of a cluster of NATS that it takes titles, and no moments, which nobody reads there', () => {
  const subscribe: BusMaker = (_, user) => ({ label: 'cluster', isUp: true, start: () => void user.up(), stop: () => undefined, said: () => undefined, pause: () => undefined, goOn: () => undefined });
  const { machine, links } = newLinks(subscribe);
  links.subscribeToAll([{ transport: 'nats', servers: ['a:4222'], isSecure: false, login: undefined, prefix: 'davecast', domain: undefined }]);
  expect(machine.heard).toHaveLength(1);
  expect(decodeMessage(machine.heard[0]!.subarray(2))).toMatchObject({ type: MessageType.HELLO, sequence: HELLO_TAKES_TITLES_AND_WANTS, replica: 0 });
});

it('says back more than one message in a turn, and leaves out what a relay does not take for long', async () => {
  const server = await relayWithHistory();
  const { machine, links } = newLinks();
  links.subscribeToAll([{ transport: 'tcp', host: '127.0.0.1', port: portOf(server) }]);
  await expect.poll(() => machine.told).toContain('3 heard');
  const [{ path, socket }] = links.open as [OpenUpstream];
  // As by TLS, nothing is taken in the turn in which it is written.
  socket.cork();
  const before = socket.writableLength;
  for (let messages = 0; messages < 10; messages++) links.answer(path, new Uint8Array(60));
  expect(socket.writableLength - before).toBe(600);
  for (let messages = 0; messages < 1_000; messages++) links.answer(path, new Uint8Array(60));
  expect(socket.writableLength).toBeLessThan(16_384 + 60);
  socket.uncork();
});

it('does so to those who have connected, too', () => {
  const { links } = newLinks();
  const written: Uint8Array[] = [];
  const end = { writableLength: 0, write: (bytes: Uint8Array) => void written.push(bytes), destroy: () => undefined };
  links.acceptHere(anonymous('source', 'encoder'), end);
  for (let messages = 0; messages < 1_000; messages++) {
    links.answer(3 as PathId, new Uint8Array(60));
    end.writableLength = 60 * written.length;
  }
  expect(written.length).toBe(Math.ceil(16_384 / 60));
  end.writableLength = 0;
  links.answer(3 as PathId, new Uint8Array(60));
  expect(written.length).toBe(Math.ceil(16_384 / 60) + 1);
});

it('does not lose the relay of its own process to a process that takes over', async () => {
  const machine = new Paths();
  const told = new CapturedLog();
  const refusals = new Refusals(told.log);
  const links = new IngressLinks({ machine, driver: new Driver(machine, settings), settings, log: told.log, refusals, subscribe: () => assert.fail('there is no cluster') });
  stops.push(() => refusals.stop(), () => links.stop());
  links.acceptHere(anonymous('relay', 'relay of this process'), { writableLength: 0, write: () => undefined, destroy: () => undefined });
  links.leave([{ path: 1 as PathId, label: 'relay of this process' }], 0);
  await expect.poll(() => links.left).toEqual([]);
  expect(machine.told).toEqual(['3 opened', '1 stopped']);
});
