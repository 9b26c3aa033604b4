import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { withSettings } from '../../../../core/config/settings.ts';
import { encodeAnnouncement } from '../../../../core/wire/messages/announce.ts';
import { encodeHello } from '../../../../core/wire/messages/extensions.ts';
import { encodeMessage, MessageType } from '../../../../core/wire/pdu.ts';
import { EdgeApp } from '../../../../shell/edge/edge.ts';
import { EncoderApp } from '../../../../shell/encoder/encoder.ts';
import { newStreamId } from '../../../../shell/encoder/session.ts';
import { parseEndpoint } from '../../../../shell/net/addresses/address.ts';
import type { App } from '../../../../shell/process/app.ts';
import { RelayApp } from '../../../../shell/relay/relay.ts';
import { framed } from '../../../core/support/messages.ts';
import { freeTcpPort } from '../../../../bench/common/free-port.ts';
import { CapturedLog, mp3Frames, RawClient, sleep, type Told } from '../../support/support.ts';

const settings = withSettings({ silentPeerMs: 300, firstMessageMs: 1_500, idleMs: 1_000, backoffMinMs: 20, backoffMaxMs: 100, stopMs: 100 });
const running: { stop(): Promise<void> | void }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(make: (log: CapturedLog['log']) => App): Promise<CapturedLog> {
  const told = new CapturedLog();
  const app = make(told.log);
  running.push(app);
  await app.start();
  return told;
}

async function relay(upstreams: readonly string[] = []): Promise<{ told: CapturedLog; in: number; out: number }> {
  // Of which another one can take the place.
  const [inPort, outPort] = [await freeTcpPort(), await freeTcpPort()];
  const told = await start((log) => new RelayApp({ bind: '127.0.0.1', inPort, outPort, upstreams: upstreams.map((text) => parseEndpoint(text)!), multicasts: [], settings }, log));
  return { told, in: await told.port('in'), out: await told.port('out') };
}

async function edge(...relays: readonly string[]): Promise<CapturedLog> {
  return await start((log) => new EdgeApp({ bind: '127.0.0.1', httpPort: 0, relays: relays.map((text) => parseEndpoint(text)!), settings }, log));
}

/** An encoder, with a source if it is to have one. */
async function encoder(targets: readonly string[], hasSource: boolean): Promise<CapturedLog> {
  const told = await start((log) => new EncoderApp({
    mounts: [{ name: 'jazz', input: { kind: 'listen', password: undefined }, headers: [], title: '', origin: 'studio' }],
    targets: targets.map((text) => parseEndpoint(text)!),
    bind: '127.0.0.1',
    settings,
  }, log));
  if (!hasSource) return told;
  const source = new RawClient(await told.port('source')).write('SOURCE /jazz HTTP/1.0\r\n\r\n');
  running.push({ stop: () => void source.socket.destroy() });
  await source.untilText('200 OK');
  source.write(Buffer.concat(mp3Frames(100)));
  return told;
}

/** What a server of another kind does with a connection. */
async function server(serve: (socket: net.Socket) => void): Promise<number> {
  const sockets = new Set<net.Socket>();
  const listening = net.createServer((socket) => {
    sockets.add(socket.on('error', () => undefined));
    serve(socket);
  });
  await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
  running.push({
    stop: () => {
      listening.close();
      for (const socket of sockets) socket.destroy();
    },
  });
  return (listening.address() as net.AddressInfo).port;
}

const wiring = ({ events }: CapturedLog): readonly Told[] => events.filter(({ kind }) => kind === 'wiring');
const at = (port: number): string => `127.0.0.1:${port}`;

describe('an encoder', () => {
  it.each([true, false])('that pushes to the outgoing port is told of by both sides; with a source: %s', async (hasSource) => {
    const wrong = await relay();
    const told = await encoder([at(wrong.out)], hasSource);
    expect(await told.until('wiring')).toMatchObject({ peer: at(wrong.out), problem: 'target-is-out-port' });
    expect(await wrong.told.until('wiring')).toMatchObject({ problem: 'source-on-out-port' });
  });

  it('that pushes to the outgoing port of an original relay tells of it', async () => {
    const announcement = encodeMessage({ type: MessageType.ANNOUNCE, replica: 0, streamId: newStreamId(), sequence: 1, payload: encodeAnnouncement({ audioType: 1, mountpoint: 'jazz' }) });
    const port = await server((socket) => void socket.write(framed(announcement)));
    expect(await (await encoder([at(port)], true)).until('wiring')).toMatchObject({ problem: 'target-is-out-port' });
  });

  it('that pushes to an edge, which is an HTTP server, tells of it', async () => {
    const httpPort = await (await edge()).port('http');
    expect(await (await encoder([at(httpPort)], true)).until('wiring')).toMatchObject({ peer: at(httpPort), problem: 'peer-is-http' });
  });

  it('that pushes to an HTTP server which closes without a word, as Icecast does, tells of it', async () => {
    const port = await server((socket) => {
      socket.once('data', (bytes) => socket.end(bytes.toString().startsWith('GET ') ? 'HTTP/1.0 404 File Not Found\r\n\r\n' : ''));
    });
    expect(await (await encoder([at(port)], true)).until('wiring')).toMatchObject({ peer: at(port), problem: 'peer-is-http' });
  });

  it('with one relay under two names tells of it', async () => {
    const one = await relay();
    const told = await encoder([at(one.in), `localhost:${one.in}`], true);
    expect(await told.until('wiring')).toMatchObject({ problem: 'same-relay' });
  });
});

describe('an edge', () => {
  it('that reads from the incoming port is told of by both sides', async () => {
    const wrong = await relay();
    const told = await edge(at(wrong.in));
    expect(await told.until('wiring')).toMatchObject({ peer: at(wrong.in), problem: 'relay-is-silent' });
    expect(await wrong.told.until('wiring', { problem: 'subscriber-on-in-port' })).toBeDefined();
    expect(await wrong.told.until('wiring', { problem: 'silent-on-in-port' })).toBeDefined();
  });

  it('that reads from another edge, or another HTTP server, tells of it', async () => {
    const httpPort = await (await edge()).port('http');
    expect(await (await edge(at(httpPort))).until('wiring')).toMatchObject({ peer: at(httpPort), problem: 'peer-is-http' });
  });

  it('that reads from what says nothing at all tells of it', async () => {
    const port = await server((socket) => void socket.resume());
    expect(await (await edge(at(port))).until('wiring')).toMatchObject({ peer: at(port), problem: 'relay-is-silent' });
  });

  it('with one relay under two names tells of it', async () => {
    const one = await relay();
    const told = await edge(at(one.out), `localhost:${one.out}`);
    const { peer, other } = await told.until('wiring', { problem: 'same-relay' });
    expect([peer, other].sort()).toEqual([at(one.out), `localhost:${one.out}`].sort());
  });

  it('behind two original relays that pass on the HELLO of one of ours blames nobody', async () => {
    const passedOn = framed(encodeMessage({ type: MessageType.HELLO, replica: 0, streamId: newStreamId(), sequence: 1, payload: encodeHello({ side: 'out', peerPort: 1 }) }));
    const ports = [await server((socket) => void socket.write(passedOn)), await server((socket) => void socket.write(passedOn))];
    const told = await edge(...ports.map(at));
    await expect.poll(() => told.all('no-stream-yet').length).toBe(2);
    expect(wiring(told)).toEqual([]);
  });
});

describe('a relay', () => {
  it('that subscribes to itself tells of it', async () => {
    const told = new CapturedLog();
    const out = await freeTcpPort();
    const app = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: out, upstreams: [parseEndpoint(at(out))!], multicasts: [], settings }, told.log);
    running.push(app);
    await app.start();
    expect(await told.until('wiring')).toMatchObject({ peer: at(out), problem: 'own-relay' });
  });

  it.each([
    ['GET /jazz HTTP/1.1\r\n\r\n', 'client-is-http'],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'client-is-foreign'],
    [Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1]), 'client-is-tls'],
  ])('tells of a client of another kind at either port, once', async (words, problem) => {
    const one = await relay();
    const clients = [one.in, one.in, one.out].map((port) => new RawClient(port).write(words));
    running.push({ stop: () => clients.forEach(({ socket }) => void socket.destroy()) });
    await one.told.until('wiring', { problem });
    await Promise.all([one.in, one.out].map(async (port) => await new RawClient(port).write('x').socket.end()));
    await expect.poll(() => one.told.all('path-opened').length).toBe(3);
    await sleep(100);
    expect(wiring(one.told)).toHaveLength(1);
  });
});

describe('a healthy layout', () => {
  it('with silent encoders, and relays that have no stream, blames nobody', async () => {
    const main = await relay();
    const backup = await relay([at(main.out)]);
    const sources = await encoder([at(main.in), at(backup.in)], false);
    const listeners = await edge(at(main.out), at(backup.out));
    for (const port of [main.out, backup.out]) expect(await listeners.until('no-stream-yet', { peer: at(port) })).toBeDefined();
    await backup.told.until('no-stream-yet', { peer: at(main.out) });
    // Longer than a connection may be silent.
    await sleep(2_000);
    for (const told of [main.told, backup.told, sources, listeners]) expect([...wiring(told), ...told.all('disconnected')]).toEqual([]);
  });

  it('with a stream blames nobody either, and neither when a relay is made anew', async () => {
    const [one, other] = [await relay(), await relay()];
    const sources = await encoder([at(one.in), at(other.in)], true);
    const listeners = await edge(at(one.out), at(other.out));
    await listeners.until('mount-started', { mount: 'jazz' });
    await running.splice(1, 1)[0]!.stop();
    const again = new CapturedLog();
    const app = new RelayApp({ bind: '127.0.0.1', inPort: other.in, outPort: other.out, upstreams: [], multicasts: [], settings }, again.log);
    running.push(app);
    await app.start();
    await again.until('subscriber-joined');
    await again.until('stream-announced');
    await sleep(500);
    // A relay that has waited for its encoder for longer than a busy machine allows has said that it has no stream: that blames nobody.
    for (const told of [one.told, other.told, again, sources, listeners]) expect(wiring(told)).toEqual([]);
  });
});
