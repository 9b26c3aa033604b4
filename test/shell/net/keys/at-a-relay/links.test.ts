import dgram from 'node:dgram';
import tls from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { MessageType } from '../../../../../core/wire/pdu.ts';
import { encodeOrigin } from '../../../../../core/wire/messages/extensions.ts';
import { Uplink } from '../../../../../shell/encoder/uplink.ts';
import { OwnKey } from '../../../../../shell/net/keys/own-key.ts';
import { secretOf } from '../../../../../shell/net/keys/file/entry.ts';
import { announce, data, framed, message } from '../../../../core/support/messages.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog, mp3Frames, sleep } from '../../../support/support.ts';
import { serverOptions } from '../../tls/support.ts';
import { keyedRelay, of, rereadUntil, TestLink, TestPeer, type KeyedRelay } from '../support.ts';

const studio = new TestPeer('studio-a', { mounts: ['jazz'] });
const small = new TestPeer('studio-b', { limits: { connections: 2, messagesPerSecond: 1 } });
const edge = new TestPeer('edge-1', { role: 'edge' });
const lines = [studio.line(), small.line(), edge.line()];

let relay: KeyedRelay;
const links: TestLink[] = [];
const stops: (() => Promise<unknown> | void)[] = [];

beforeAll(async () => void (relay = await keyedRelay(lines)));
afterAll(() => relay.stop());
afterEach(async () => {
  for (const link of links.splice(0)) link.socket.destroy();
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function link(port: number, peer?: TestPeer, at = 0): Promise<TestLink> {
  const made = new TestLink(port, peer?.secret(at));
  links.push(made);
  await expect.poll(() => made.isOpen || made.isClosed).toBe(true);
  return made;
}

const audioOf = ({ messages }: TestLink): readonly number[] => messages.filter(({ type }) => type === MessageType.DATA).map(({ sequence }) => sequence);

describe('a relay with a keys file', () => {
  it('lets in who has a key, carries what he pushes, and says who it was', async () => {
    const [pushing, ear] = [await link(relay.in, studio), await link(relay.out, edge)];
    pushing.socket.write(of(studio, announce(1, 'jazz'), message(MessageType.ORIGIN, 2, encodeOrigin('desk 1')), data(3, new Uint8Array(9)), announce(1, 'rock', { stream: 2 })));
    await expect.poll(() => audioOf(ear)).toEqual([3]);
    expect(Buffer.from(ear.messages.find(({ type }) => type === MessageType.SOURCE)!.payload).toString('latin1', 2)).toBe('key:studio-a');
    // What comes back comes by it, too.
    await expect.poll(() => pushing.messages.filter(({ type }) => type === MessageType.ACK).map(({ sequence }) => sequence)).toContain(3);
    expect(relay.told.all('path-opened').at(-1)?.['label']).toMatch(/^studio-a 127\.0\.0\.1:\d+$/);
    pushing.socket.end();
    expect(await relay.told.until('path-closed', { reason: 'closed by peer' })).toMatchObject({ dropped: { 'not-allowed': 1 } });
    const { protocol, name } = { protocol: (ear.socket as tls.TLSSocket).getProtocol(), name: (ear.socket as tls.TLSSocket).getCipher().standardName };
    expect([protocol, name]).toEqual(['TLSv1.3', 'TLS_AES_128_GCM_SHA256']);
  });

  it('takes either cipher', async () => {
    const { identity, psk } = edge.secret();
    const socket = tls.connect({ port: relay.out, host: '127.0.0.1', minVersion: 'TLSv1.3', ciphers: 'TLS_CHACHA20_POLY1305_SHA256', ca: [], pskCallback: () => ({ identity, psk }) } as tls.ConnectionOptions);
    stops.push(() => void socket.destroy());
    await new Promise((resolve) => socket.once('data', resolve));
    expect(socket.getCipher().name).toBe('TLS_CHACHA20_POLY1305_SHA256');
  });

  it('refuses a key that is not there, a wrong one of a name, and that of another port, and each is told why', async () => {
    const stranger = await link(relay.in, new TestPeer('stranger'));
    const { psk } = secretOf('studio-a', new Uint8Array(32));
    const wrong = new TestLink(relay.in, { ...studio.secret(), psk });
    links.push(wrong);
    await expect.poll(() => wrong.isClosed).toBe(true);
    expect([stranger, wrong].map(({ isOpen, reason }) => [isOpen, reason])).toEqual(Array.from({ length: 2 }, () => [false, 'the other end does not know this key']));
    const misplaced = await link(relay.out, studio);
    await expect.poll(() => misplaced.isClosed).toBe(true);
    const other = await link(relay.in, edge);
    await expect.poll(() => other.isClosed).toBe(true);
    for (const { messages } of [misplaced, other]) expect(messages.map(({ type }) => type)).toEqual([MessageType.REFUSED]);
    const refused = relay.told.all('refused').map(({ reason, key }) => [reason, key]);
    expect(refused).toEqual(expect.arrayContaining([['unknown key', undefined], ['TLS handshake failed', 'studio-a'], ['key is for another port', 'studio-a'], ['key is for another port', 'edge-1']]));
  });

  it('refuses who shows no key: by plain bytes, by a certificate, and by an older TLS', async () => {
    const plain = await link(relay.in);
    plain.socket.write(framed(announce(1, 'jazz', { stream: 7 })));
    await expect.poll(() => plain.isClosed).toBe(true);
    expect(relay.refused()).toContain('link without a key');
    for (const options of [{}, { maxVersion: 'TLSv1.2' }] as const) {
      const socket = tls.connect({ port: relay.in, host: '127.0.0.1', rejectUnauthorized: false, ...options });
      const isOpen = await new Promise((resolve) => {
        socket.on('secureConnect', () => resolve(true));
        socket.on('error', () => resolve(false));
      });
      expect(isOpen).toBe(false);
    }
    expect(relay.told.all('stream-new').some(({ label }) => !String(label).startsWith('studio-'))).toBe(false);
  });

  it('takes no datagram', async () => {
    const socket = dgram.createSocket('udp4');
    stops.push(() => void socket.close());
    socket.send(announce(1, 'jazz', { stream: 8 }), relay.in, '127.0.0.1');
    await relay.told.until('refused', { reason: 'datagram without a key' });
  });

  it('closes the oldest connection of a key that has too many, and others notice nothing', async () => {
    const other = await link(relay.in, studio);
    const all = [await link(relay.in, small), await link(relay.in, small), await link(relay.in, small)];
    await expect.poll(() => all.map(({ isClosed }) => isClosed)).toEqual([true, false, false]);
    expect(await relay.told.until('path-closed', { reason: 'too many connections of a key' })).toMatchObject({ label: expect.stringMatching(/^studio-b /) });
    expect(other.isClosed).toBe(false);
  });

  it('reads a key that sends too fast more slowly, and others as before', async () => {
    const [fast, other, ear] = [await link(relay.in, small), await link(relay.in, studio), await link(relay.out, edge)];
    fast.socket.write(of(small, announce(1, 'flood', { stream: 21 })));
    let isDrained = false;
    fast.socket.write(Buffer.alloc(8_000_000), () => (isDrained = true));
    await relay.told.until('refused', { reason: 'key sends too fast: read more slowly' });
    other.socket.write(of(studio, announce(1, 'jazz', { stream: 22 }), data(2, new Uint8Array(9), { stream: 22 })));
    await expect.poll(() => ear.messages.some(({ type, streamId }) => type === MessageType.DATA && streamId[1] === 22)).toBe(true);
    expect(isDrained).toBe(false);
  });
});

it('does without a key where --plain-from says so, of who sends at once, later, and nothing at all', async () => {
  const open = await keyedRelay(lines, ['127.0.0.1']);
  stops.push(() => open.stop());
  const ear = await link(open.out);
  const [atOnce, keyed, late] = [await link(open.in), await link(open.in, studio), await link(open.in)];
  atOnce.socket.write(framed(announce(1, 'rock', { stream: 4 }), data(2, new Uint8Array(9), { stream: 4 })));
  keyed.socket.write(of(studio, announce(1, 'jazz'), data(2, new Uint8Array(9))));
  await open.told.until('subscriber-joined');
  await expect.poll(() => open.told.all('path-opened').length).toBe(3);
  late.socket.write(framed(announce(1, 'news', { stream: 5 }), data(2, new Uint8Array(9), { stream: 5 })));
  await expect.poll(() => audioOf(ear).length).toBe(3);
  expect(open.refused()).toEqual([]);
});

it('connects to nobody by a certificate, whoever has signed it', async () => {
  let isOpen = false;
  const server = tls.createServer(serverOptions('local'), (socket) => {
    isOpen = true;
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stops.push(() => void server.close());
  const made = await link((server.address() as { readonly port: number }).port, studio);
  expect([made.isOpen, made.reason]).toEqual([false, 'the other end does not know this key']);
  await expect.poll(() => made.isClosed).toBe(true);
  expect(isOpen).toBe(false);
});

it('has a key replaced while a stream goes on, and no frame of it is lost', async () => {
  const peer = new TestPeer('studio-c');
  const own = await keyedRelay([peer.line(), edge.line()]);
  stops.push(() => own.stop());
  const scratch = scratchDirectory();
  stops.push(() => scratch.remove());
  const file = scratch.write('own', peer.line());
  const told = new CapturedLog();
  const key = new OwnKey({ from: { file }, plainTo: [] }, told.log);
  await key.start();
  const settings = withSettings({ backoffMinMs: 5, backoffMaxMs: 20, stopMs: 200, targetFlushMs: 1 });
  const uplink = new Uplink([{ transport: 'tcp', host: '127.0.0.1', port: own.in }], { settings, log: told.log, multicastVia: undefined, dialTo: key.dialTo, key: () => key.name });
  stops.push(() => uplink.finish(200).then(() => key.stop()));
  const ear = await link(own.out, edge);
  uplink.start();
  const session = uplink.open({ mountpoint: 'jazz', headers: [], origin: 'desk', from: 'test' });
  const frames = mp3Frames(60);
  let sent = 0;
  const send = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i++) {
      session.audio(frames[sent++]!);
      await sleep(2);
    }
  };
  await told.until('target-up');
  await send(15);
  peer.addKey();
  await own.peers(peer.line(), edge.line());
  await send(10);
  expect(own.told.all('path-closed')).toEqual([]);
  scratch.write('own', peer.line([peer.keys[1]!]));
  await rereadUntil(() => told.all('file-loaded').length > 1);
  await send(10);
  expect(own.told.all('path-closed')).toEqual([]);
  const replaced = own.peers(peer.line([peer.keys[1]!]), edge.line());
  await send(10);
  await replaced;
  expect(await own.told.until('path-closed')).toMatchObject({ reason: 'key withdrawn' });
  await send(15);
  await expect.poll(() => Buffer.concat(ear.messages.filter(({ type }) => type === MessageType.DATA).map(({ payload }) => payload)).equals(Buffer.concat(frames))).toBe(true);
  expect(told.all('connected')).toHaveLength(2);
  expect(ear.isClosed).toBe(false);
  await own.peers('nonsense');
  expect(own.told.all('file-refused')).toHaveLength(1);
  expect(own.told.all('path-closed')).toHaveLength(1);
  await own.peers(peer.line([peer.keys[1]!]));
  await expect.poll(() => ear.isClosed).toBe(true);
  expect(own.told.all('subscriber-left')).toMatchObject([{ reason: 'key withdrawn' }]);
});
