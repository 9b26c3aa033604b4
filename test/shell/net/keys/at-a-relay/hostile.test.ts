import { randomBytes } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { MessageType } from '../../../../../core/wire/pdu.ts';
import { KeyedPort } from '../../../../../shell/net/keys/keyed-port.ts';
import { Paces } from '../../../../../shell/net/keys/pace.ts';
import { PeerKeys } from '../../../../../shell/net/keys/file/peer-keys.ts';
import { Refusals } from '../../../../../shell/log/refusals.ts';
import type { AcceptedLink } from '../../../../../shell/net/ingress/accepted-link.ts';
import { listenTcp, portOf } from '../../../../../shell/net/tcp.ts';
import { announce, data } from '../../../../core/support/messages.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog, RawClient } from '../../../support/support.ts';
import { keyedRelay, of, TestLink, TestPeer, type KeyedRelay } from '../support.ts';

const studio = new TestPeer('studio-a');
const hostile = new TestPeer('hostile');
const edge = new TestPeer('edge-1', { role: 'edge' });
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A port of its own, with few places. */
async function port(options: { readonly maxHandshakes?: number; readonly handshakeMs?: number }): Promise<{ readonly port: number; readonly links: AcceptedLink[]; readonly refused: () => unknown[] }> {
  const scratch = scratchDirectory();
  const told = new CapturedLog();
  const keys = new PeerKeys(scratch.write('keys', studio.line()), told.log);
  await keys.start();
  const refusals = new Refusals(told.log);
  const settings = withSettings({});
  const keyed = new KeyedPort({ keys, paces: new Paces(), settings, refusals, isPlain: () => false, ...options });
  const links: AcceptedLink[] = [];
  const server = await listenTcp({ address: '127.0.0.1', port: 0, keepAliveMs: 5_000, pauseOnConnect: true }, (socket) => keyed.accept(socket, 'in', (link) => links.push(link)));
  stops.push(() => scratch.remove(), () => server.close(), () => keys.stop(), () => refusals.stop(), () => keyed.stop(), () => links.forEach(({ socket }) => socket.destroy()));
  return { port: portOf(server), links, refused: () => told.all('refused').map(({ reason }) => reason) };
}

function client(to: number, first?: Uint8Array): RawClient {
  const made = new RawClient(to);
  stops.push(() => made.socket.destroy());
  if (first !== undefined) made.write(first);
  return made;
}

/** What a client with this key begins with. */
async function hello(peer: TestPeer): Promise<Buffer> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bytes = new Promise<Buffer>((resolve) => server.once('connection', (socket) => socket.once('data', (first) => {
    socket.destroy();
    resolve(first);
  })));
  const link = new TestLink((server.address() as net.AddressInfo).port, peer.secret());
  const first = await bytes;
  link.socket.destroy();
  server.close();
  return first;
}

/** Passes the handshake on as it is, and harms what the client sends behind it. */
async function between(to: number, harm: 'flip' | 'repeat' | 'cut'): Promise<number> {
  const server = net.createServer((near) => {
    const far = net.connect({ port: to, host: '127.0.0.1' });
    stops.push(() => near.destroy(), () => far.destroy());
    far.on('error', () => undefined).pipe(near.on('error', () => undefined));
    far.on('close', () => near.destroy());
    let chunks = 0;
    near.on('data', (bytes) => {
      chunks++;
      // The hello, and then the end of the handshake: 5 bytes of a change of ciphers, and 58.
      if (chunks <= 2) return far.write(bytes);
      if (harm === 'flip') bytes[bytes.length - 20]! ^= 1;
      far.write(harm === 'cut' ? bytes.subarray(0, -1) : bytes);
      if (harm === 'repeat') far.write(bytes);
      if (harm === 'cut') far.end();
      return true;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => server.close());
  return (server.address() as net.AddressInfo).port;
}

const whole = (link: TestLink): Promise<void> => expect.poll(() => link.isOpen || link.isClosed).toBe(true) as Promise<void>;

describe('a port of keys', () => {
  it('has so many handshakes at a time, and for one more the oldest goes', async () => {
    const { port: to, links, refused } = await port({ maxHandshakes: 3 });
    const first = await hello(studio);
    const halves = [client(to), client(to, first.subarray(0, 4)), client(to, first.subarray(0, -1))];
    await expect.poll(() => halves.every(({ socket }) => !socket.connecting)).toBe(true);
    const good = new TestLink(to, studio.secret());
    stops.push(() => good.socket.destroy());
    await halves[0]!.closed;
    await whole(good);
    expect(good.isOpen).toBe(true);
    expect(links).toHaveLength(1);
    expect(refused()).toEqual(['too many unfinished TLS handshakes']);
    expect(halves.slice(1).map(({ socket }) => socket.destroyed)).toEqual([false, false]);
  });

  it('gives each its time, silent or slow, before and within the handshake', async () => {
    const { port: to, links, refused } = await port({ handshakeMs: 40 });
    const first = await hello(studio);
    // One that goes on after its hello is at its handshake until it says so, too.
    const slow = [client(to), client(to, first.subarray(0, 9)), client(to, first)];
    for (const { closed } of slow) await closed;
    expect(links).toEqual([]);
    expect(refused().toSorted()).toEqual(['TLS handshake not finished in time', 'link without a key']);
  });

  it('takes a hello again that somebody has recorded, and gives nothing for it', async () => {
    const { port: to, links } = await port({ handshakeMs: 60 });
    const again = client(to, await hello(studio));
    await again.closed;
    expect(links).toEqual([]);
  });
});

it('lets nobody go on with a session, who need show no key for it', async () => {
  const { port: to, links } = await port({});
  const { identity, psk } = studio.secret();
  const options = { port: to, host: '127.0.0.1', minVersion: 'TLSv1.3', rejectUnauthorized: false } as const;
  const first = tls.connect({ ...options, ca: [], pskCallback: () => ({ identity, psk }) } as tls.ConnectionOptions);
  stops.push(() => first.destroy());
  const sessions: Buffer[] = [];
  first.on('session', (session: Buffer) => sessions.push(session));
  await expect.poll(() => links.length).toBe(1);
  links[0]!.socket.write('x');
  await new Promise((resolve) => first.once('data', resolve));
  const session = sessions.at(-1) ?? first.getSession();
  expect(session).toBeDefined();
  const again = tls.connect({ ...options, ca: [], session });
  const isOpen = await new Promise((resolve) => {
    again.on('secureConnect', () => resolve(true));
    again.on('error', () => resolve(false));
  });
  again.destroy();
  expect(isOpen).toBe(false);
  expect(links).toHaveLength(1);
});

describe('what is no link', () => {
  let relay: KeyedRelay;
  beforeAll(async () => void (relay = await keyedRelay([studio.line(), hostile.line(), edge.line()])));
  afterAll(() => relay.stop());

  it('costs whoever is there nothing: bytes before the session, and bits that change within it', async () => {
    const ear = new TestLink(relay.out, edge.secret());
    const good = new TestLink(relay.in, studio.secret());
    stops.push(() => ear.socket.destroy(), () => good.socket.destroy());
    await Promise.all([whole(ear), whole(good)]);
    good.socket.write(of(studio, announce(1, 'jazz'), data(2, new Uint8Array(9))));
    const first = await hello(hostile);
    const draw = (below: number): number => randomBytes(4).readUInt32BE() % below;
    const fuzzed = Array.from({ length: 150 }, (_, at) => {
      const bytes = Buffer.from(first);
      if (at % 3 === 0) return Buffer.concat([Buffer.of(22), randomBytes(draw(600))]);
      if (at % 3 === 1) return randomBytes(1 + draw(600));
      for (let i = 0; i < 1 + draw(4); i++) bytes[5 + draw(bytes.length - 5)]! ^= 1 << draw(8);
      return bytes;
    });
    const clients = fuzzed.map((bytes, at) => client(at % 2 === 0 ? relay.in : relay.out, bytes));
    for (const { socket } of clients) socket.end();
    await Promise.all(clients.map(({ closed }) => closed));
    // Sessions that are good until a bit of what comes by them is another one, or a record comes twice.
    for (const [at, harm] of (['flip', 'repeat', 'cut', 'flip'] as const).entries()) {
      const link = new TestLink(await between(relay.in, harm), hostile.secret());
      stops.push(() => link.socket.destroy());
      await whole(link);
      expect(link.isOpen).toBe(true);
      link.socket.write(of(hostile, announce(1, harm, { stream: 30 + at })));
      await expect.poll(() => link.isClosed).toBe(true);
    }
    expect(relay.told.all('stream-announced').map(({ mount }) => mount)).toEqual(['jazz', 'repeat']);
    good.socket.write(of(studio, data(3, new Uint8Array(9))));
    await expect.poll(() => ear.messages.filter(({ type, streamId }) => type === MessageType.DATA && streamId[1] === 1).map(({ sequence }) => sequence)).toEqual([2, 3]);
    expect([ear.isClosed, good.isClosed]).toEqual([false, false]);
  });
});
