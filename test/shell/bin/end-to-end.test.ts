import dgram from 'node:dgram';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeAnnouncement } from '../../../core/wire/messages/announce.ts';
import { decodeMessage, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import type { App } from '../../../shell/process/app.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import { multicastEndpoint } from '../../../shell/cli/options/arguments.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { EncoderApp, type EncoderConfig, type EncoderMount } from '../../../shell/encoder/encoder.ts';
import type { Log } from '../../../shell/log/log.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import type { RelayConfig } from '../../../shell/relay/config.ts';
import { freeTcpPort, freeUdpPort } from '../../../bench/common/free-port.ts';
import { ask, CapturedLog, FRAME_BYTES, mp3Frames, RawClient, sleep } from '../support/support.ts';

const running: { stop(): Promise<void> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

async function start(make: (log: Log) => App): Promise<CapturedLog> {
  const told = new CapturedLog();
  const app = make(told.log);
  running.push(app);
  await app.start();
  return told;
}

async function relay(more: Partial<RelayConfig> = {}): Promise<{ told: CapturedLog; inPort: number; outPort: number }> {
  const config = { bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: defaultSettings, ...more };
  const told = await start((log) => new RelayApp(config, log));
  return { told, inPort: await told.port('in'), outPort: await told.port('out') };
}

async function edge(relayPorts: readonly number[], settings: Partial<Settings> = {}, workers = 1): Promise<{ told: CapturedLog; port: number }> {
  const relays = relayPorts.map((port) => parseEndpoint(`127.0.0.1:${port}`)!);
  const told = await start((log) => new EdgeApp({ bind: '127.0.0.1', httpPort: 0, workers, relays, settings: { ...defaultSettings, ...settings } }, log));
  for (const port of relayPorts) await told.until('path-opened', { label: `127.0.0.1:${port}` });
  return { told, port: await told.port('http') };
}

/** An encoder with a source client's connection to it. */
async function encoder(targets: readonly string[], more: Partial<EncoderMount & EncoderConfig> = {}): Promise<{ told: CapturedLog; port: number; source: RawClient }> {
  const config: EncoderConfig = {
    mounts: [{ name: 'one', input: { kind: 'listen', password: undefined }, headers: [['Icy-Genre', 'operator']], title: 'first', ...more }],
    targets: targets.map((text) => parseEndpoint(text)!),
    bind: '127.0.0.1',
    settings: defaultSettings,
    ...more,
  };
  const told = await start((log) => new EncoderApp(config, log));
  const port = await told.port('source');
  return { told, port, source: await connectSource(port) };
}

async function connectSource(port: number): Promise<RawClient> {
  const source = new RawClient(port).write('SOURCE /x HTTP/1.0\r\nice-name: Radio\r\nice-genre: source\r\n\r\n');
  await source.untilText('200 OK');
  running.push({ stop: () => Promise.resolve(void source.socket.destroy()) });
  return source;
}

/** Writes frames four times as fast as they play, until its connection is closed: the whole is less than a burst brings. */
async function play(source: RawClient, frames: readonly Buffer[]): Promise<void> {
  const startedAt = performance.now();
  for (const [index, frame] of frames.entries()) {
    await sleep(startedAt + (index * 1_152_000) / 44_100 / 4 - performance.now());
    if (source.socket.destroyed) return;
    source.write(frame);
  }
}

function audioOf(client: RawClient): Buffer {
  return client.received.subarray(client.received.indexOf('\r\n\r\n') + 4);
}

/** What a subscriber of a relay gets, message by message. */
function subscribe(port: number): { messages: Message[]; until(holds: (messages: readonly Message[]) => boolean): Promise<void> } {
  const client = new RawClient(port);
  running.push({ stop: () => Promise.resolve(void client.socket.destroy()) });
  const messages: Message[] = [];
  let at = 0;
  const read = (received: Buffer): void => {
    while (received.length >= at + 2 && received.length >= at + 2 + received.readUInt16BE(at)) {
      const end = at + 2 + received.readUInt16BE(at);
      const message = decodeMessage(received.subarray(at + 2, end)) as Message;
      if (message.type !== MessageType.HELLO) messages.push(message);
      at = end;
    }
  };
  return {
    messages,
    until: async (holds) => {
      await client.until((received) => {
        read(received);
        return holds(messages);
      });
    },
  };
}

function dataOf(messages: readonly Message[]): Buffer {
  const data = messages.filter(({ type }) => type === MessageType.DATA).sort((a, b) => a.sequence - b.sequence);
  return Buffer.concat(data.map(({ payload }) => payload));
}

describe('the way of a frame', () => {
  it('from a source client by two relays to a listener, each frame once, and titles with them', async () => {
    const [a, b] = [await relay(), await relay()];
    const { port, told } = await edge([a.outPort, b.outPort]);
    const { source, told: encoderTold, port: sourcePort } = await encoder([`127.0.0.1:${a.inPort}`, `127.0.0.1:${b.inPort}`]);
    await encoderTold.until('target-up', { target: 0 });
    await encoderTold.until('target-up', { target: 1 });
    const frames = mp3Frames(120);
    const playing = play(source, frames.slice(0, 60));
    await told.until('mount-started', { mount: 'one' });
    const listener = new RawClient(port).write('GET /one HTTP/1.0\r\nIcy-MetaData: 1\r\n\r\n');
    expect(await listener.untilText('\r\n\r\n')).toMatch(/\r\nicy-genre:operator\r\nicy-name:Radio\r\n/);
    await listener.until(() => audioOf(listener).length > 24_000);
    await playing;
    await ask(sourcePort, 'GET /admin/metadata?mode=updinfo&song=second HTTP/1.0\r\n\r\n');
    await play(source, frames.slice(60));

    const interval = 16_000;
    const wholeAudio = Buffer.concat(frames);
    const expected = wholeAudio.subarray(0, Math.floor(wholeAudio.length / interval) * interval);
    const { audio, titles } = await untilAudio(listener, interval, expected.length);
    expect(audio.subarray(0, expected.length).equals(expected)).toBe(true);
    expect(titles).toEqual(["StreamTitle='first';", "StreamTitle='second';"]);
    expect(a.told.all('stream-announced')).toMatchObject([{ mount: 'one' }]);
    expect(told.all('gap')).toEqual([]);
    listener.socket.resetAndDestroy();
    await told.until('access', { mount: 'one' });
  });

  it('to listeners in processes of their own, who are counted together', async () => {
    const a = await relay();
    const { port, told } = await edge([a.outPort], {}, 2);
    const { source } = await encoder([`127.0.0.1:${a.inPort}`]);
    const frames = mp3Frames(400);
    const playing = play(source, frames);
    await told.until('mount-started', { mount: 'one' });
    const listeners = await Promise.all(['0', '1', '0'].map(async (icy) => {
      const listener = new RawClient(port).write(`GET /one HTTP/1.0\r\nIcy-MetaData: ${icy}\r\nUser-Agent: Player\r\n\r\n`);
      expect(await listener.untilText('\r\n\r\n')).toMatch(/\r\nicy-genre:operator\r\nicy-name:Radio\r\n/);
      return listener;
    }));
    expect(await ask(port, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toMatch(/"listener_peak":3,.*"listeners":3,/);
    const wholeAudio = Buffer.concat(frames);
    const { audio, titles } = await untilAudio(listeners[1]!, 16_000, 48_000);
    for (const part of [audio.subarray(0, 48_000), ...[listeners[0]!, listeners[2]!].map((one) => audioOf(one))]) expect(wholeAudio.subarray(0, part.length).equals(part)).toBe(true);
    expect(titles).toEqual(["StreamTitle='first';"]);
    listeners[0]!.socket.resetAndDestroy();
    expect(await told.until('access')).toMatchObject({ mount: 'one', ip: '127.0.0.1', agent: 'Player', reason: 'closed by listener' });
    expect(told.all('worker-started').map(({ worker }) => worker)).toEqual([1, 2]);
    await running.splice(1, 1)[0]!.stop();
    expect(told.all('access').map(({ reason }) => reason)).toEqual(['closed by listener', 'edge stopped', 'edge stopped']);
    await Promise.all(listeners.map(({ closed }) => closed));
    source.socket.destroy();
    await playing;
  });

  it('is not interrupted when a relay goes', async () => {
    const [a, b] = [await relay(), await relay()];
    const { port, told } = await edge([a.outPort, b.outPort]);
    const { source } = await encoder([`127.0.0.1:${a.inPort}`, `127.0.0.1:${b.inPort}`]);
    const frames = mp3Frames(100);
    const playing = play(source, frames.slice(0, 50));
    await told.until('mount-started');
    const listener = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
    await listener.until((received) => received.length > 20 * FRAME_BYTES);
    await running[0]!.stop();
    await playing;
    await play(source, frames.slice(50));
    const expected = Buffer.concat(frames);
    await listener.until(() => audioOf(listener).length >= expected.length);
    expect(audioOf(listener).subarray(0, expected.length).equals(expected)).toBe(true);
    listener.socket.destroy();
  });

  it('goes by UDP', async () => {
    const { inPort, outPort } = await relay();
    const subscriber = subscribe(outPort);
    const { source } = await encoder([`127.0.0.1@${inPort}`]);
    const frames = mp3Frames(20);
    await play(source, frames);
    await subscriber.until((messages) => dataOf(messages).length >= 20 * FRAME_BYTES);
    expect(dataOf(subscriber.messages).equals(Buffer.concat(frames))).toBe(true);
    expect(subscriber.messages.every(({ replica }) => replica === 0)).toBe(true);
  });

  it('goes by multicast', async ({ skip }) => {
    const group = '239.255.77.77';
    if (!(await canMulticast(group))) skip('this machine has no multicast on loopback');
    const port = await freeUdpPort();
    const { outPort } = await relay({ multicasts: [multicastEndpoint('test', `${group}@${port}`)] });
    const subscriber = subscribe(outPort);
    const { source } = await encoder([`${group}@${port}`]);
    await play(source, mp3Frames(10));
    await subscriber.until((messages) => dataOf(messages).length >= 10 * FRAME_BYTES);
    expect(dataOf(subscriber.messages).equals(Buffer.concat(mp3Frames(10)))).toBe(true);
  });

  it('goes from relay to relay', async () => {
    const main = await relay();
    const backup = await relay({ upstreams: [parseEndpoint(`127.0.0.1:${main.outPort}`)!] });
    const subscriber = subscribe(backup.outPort);
    const { source } = await encoder([`127.0.0.1:${main.inPort}`]);
    await play(source, mp3Frames(10));
    await subscriber.until((messages) => dataOf(messages).length >= 10 * FRAME_BYTES);
    expect(dataOf(subscriber.messages).equals(Buffer.concat(mp3Frames(10)))).toBe(true);
    const announced = subscriber.messages.find(({ type }) => type === MessageType.ANNOUNCE)!;
    expect(decodeAnnouncement(announced.payload)).toEqual({ audioType: 1, mountpoint: 'one' });
  });

  it('keeps what an absent relay has missed', async () => {
    const port = await freeTcpPort();
    const { source } = await encoder([`127.0.0.1:${port}`]);
    const frames = mp3Frames(40);
    await play(source, frames);
    const { outPort, told } = await relay({ inPort: port });
    await told.until('path-opened', { transport: 'tcp' });
    const subscriber = subscribe(outPort);
    await subscriber.until((messages) => dataOf(messages).length >= 40 * FRAME_BYTES);
    expect(dataOf(subscriber.messages).equals(Buffer.concat(frames))).toBe(true);
  });

  it('is another stream for every source, by the connections that are there', async () => {
    const { inPort, told: relayTold } = await relay();
    const { source, told, port } = await encoder([`127.0.0.1:${inPort}`]);
    await play(source, mp3Frames(3));
    source.socket.end();
    await told.until('source-ended', { frames: 3 });
    await play(await connectSource(port), mp3Frames(3, 'again'));
    await expect.poll(() => relayTold.all('stream-announced').length).toBe(2);
    expect(new Set(relayTold.all('stream-announced').map(({ stream }) => stream)).size).toBe(2);
    expect(relayTold.all('path-opened').filter(({ transport }) => transport === 'tcp')).toHaveLength(1);
  });

  it('begins at an Icecast mountpoint', async () => {
    const { port, told } = await icecastLike();
    const { outPort, inPort } = await relay();
    const subscriber = subscribe(outPort);
    const url = new URL(`http://127.0.0.1:${port}/moved`);
    const app = await start((log) =>
      new EncoderApp({ mounts: [{ name: 'one', input: { kind: 'from', url }, headers: [], title: '' }], targets: [parseEndpoint(`127.0.0.1:${inPort}`)!], bind: '127.0.0.1', settings: defaultSettings }, log),
    );
    await subscriber.until((messages) => dataOf(messages).length >= 50 * FRAME_BYTES);
    const [first] = subscriber.messages;
    const ofFirst = subscriber.messages.filter(({ streamId }) => Buffer.from(streamId).equals(Buffer.from(first!.streamId)));
    expect(dataOf(ofFirst).subarray(0, 48 * FRAME_BYTES).equals(Buffer.concat(mp3Frames(48)))).toBe(true);
    expect(ofFirst.filter(({ type }) => type === MessageType.METADATA).map(({ payload }) => Buffer.from(payload).toString())).toContain("StreamTitle='pulled';");
    expect(told).toContain('GET /moved HTTP/1.0');
    expect(told.at(-1)).toBe('GET /mount HTTP/1.0');
    // Its connection ends, and the next one is another stream.
    await app.until('source-ended');
    await expect.poll(() => app.all('source-started').length).toBeGreaterThan(1);
  });
});

describe('bad input costs nobody else anything', () => {
  it('to a relay and an edge', async () => {
    const { inPort, outPort } = await relay();
    const { port, told } = await edge([outPort]);
    const junk = [new RawClient(inPort), new RawClient(inPort), new RawClient(port)];
    for (const client of junk) client.write(Buffer.alloc(100_000, 'junk\0\u0001'));
    const slow = new RawClient(port).write('GET /one HTT');
    const datagrams = dgram.createSocket('udp4');
    for (let i = 0; i < 200; i++) datagrams.send(Buffer.alloc(i, i), inPort, '127.0.0.1');
    const { source } = await encoder([`127.0.0.1:${inPort}`]);
    const frames = mp3Frames(40);
    const playing = play(source, frames);
    await told.until('mount-started', { mount: 'one' });
    const listener = new RawClient(port).write('GET /one HTTP/1.0\r\n\r\n');
    await playing;
    const expected = Buffer.concat(frames);
    await listener.until(() => audioOf(listener).length >= expected.length);
    expect(audioOf(listener).subarray(0, expected.length).equals(expected)).toBe(true);
    for (const client of [...junk, slow, listener]) client.socket.destroy();
    datagrams.close();
  });
});

/** Takes the metadata out of what a listener has got, once there is so much audio. */
async function untilAudio(listener: RawClient, interval: number, audioBytes: number): Promise<{ audio: Buffer; titles: string[] }> {
  let audio: Buffer[] = [];
  let titles: string[] = [];
  const read = (): void => {
    audio = [];
    titles = [];
    const bytes = audioOf(listener);
    for (let at = 0; at < bytes.length; ) {
      audio.push(bytes.subarray(at, at + interval));
      at += interval;
      if (at >= bytes.length) break;
      const length = 16 * bytes[at]!;
      if (length > 0) titles.push(bytes.toString('utf8', at + 1, at + 1 + length).replace(/\0+$/, ''));
      at += 1 + length;
    }
  };
  await listener.until(() => {
    read();
    return audio.reduce((sum, part) => sum + part.length, 0) > audioBytes;
  });
  return { audio: Buffer.concat(audio), titles };
}

/** Answers as an Icecast does: a redirect, then 50 frames with metadata, then the end. */
async function icecastLike(): Promise<{ port: number; told: string[] }> {
  const told: string[] = [];
  const server = net.createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (request) => {
      const line = String(request).split('\r\n')[0]!;
      told.push(line);
      if (line.startsWith('GET /moved')) {
        socket.end('HTTP/1.0 302 Found\r\nLocation: /mount\r\n\r\n');
        return;
      }
      const audio = Buffer.concat(mp3Frames(51));
      const title = Buffer.from("StreamTitle='pulled';".padEnd(32, '\0'));
      socket.write('HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\nicy-name: Pulled\r\nicy-metaint:1000\r\n\r\n');
      for (let at = 0; at < audio.length; at += 1_000) {
        socket.write(audio.subarray(at, at + 1_000));
        if (at + 1_000 <= audio.length) socket.write(at === 0 ? Buffer.concat([Buffer.from([2]), title]) : Buffer.from([0]));
      }
      socket.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({ stop: () => new Promise((resolve) => server.close(() => resolve())) });
  return { port: (server.address() as net.AddressInfo).port, told };
}

async function canMulticast(group: string): Promise<boolean> {
  const socket = dgram.createSocket('udp4');
  try {
    await new Promise<void>((resolve) => socket.bind(0, group, resolve));
    socket.addMembership(group, '127.0.0.1');
    const sender = dgram.createSocket('udp4');
    await new Promise<void>((resolve) => sender.bind(0, resolve));
    sender.setMulticastInterface('127.0.0.1');
    const came = new Promise<boolean>((resolve) => {
      socket.once('message', () => resolve(true));
      setTimeout(() => resolve(false), 500);
    });
    sender.send('x', socket.address().port, group, () => sender.close());
    return await came;
  } catch {
    return false;
  } finally {
    socket.close();
  }
}
