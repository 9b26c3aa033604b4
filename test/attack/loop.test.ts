import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { startDavecast, type Davecast } from '../../bench/common/davecast.ts';
import { freeTcpPort } from '../../bench/common/free-port.ts';
import { data, framed, message } from '../core/support/messages.ts';
import { numbered, range } from '../core/support/frames.ts';
import { Pusher } from './support/pushing.ts';
import { HOST } from './support/station.ts';

const started: Davecast[] = [];

afterAll(async () => {
  await Promise.all(started.map((process) => process.stop()));
});

async function relay(out: number, other: number): Promise<Davecast> {
  const process = await startDavecast(['relay', '--in', '0', '--out', String(out), '--upstream', `${HOST}:${other}`, '--forget-ms', '3000'], ['in', 'out']);
  process.child.stdout!.resume();
  started.push(process);
  return process;
}

describe('two relays that subscribe to each other', () => {
  it('pass nothing on for ever, whatever its numbers', { timeout: 60_000 }, async () => {
    const [a, b] = [await freeTcpPort(), await freeTcpPort()];
    const first = await relay(a, b);
    const second = await relay(b, a);
    await sleep(1_500);
    const pusher = new Pusher(first.ports.get('in')!);
    await pusher.push(framed(
      ...range(0, 999).map((n) => data(1 + n * 1_000_003, numbered(n), { stream: 1 })),
      ...range(0, 999).map((n) => data(5, numbered(n), { stream: 100 + n })),
      ...range(0, 255).map((type) => message(type, 7 + type * 5_000, numbered(type), { stream: 5_000 + (type % 7) })),
    ));
    await sleep(6_000);
    let bytes = 0;
    const subscriber = net.connect(b, HOST);
    await sleep(2_000);
    subscriber.on('data', (more) => (bytes += more.length));
    await sleep(1_000);
    // What it has kept has come by now.
    bytes = 0;
    await sleep(2_000);
    expect(bytes, 'bytes that still circulate').toBe(0);
    subscriber.destroy();
    pusher.stop();
    expect([first, second].map(({ child }) => child.exitCode)).toEqual([null, null]);
  });
});
