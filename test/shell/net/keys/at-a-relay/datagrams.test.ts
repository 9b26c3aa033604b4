import dgram from 'node:dgram';
import { afterEach, expect, it } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { MessageType } from '../../../../../core/wire/pdu.ts';
import { Uplink } from '../../../../../shell/encoder/uplink.ts';
import { OwnKey } from '../../../../../shell/net/keys/own-key.ts';
import { Sealer } from '../../../../../shell/net/keys/seal.ts';
import { RelayApp } from '../../../../../shell/relay/relay.ts';
import type { Endpoint } from '../../../../../shell/net/addresses/address.ts';
import { announce, data, ofKey } from '../../../../core/support/messages.ts';
import { scratchDirectory } from '../../../edge/admission/support.ts';
import { CapturedLog, mp3Frames, sleep } from '../../../support/support.ts';
import { keyedRelay, relaySettings, rereadUntil, TestLink, TestPeer, type KeyedRelay } from '../support.ts';

const studio = new TestPeer('studio-a', { mounts: ['jazz'] });
const edge = new TestPeer('edge-1', { role: 'edge' });
const stops: (() => Promise<unknown> | unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function relayOf(lines: readonly string[], more: Parameters<typeof keyedRelay>[2] = {}): Promise<KeyedRelay> {
  const relay = await keyedRelay(lines, [], more);
  stops.push(() => relay.stop());
  return relay;
}

function ear(relay: KeyedRelay): TestLink {
  const link = new TestLink(relay.out, edge.secret());
  stops.push(() => link.socket.destroy());
  return link;
}

function audioOf({ messages }: TestLink): Buffer {
  return Buffer.concat(messages.filter(({ type }) => type === MessageType.DATA).map(({ payload }) => payload));
}

interface Encoder {
  readonly told: CapturedLog;
  /** The next frames of the programme. */
  send(count: number): Promise<void>;
  /** It has another key from now on. */
  rekey(line: string): Promise<void>;
}

const frames = mp3Frames(60);

async function encoder(peer: TestPeer, targets: readonly Endpoint[], plainTo: readonly Endpoint[] = []): Promise<Encoder> {
  const scratch = scratchDirectory();
  const file = scratch.write('own', peer.line());
  const told = new CapturedLog();
  const key = new OwnKey({ from: { file }, plainTo }, told.log);
  await key.start();
  const settings = withSettings({ stopMs: 200 });
  const uplink = new Uplink(targets, { settings, log: told.log, multicastVia: '127.0.0.1', dialTo: key.dialTo, sealTo: key.sealTo, key: () => key.name });
  stops.push(() => scratch.remove(), () => key.stop(), () => uplink.finish(200));
  uplink.start();
  await expect.poll(() => uplink.targets.every(({ isUp }) => isUp)).toBe(true);
  const session = uplink.open({ mountpoint: 'jazz', headers: [], origin: 'desk', from: 'test' });
  let sent = 0;
  return {
    told,
    send: async (count) => {
      for (let i = 0; i < count; i++) {
        session.audio(frames[sent++]!);
        await sleep(1);
      }
    },
    rekey: async (line) => {
      const before = told.all('file-loaded').length;
      scratch.write('own', line);
      await rereadUntil(() => told.all('file-loaded').length > before);
    },
  };
}

const udp = (port: number): Endpoint => ({ transport: 'udp', host: '127.0.0.1', port });

it('carries a programme by UDP to a relay with keys, and says whose it is', async () => {
  const relay = await relayOf([studio.line(), edge.line()]);
  const hears = ear(relay);
  const sends = await encoder(studio, [udp(relay.in)]);
  await sends.send(30);
  await expect.poll(() => audioOf(hears).equals(Buffer.concat(frames.slice(0, 30)))).toBe(true);
  expect(Buffer.from(hears.messages.find(({ type }) => type === MessageType.SOURCE)!.payload).toString('latin1', 2)).toBe('key:studio-a');
  expect(relay.told.all('path-opened').at(-1)).toMatchObject({ label: expect.stringMatching(/^studio-a 127\.0\.0\.1:\d+$/), transport: 'udp' });
  expect(relay.refused()).toEqual([]);
});

it('has a key replaced on both sides while a programme goes on by UDP, and no frame of it is lost', async () => {
  const peer = new TestPeer('studio-c');
  const relay = await relayOf([peer.line(), edge.line()]);
  const hears = ear(relay);
  const sends = await encoder(peer, [udp(relay.in)]);
  await sends.send(15);
  peer.addKey();
  const added = relay.peers(peer.line(), edge.line());
  await sends.send(10);
  await added;
  const renewed = sends.rekey(peer.line([peer.keys[1]!]));
  await sends.send(10);
  await renewed;
  await sends.send(5);
  await expect.poll(() => audioOf(hears).length).toBe(Buffer.concat(frames.slice(0, 40)).length);
  const removed = relay.peers(peer.line([peer.keys[1]!]), edge.line());
  await sends.send(10);
  await removed;
  await sends.send(10);
  await expect.poll(() => audioOf(hears).equals(Buffer.concat(frames))).toBe(true);
  expect([relay.refused(), relay.told.all('path-closed')]).toEqual([[], []]);
});

it('lets a peer announce by UDP what its key allows, and nothing of a stream of another key', async () => {
  const relay = await relayOf([studio.line(), edge.line()]);
  const hears = ear(relay);
  const socket = dgram.createSocket('udp4');
  stops.push(() => new Promise<void>((resolve) => socket.close(resolve)));
  const sealer = new Sealer(studio.secret().seal);
  const send = (message: Uint8Array): void => socket.send(sealer.seal(message), relay.in, '127.0.0.1');
  const strange = new TestPeer('stranger');
  for (const message of [ofKey(studio.name, announce(1, 'rock')), ofKey(strange.name, announce(1, 'jazz', { stream: 2 })), ofKey(studio.name, announce(1, 'jazz', { stream: 3 })), ofKey(studio.name, data(2, new Uint8Array(9), { stream: 3 }))]) send(message);
  await expect.poll(() => hears.messages.filter(({ type }) => type === MessageType.DATA).length).toBe(1);
  expect(relay.told.all('rights-exceeded').map(({ reason }) => reason)).toEqual(['not-allowed', 'not-owner']);
});

it('carries a programme by multicast to all relays that have the key of its encoder, and no other', async () => {
  // Joined and sent by the interface of 127.0.0.1, so that it stays within this machine.
  const probe = dgram.createSocket('udp4');
  await new Promise<void>((resolve) => probe.bind(0, '127.0.0.1', resolve));
  const { port } = probe.address();
  await new Promise<void>((resolve) => probe.close(resolve));
  const group: Endpoint = { transport: 'udp', host: '239.255.77.3', port };
  const lines = [studio.line(), edge.line()];
  const relays = [await relayOf(lines, { multicasts: [group] }), await relayOf(lines, { multicasts: [group] }), await relayOf([edge.line()], { multicasts: [group] })];
  const ears = relays.map(ear);
  const sends = await encoder(studio, [group]);
  await sends.send(30);
  const all = Buffer.concat(frames.slice(0, 30));
  await expect.poll(() => ears.map((one) => audioOf(one).equals(all))).toEqual([true, true, false]);
  expect(audioOf(ears[2]!)).toHaveLength(0);
  expect(relays.map(({ refused }) => refused())).toEqual([[], [], ['datagram of an unknown key']]);
});

it('is plain where --plain-to says so, and a relay without keys drops what is sealed', async () => {
  const told = new CapturedLog();
  const plain = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: withSettings(relaySettings) }, told.log);
  await plain.start();
  stops.push(() => plain.stop());
  const to = udp(await told.port('in'));
  const sealed = await encoder(studio, [to]);
  await sealed.send(3);
  await told.until('refused', { reason: 'sealed datagram, but no --keys' });
  expect(told.all('stream-new')).toEqual([]);
  const open = await encoder(studio, [to], [to]);
  await open.send(3);
  expect(await told.until('stream-announced')).toMatchObject({ mount: 'jazz' });
});
