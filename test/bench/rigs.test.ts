import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PassThrough } from 'node:stream';
import seedrandom from 'seedrandom';
import { describe, expect, it } from 'vitest';
import { BurstLoss } from '../../bench/rigs/weather/burst-loss.ts';
import { TcpLeg } from '../../bench/rigs/weather/tcp-leg.ts';
import { PCM_RATE_HZ } from '../../bench/rigs/formats.ts';
import { SoundCard } from '../../bench/rigs/sound-card.ts';

describe('loss in bursts', () => {
  it.each([
    [0.01, 3],
    [0.05, 10],
  ])('loses a share of %s in bursts of %s on average', (share, burst) => {
    const loss = new BurstLoss(share, burst, seedrandom('loss'));
    const draws = Array.from({ length: 400_000 }, () => loss.loses());
    const lost = draws.filter(Boolean).length;
    const bursts = draws.filter((one, index) => one && draws[index - 1] !== true).length;
    expect(lost / draws.length / share).toBeCloseTo(1, 0.9);
    expect(lost / bursts / burst).toBeCloseTo(1, 0.9);
  });
});

describe('a leg by TCP', () => {
  it('passes all on in its order, whatever is late, and nothing while it is cut', async () => {
    let heard = '';
    const server = net.createServer((socket) => socket.setEncoding('utf8').on('data', (text) => (heard += text)));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const random = seedrandom('leg');
    const leg = new TcpLeg((server.address() as net.AddressInfo).port, 2, random);
    const socket = net.createConnection(await leg.open(), '127.0.0.1').setNoDelay(true);
    leg.lossShare = 0.1;
    for (let piece = 0; piece < 20; piece++) {
      socket.write(`${piece} `);
      await sleep(2);
    }
    const first = Array.from({ length: 20 }, (_, piece) => `${piece} `).join('');
    await expect.poll(() => heard).toBe(first);
    leg.cut();
    socket.write('cut');
    await sleep(50);
    expect(heard).toBe(first);
    leg.heal();
    await expect.poll(() => heard).toBe(`${first}cut`);
    leg.close();
    socket.destroy();
    server.close();
  });
});

/** Samples that tell their place in the programme. */
const pcm = Buffer.alloc(6 * PCM_RATE_HZ * 4);
for (let sample = 0; sample < 6 * PCM_RATE_HZ; sample++) pcm.writeUInt32LE(sample, 4 * sample);

describe('the sound card of an encoder', () => {
  it('gives the programme by the clock from a frame on, silence or its last second when it is told to, and silence behind the programme', async () => {
    const heard = new PassThrough({ highWaterMark: 1e8 });
    let positionS = 2;
    const card = new SoundCard(heard, { pcm, positionS: () => positionS, phaseSamples: 100, samplesPerFrame: 1_152 });
    const hear = async (untilS: number): Promise<number[]> => {
      positionS = untilS;
      while (heard.readableLength === 0) await sleep(5);
      const bytes = heard.read() as Buffer;
      return Array.from({ length: bytes.length / 4 }, (_, index) => bytes.readUInt32LE(4 * index));
    };
    const first = await hear(3);
    expect((first[0]! - 100) % 1_152).toBe(0);
    expect(first[0]).toBeGreaterThanOrEqual(2 * PCM_RATE_HZ);
    expect(first.at(-1)).toBe(3 * PCM_RATE_HZ - 1);
    card.play('silence');
    expect(new Set(await hear(3.5))).toEqual(new Set([0]));
    card.play('loop');
    const loop = await hear(5);
    expect(loop[0]).toBe(2.5 * PCM_RATE_HZ);
    expect(loop[PCM_RATE_HZ - 1]).toBe(3.5 * PCM_RATE_HZ - 1);
    expect(loop[PCM_RATE_HZ]).toBe(2.5 * PCM_RATE_HZ);
    card.play('frame-loop');
    const frames = await hear(5.5);
    expect(frames[0]).toBe(5 * PCM_RATE_HZ - 38 * 1_152);
    card.play('programme');
    expect((await hear(5.6))[0]).toBe(5.5 * PCM_RATE_HZ);
    const last = await hear(6.5);
    expect([last.findLast((sample) => sample > 0), last.at(-1)]).toEqual([6 * PCM_RATE_HZ - 1, 0]);
    // Also long after its end.
    expect(new Set(await hear(7))).toEqual(new Set([0]));
    card.play('loop');
    expect(new Set(await hear(8.5))).toEqual(new Set([0]));
    card.stop();
  });
});
