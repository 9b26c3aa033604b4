import net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { withSettings } from '../../../../../core/config/settings.ts';
import { MessageType } from '../../../../../core/wire/pdu.ts';
import { Uplink } from '../../../../../shell/encoder/uplink.ts';
import { OwnKey } from '../../../../../shell/net/keys/own-key.ts';
import { announce, data } from '../../../../core/support/messages.ts';
import { CapturedLog, mp3Frames, sleep } from '../../../support/support.ts';
import { keyedRelay, of, relaySettings, TestLink, TestPeer } from '../support.ts';

const studio = new TestPeer('studio-a');
const edge = new TestPeer('edge-1', { role: 'edge' });
const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

it('an edge that does not read loses what is beyond its place, and nobody else anything', async () => {
  const relay = await keyedRelay([studio.line(), edge.line()], [], { settings: withSettings({ ...relaySettings, subscriberInFlightBytes: 65_536, historyBytes: 1_048_576, historyMs: 1_000 }) });
  stops.push(() => relay.stop());
  const [pushing, stuck, ear] = [new TestLink(relay.in, studio.secret()), new TestLink(relay.out, edge.secret()), new TestLink(relay.out, edge.secret())];
  stops.push(...[pushing, stuck, ear].map(({ socket }) => () => socket.destroy()));
  await expect.poll(() => [pushing, stuck, ear].every(({ isOpen }) => isOpen)).toBe(true);
  // Its bytes go by a buffer of its own, and are not read on behind the first of them.
  stuck.socket.pause();
  (stuck.socket as unknown as { readonly _handle: { readStop(): void } })._handle.readStop();
  let sent = 0;
  const heard = (): number => ear.messages.filter(({ type }) => type === MessageType.DATA).length;
  pushing.socket.write(of(studio, announce(1, 'jazz')));
  const isBehind = (): boolean => relay.told.all('subscriber-behind').length > 0;
  for (let sequence = 2; !isBehind() && sequence < 8_000; sequence++) {
    sent++;
    pushing.socket.write(of(studio, data(sequence, new Uint8Array(4_000))));
    if (sequence % 10 === 0) await expect.poll(heard, { interval: 1 }).toBe(sent);
  }
  expect(isBehind()).toBe(true);
  await expect.poll(heard).toBe(sent);
  expect(relay.told.all('subscriber-behind')).toHaveLength(1);
});

it('an encoder notices a relay that acknowledges nothing more', async () => {
  const relay = await keyedRelay([studio.line()]);
  let isFrozen = false;
  const sockets: net.Socket[] = [];
  const between = net.createServer((near) => {
    const far = net.connect({ port: relay.in, host: '127.0.0.1' });
    sockets.push(near.on('error', () => undefined), far.on('error', () => undefined));
    near.on('data', (bytes) => void (isFrozen || far.write(bytes)));
    far.on('data', (bytes) => void (isFrozen || near.write(bytes)));
  });
  await new Promise<void>((resolve) => between.listen(0, '127.0.0.1', resolve));
  stops.push(() => relay.stop(), () => between.close(), () => sockets.forEach((socket) => socket.destroy()));
  const told = new CapturedLog();
  const key = new OwnKey({ from: { secret: studio.secret() }, plainTo: [] }, told.log);
  const settings = withSettings({ backoffMinMs: 5, backoffMaxMs: 20, stopMs: 100, targetStuckMs: 500 });
  const uplink = new Uplink([{ transport: 'tcp', host: '127.0.0.1', port: (between.address() as net.AddressInfo).port }], { settings, log: told.log, multicastVia: undefined, dialTo: key.dialTo, key: () => key.name });
  stops.push(() => uplink.finish(100));
  uplink.start();
  const session = uplink.open({ mountpoint: 'jazz', origin: 'desk', from: 'test' });
  await told.until('target-up');
  const frames = mp3Frames(2_000);
  let at = 0;
  const send = setInterval(() => session.audio(frames[at++ % frames.length]!), 10);
  stops.push(() => clearInterval(send));
  await relay.told.until('stream-announced');
  // Acknowledged by now.
  await sleep(100);
  isFrozen = true;
  await told.until('target-stuck');
  isFrozen = false;
  await expect.poll(() => told.all('target-up').length).toBeGreaterThan(1);
});
