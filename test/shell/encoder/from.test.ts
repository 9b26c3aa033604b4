import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Deframer } from '../../../core/wire/deframer.ts';
import { decodeMessage, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { withSettings, type Settings } from '../../../core/config/settings.ts';
import { EncoderApp } from '../../../shell/encoder/encoder.ts';
import { FakeIcecast, type FakeIcecastOptions } from './source/fake-icecast.ts';
import { CapturedLog, mp3Frames, sleep } from '../support/support.ts';

const running: { stop(): Promise<unknown> }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

/** A relay's port that keeps what audio it gets. */
async function relay(): Promise<{ port: number; frames: Buffer[] }> {
  const frames: Buffer[] = [];
  const sockets = new Set<net.Socket>();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    const deframer = new Deframer((bytes, start, end) => {
      const message = decodeMessage(bytes.subarray(start, end)) as Message;
      if (message.type === MessageType.DATA) frames.push(Buffer.from(message.payload));
    });
    socket.on('error', () => undefined).on('data', (bytes) => deframer.push(bytes));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  running.push({
    stop: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  });
  return { port: (server.address() as net.AddressInfo).port, frames };
}

async function pulling(options: FakeIcecastOptions, settings: Partial<Settings>): Promise<{ icecast: FakeIcecast; told: CapturedLog; frames: Buffer[] }> {
  const icecast = await FakeIcecast.start(options);
  running.push(icecast);
  const { port, frames } = await relay();
  const told = new CapturedLog();
  const app = new EncoderApp({
    mounts: [{ name: 'm', input: { kind: 'from', url: icecast.url }, headers: [], title: '' }],
    targets: [{ transport: 'tcp', host: '127.0.0.1', port }],
    bind: '127.0.0.1',
    settings: withSettings({ backoffMinMs: 10, backoffMaxMs: 20, ...settings }),
  }, told.log);
  running.push(app);
  await app.start();
  return { icecast, told, frames };
}

describe('an Icecast whose source pauses', () => {
  it('repeats what was sent in its burst, time and again, and nothing of that is sent twice', async () => {
    const { icecast, told, frames } = await pulling({ burstFrames: 150 }, { idleMs: 200 });
    const programme = mp3Frames(400);
    await told.until('source-started');
    icecast.push(...programme.slice(0, 300));
    await expect.poll(() => frames.length).toBeGreaterThanOrEqual(299);
    await expect.poll(() => told.all('source-repeats').length).toBeGreaterThanOrEqual(4);
    icecast.push(...programme.slice(300));
    await expect.poll(() => frames.length).toBeGreaterThanOrEqual(399);
    await sleep(50);
    expect(Buffer.concat(frames).equals(Buffer.concat(programme))).toBe(true);
    expect(told.all('disconnected')[0]).toMatchObject({ reason: 'idle' });
    expect(told.all('source-repeats')[0]).toMatchObject({ frames: 150 });
  });
});

describe('an upstream that is slow to begin', () => {
  const times = { connectTimeoutMs: 500, answerTimeoutMs: 5_000, firstFrameMs: 5_000, idleMs: 5_000 };

  it('is waited for as long as its answer may take, however soon it has to be connected', async () => {
    const { icecast, told, frames } = await pulling({ burstFrames: 0, answer: (_, accept) => void setTimeout(accept, 1_000) }, times);
    await told.until('source-started');
    await sleep(300);
    icecast.push(...mp3Frames(10));
    await expect.poll(() => frames.length).toBe(10);
    expect(icecast.connections).toBe(1);
    expect(told.all('disconnected')).toEqual([]);
  });

  it.each([
    ['answer-timeout', { burstFrames: 0, answer: () => undefined }, { ...times, answerTimeoutMs: 150 }],
    ['first-frame-timeout', { burstFrames: 0 }, { ...times, firstFrameMs: 150 }],
  ])('is connected to anew, and told why: %s', async (reason, options, settings) => {
    const { icecast, told } = await pulling(options, settings);
    expect(await told.until('disconnected')).toMatchObject({ reason });
    await expect.poll(() => icecast.connections).toBeGreaterThan(1);
    for (const { reason: why } of told.all('source-ended')) expect(why).toBe(reason);
  });
});

describe('an upstream without a pace of its own', () => {
  it('is read no faster than it plays, and is not idle for that', async () => {
    const { icecast, told, frames } = await pulling({ burstFrames: 0 }, { idleMs: 500 });
    await told.until('source-started');
    const startedAt = performance.now();
    icecast.push(...mp3Frames(10_000));
    await told.until('source-paced');
    await sleep(1_500);
    const programmeMs = (frames.length * 1_152) / 44.1;
    expect(programmeMs).toBeGreaterThan(10_000);
    expect(programmeMs).toBeLessThan(10_200 + 1.05 * (performance.now() - startedAt));
    expect(told.all('disconnected')).toEqual([]);
  });
});
