import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { encodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { Deframer } from '../../../core/wire/deframer.ts';
import { encodeOrigin } from '../../../core/wire/messages/extensions.ts';
import { decodeMessage, encodeMessage, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import { EncoderApp } from '../../../shell/encoder/encoder.ts';
import { newStreamId } from '../../../shell/encoder/session.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { framed } from '../../core/support/messages.ts';
import { CapturedLog, mp3Frames, RawClient, sleep } from '../support/support.ts';

const running: { stop(): Promise<void> | void }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function relayPort(): Promise<number> {
  const told = new CapturedLog();
  const relay = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: withSettings({ acknowledgeMs: 20 }) }, told.log);
  running.push(relay);
  await relay.start();
  return await told.port('in');
}

/** An encoder by hand. */
function pusher(port: number): { client: RawClient; push(type: number, payload: Uint8Array): number } {
  const client = new RawClient(port);
  running.push({ stop: () => void client.socket.destroy() });
  const streamId = newStreamId();
  let sequence = 0;
  return {
    client,
    push: (type, payload) => {
      sequence++;
      client.write(framed(encodeMessage({ type, replica: 0, streamId, sequence, payload })));
      return sequence;
    },
  };
}

function messagesIn(bytes: Uint8Array): Message[] {
  const messages: Message[] = [];
  new Deframer((all, start, end) => messages.push(decodeMessage(all.subarray(start, end)) as Message)).push(bytes);
  return messages;
}

describe('a relay', () => {
  it('acknowledges to an encoder that says what it is called, and says nothing to any other', async () => {
    const port = await relayPort();
    const [ours, original] = [pusher(port), pusher(port)];
    for (const { push } of [ours, original]) push(MessageType.ANNOUNCE, encodeAnnouncement({ audioType: 1, mountpoint: 'x' }));
    ours.push(MessageType.ORIGIN, encodeOrigin('studio'));
    let newest = 0;
    for (let i = 0; i < 5; i++) {
      newest = ours.push(MessageType.DATA, new Uint8Array(100));
      original.push(MessageType.DATA, new Uint8Array(100));
      await sleep(10);
    }
    await expect.poll(() => messagesIn(ours.client.received).at(-1)?.sequence).toBe(newest);
    const [hello, ...others] = messagesIn(ours.client.received);
    expect(hello?.type).toBe(MessageType.HELLO);
    expect(others.every(({ type }) => type === MessageType.ACK)).toBe(true);
    expect(original.client.received.length).toBe(0);
  });

  it('keeps nothing for an encoder that asks and does not read', async () => {
    const port = await relayPort();
    const { client, push } = pusher(port);
    client.socket.pause();
    push(MessageType.ORIGIN, encodeOrigin('studio'));
    for (let i = 0; i < 50; i++) {
      push(MessageType.DATA, new Uint8Array(1_000));
      await sleep(1);
    }
    client.socket.resume();
    await expect.poll(() => messagesIn(client.received).at(-1)?.sequence).toBe(51);
  });
});

describe('an encoder', () => {
  it('connects anew to a relay that has acknowledged and does so no more', async () => {
    // It reads all that comes, as a kernel does for a process that stands still, but only the first connection is acknowledged, and that only once.
    let connections = 0;
    const standing = net.createServer((socket) => {
      connections++;
      running.push({ stop: () => void socket.destroy() });
      let silent = connections > 1;
      const deframer = new Deframer((all, start, end) => {
        const message = decodeMessage(all.subarray(start, end));
        if (silent || typeof message === 'string') return;
        silent = true;
        socket.write(framed(encodeMessage({ ...message, type: MessageType.ACK, payload: new Uint8Array(0) })));
      });
      socket.on('error', () => undefined).on('data', (bytes) => deframer.push(bytes));
    });
    await new Promise<void>((resolve) => standing.listen(0, '127.0.0.1', resolve));
    running.push({ stop: () => void standing.close() });
    const target = `127.0.0.1:${(standing.address() as net.AddressInfo).port}`;
    const told = new CapturedLog();
    const encoder = new EncoderApp({
      mounts: [{ name: 'one', input: { kind: 'listen', password: undefined }, headers: [], title: '', origin: 'studio' }], targets: [parseEndpoint(target)!], bind: '127.0.0.1',
      settings: withSettings({ targetStuckMs: 200, backoffMinMs: 5, backoffMaxMs: 20 }),
    }, told.log);
    running.push(encoder);
    await encoder.start();
    const source = new RawClient(await told.port('source')).write('SOURCE /x HTTP/1.0\r\n\r\n');
    running.push({ stop: () => void source.socket.destroy() });
    await source.untilText('200 OK');
    const frames = mp3Frames(200);
    const timer = setInterval(() => {
      const frame = frames.shift();
      if (frame !== undefined) source.write(frame);
    }, 20);
    running.push({ stop: () => clearInterval(timer) });
    expect(await told.until('target-stuck')).toMatchObject({ target: 0, label: target });
    await expect.poll(() => connections).toBeGreaterThan(1);
  });
});
