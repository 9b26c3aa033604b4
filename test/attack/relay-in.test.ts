import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { announce, data, framed, headers, metadata, origin, parts, unframed } from '../core/support/messages.ts';
import { numbered, range } from '../core/support/frames.ts';
import { figures } from './support/figures.ts';
import { Hostile } from './support/hostile.ts';
import { Crowd, Pusher, Shooter } from './support/pushing.ts';
import { HOST, RELAYS, Station } from './support/station.ts';

const MESSAGES_BY_TCP = 1_600_000;
const DATAGRAMS = 400_000;
const STRETCH = 2_000;

let station: Station;
let before: Readonly<Record<string, number>> | undefined;

beforeAll(async () => {
  station = await new Station().start();
  await station.hearsOn(100);
  before = await station.memory();
});

afterAll(async () => {
  await station.stop();
});

/** Messages of the streams on air, as `--out` gives them to anybody. */
async function overheard(count = 60): Promise<Uint8Array[]> {
  const socket = net.connect(station.port('relay-0', 'out'), HOST);
  let bytes = Buffer.alloc(0);
  await new Promise<void>((resolve) => {
    socket.on('data', (more) => {
      bytes = Buffer.concat([bytes, more]);
      if (bytes.length > count * 450) resolve();
    });
  });
  socket.destroy();
  return whole(bytes);
}

function whole(bytes: Uint8Array): Uint8Array[] {
  let end = 0;
  while (end + 2 <= bytes.length && end + 2 + bytes[end]! * 256 + bytes[end + 1]! <= bytes.length) end += 2 + bytes[end]! * 256 + bytes[end + 1]!;
  return unframed(bytes.slice(0, end));
}

/** A DATA message of a stream that somebody else sends. */
function forged(id: Uint8Array, sequence: number): Uint8Array {
  const message = data(sequence, numbered(0x1f_ffff));
  message.set(id, 2);
  return message;
}

async function byTcp(...messages: Uint8Array[]): Promise<void> {
  const pusher = new Pusher(station.port('relay-0', 'in'));
  await pusher.push(framed(...messages));
  pusher.stop();
}

async function byUdp(...messages: Uint8Array[]): Promise<void> {
  const shooter = new Shooter(station.port('relay-0', 'in'));
  await shooter.shoot(messages);
  shooter.stop();
}

describe('nothing that comes to a relay', () => {
  it.each([
    ['TCP', byTcp],
    ['UDP', byUdp],
  ] as const)('stops an edge: a stream that jumps to the end of all numbers, by %s', async (_, send) => {
    const sequences = [1, 2, 3, ...range(0, 4).map((n) => 9_000_000_000_000_000 + n)];
    await send(...sequences.map((sequence) => data(sequence, numbered(sequence % 1000), { stream: 700 })));
    await send(announce(4, 'other', { stream: 701 }), ...sequences.map((sequence) => data(sequence, numbered(sequence % 1000), { stream: 701 })));
    await station.isUnharmed();
  });

  it.each([2, 500, 3_000, 1_000_000])('takes a stream to another place: 12 messages of it %d ahead, and then 12 far behind', async (ahead) => {
    const newest = (await overheard()).filter((message) => message[0] === 0).at(-1)!;
    const from = parts(newest).sequence + ahead;
    await byUdp(...range(0, 11).map((n) => forged(newest.slice(2, 18), from + n)));
    await byTcp(...range(0, 11).map((n) => forged(newest.slice(2, 18), Math.max(1, from - 2_000_000) + n)));
    await station.isUnharmed();
  });

  it(`upsets anybody: ${MESSAGES_BY_TCP} messages by TCP and ${DATAGRAMS} datagrams`, { timeout: 240_000 }, async () => {
    const victims = await overheard();
    const pushers = RELAYS.map((relay) => new Pusher(station.port(relay, 'in')));
    const shooter = new Shooter(station.port('relay-1', 'in'));
    const hostile = new Hostile('relay-in', victims);
    for (let sent = 0; sent < MESSAGES_BY_TCP; sent += STRETCH) {
      await pushers[(sent / STRETCH) % 2]!.push(hostile.stretch(STRETCH));
      if (sent % (20 * STRETCH) !== 0) continue;
      await pushers[0]!.push(hostile.noise(500));
      await station.hearsOn(2);
    }
    for (let sent = 0; sent < DATAGRAMS; sent += 500) {
      await shooter.shoot(range(1, 500).map(() => hostile.message()));
      if (sent % 10_000 === 0) await station.hearsOn(2);
    }
    figures('messages to a relay by TCP', MESSAGES_BY_TCP);
    figures('datagrams to a relay', DATAGRAMS);
    for (const one of [...pushers, shooter]) one.stop();
    await station.isUnharmed();
  });

  it('fills its tables: 100,000 invented streams, without a name and with one', { timeout: 120_000 }, async () => {
    const pusher = new Pusher(station.port('relay-0', 'in'));
    for (let stretch = 0; stretch < 100; stretch++) {
      const messages = range(0, 999).flatMap((n) => {
        const stream = stretch * 1_000 + n;
        const named = announce(1, `invented-${stream}`, { stream });
        named.set([stretch, n >> 8, n & 255], 4);
        const audio = data(2, numbered(n), { stream });
        audio.set([stretch, n >> 8, n & 255], 4);
        return stretch % 2 === 0 ? [audio] : [named, audio];
      });
      await pusher.push(framed(...messages));
      await station.hearsOn(2);
    }
    pusher.stop();
    figures('invented streams', 100_000);
    await station.isUnharmed();
  });

  it('costs more for being longer: 200 MB of control messages of 64 kB, into both relays', { timeout: 120_000 }, async () => {
    const text = `Icy-Name\r${'x'.repeat(65_000)}`;
    const long = framed(headers(1, text, { stream: 900 }), metadata(2, text, { stream: 901 }), announce(3, text, { stream: 902 }), origin(4, text, { stream: 903 }));
    const pushers = RELAYS.map((relay) => new Pusher(station.port(relay, 'in')));
    for (let sent = 0, turn = 0; sent < 200_000_000; sent += 2 * long.length, turn++) {
      for (const pusher of pushers) await pusher.push(long);
      if (turn % 20 === 0) await station.hearsOn(2);
    }
    for (const pusher of pushers) pusher.stop();
    await station.isUnharmed();
  });

  it('makes a subscriber that never reads, or writes, cost anything', async () => {
    const crowd = new Crowd();
    await crowd.connect(station.port('relay-0', 'out'), 100, new Hostile('subscriber').noise(5_000), false);
    await station.hearsOn(200);
    crowd.stop();
    await station.isUnharmed();
  });

  it('is kept: memory once everything has been forgotten', { timeout: 60_000 }, async () => {
    await station.hearsOn(500);
    const after = await station.memory();
    figures('memory before, MB', before);
    figures('memory after, MB', after);
    for (const [name, megabytes] of Object.entries(after ?? {})) expect(megabytes, name).toBeLessThan(before![name]! + 300);
  });
});
