import { describe, expect, test } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import type { Conditions } from '../../../../sim/world/path.ts';
import { UdpSocket } from '../../../../sim/world/transport/udp.ts';
import { TwoHosts } from '../../support/two-hosts.ts';

const COUNT = 20_000;

/** Sends numbered datagrams, one every 20 ms, and returns those that arrived, in that order. */
function numbersThrough(conditions: Partial<Conditions>, count = COUNT): number[] {
  const hosts = new TwoHosts(conditions);
  const arrived: number[] = [];
  hosts.server.listenUdp('in', (bytes) => arrived.push((bytes[0]! << 16) | (bytes[1]! << 8) | bytes[2]!));
  const { network, trace, client, server } = hosts;
  const socket = new UdpSocket({ network, trace, from: client, to: server, port: 'in' });
  for (let i = 0; i < count; i++) {
    hosts.world.at((i * 20_000) as Micros, () => socket.send(Uint8Array.of(i >> 16, i >> 8, i, ...new Uint8Array(400))));
  }
  hosts.runTo(count * 20 + 5_000);
  return arrived;
}

/** Lengths of the runs of missing numbers. */
function bursts(arrived: readonly number[]): number[] {
  return arrived.slice(1).map((number, index) => number - arrived[index]! - 1).filter((missing) => missing > 0);
}

describe('a UDP path', () => {
  test('delivers all, once, in order, when it is a good one', () => {
    expect(numbersThrough({ latencyMs: 30, jitterMs: 5 }, 500)).toEqual(Array.from({ length: 500 }, (_, i) => i));
  });

  test.each([
    { share: 0.01, burst: 3 },
    { share: 0.05, burst: 10 },
    { share: 0.3, burst: 2 },
  ])('loses $share of all packets, $burst in a row', ({ share, burst }) => {
    const arrived = numbersThrough({ loss: { share, burst } });
    const lost = 1 - arrived.length / COUNT;
    expect(lost).toBeGreaterThan(0.6 * share);
    expect(lost).toBeLessThan(1.4 * share);
    const lengths = bursts(arrived);
    const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    expect(mean).toBeGreaterThan(0.75 * burst);
    expect(mean).toBeLessThan(1.25 * burst);
  });

  test('duplicates and reorders as many as it is told to', () => {
    const twice = numbersThrough({ duplicates: 0.1 });
    expect(twice.length / COUNT).toBeGreaterThan(1.08);
    expect(twice.length / COUNT).toBeLessThan(1.12);
    expect(new Set(twice).size).toBe(COUNT);

    const shuffled = numbersThrough({ reordered: 0.05, reorderMs: 60 });
    expect([...shuffled].sort((a, b) => a - b)).toEqual(Array.from({ length: COUNT }, (_, i) => i));
    const backwards = shuffled.filter((number, index) => index > 0 && number < shuffled[index - 1]!).length;
    expect(backwards / COUNT).toBeGreaterThan(0.02);
    expect(backwards / COUNT).toBeLessThan(0.05);
  });

  test('drops what would wait too long before a narrow place', () => {
    const arrived = numbersThrough({ bitsPerSecond: 80_000, queueMs: 200 }, 2_000);
    // 403 bytes every 20 ms are 161 kbit/s: half of it gets through.
    expect(arrived.length / 2_000).toBeGreaterThan(0.47);
    expect(arrived.length / 2_000).toBeLessThan(0.53);
  });

  test('carries nothing while it is cut', () => {
    const hosts = new TwoHosts();
    let arrived = 0;
    hosts.server.listenUdp('in', () => arrived++);
    const { network, trace, client, server } = hosts;
    const socket = new UdpSocket({ network, trace, from: client, to: server, port: 'in' });
    hosts.there.cut();
    socket.send(Uint8Array.of(1));
    hosts.runTo(100);
    hosts.there.heal();
    socket.send(Uint8Array.of(2));
    hosts.runTo(200);
    expect(arrived).toBe(1);
  });

  test('fills the buffer of a stopped process, and no more', () => {
    const hosts = new TwoHosts();
    let arrived = 0;
    hosts.server.listenUdp('in', () => arrived++);
    const { network, trace, client, server } = hosts;
    const socket = new UdpSocket({ network, trace, from: client, to: server, port: 'in' });
    hosts.server.pause();
    for (let i = 0; i < 1_000; i++) socket.send(new Uint8Array(446));
    hosts.runTo(100);
    hosts.server.resume();
    expect(arrived).toBeGreaterThan(150);
    expect(arrived).toBeLessThan(200);
  });
});
