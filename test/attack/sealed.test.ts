import { randomBytes } from 'node:crypto';
import dgram from 'node:dgram';
import seedrandom from 'seedrandom';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { figures } from './support/figures.ts';
import { Hostile } from './support/hostile.ts';
import { Keys } from './support/keyed.ts';
import { Shooter } from './support/pushing.ts';
import { until } from '../../bench/common/until.ts';
import { HOST, Station } from './support/station.ts';

const DATAGRAMS = 400_000;
const AT_A_TIME = 500;
const MOST_RECORDED = 5_000;
const OVERHEARD = 100;

/** Lies on the way of the datagrams of the encoder, which it passes on and records. */
class OnPath {
  readonly recorded: Buffer[] = [];
  readonly #socket = dgram.createSocket('udp4');
  to: number | undefined;

  async start(): Promise<number> {
    this.#socket.on('message', (bytes) => {
      if (this.to !== undefined) this.#socket.send(bytes, this.to, HOST);
      if (this.recorded.length < MOST_RECORDED) this.recorded.push(bytes);
      else this.recorded[Math.floor(Math.random() * MOST_RECORDED)] = bytes;
    });
    await new Promise<void>((resolve) => this.#socket.bind(0, HOST, resolve));
    return this.#socket.address().port;
  }

  stop(): void {
    this.#socket.close();
  }
}

const path = new OnPath();
const keys = new Keys({ studio: {}, edge: { role: 'edge' } });
let station: Station;

beforeAll(async () => {
  const port = await path.start();
  station = await new Station({ relay: ['--keys', keys.file('all')], encoder: ['--key', keys.file('studio'), '--to', `${HOST}@${port}`], edge: ['--key', keys.file('edge')] }).start();
  path.to = station.port('relay-0', 'in');
  await station.hearsOn(100);
});

afterAll(async () => {
  await station.stop();
  path.stop();
  keys.remove();
});

/** Something that was made of what was overheard: repeated, changed, cut, put together of two, with another key, start, counter or time. */
function forgery(random: seedrandom.PRNG, hostile: Hostile): Uint8Array {
  const below = (most: number): number => Math.floor(random() * most);
  const one = Buffer.from(path.recorded[below(path.recorded.length)]!);
  const other = path.recorded[below(path.recorded.length)]!;
  switch (below(10)) {
    case 0: return one;
    case 1: one[below(one.length)]! ^= 1 << below(8); return one;
    case 2: return one.subarray(0, below(one.length));
    case 3: return Buffer.concat([one, randomBytes(below(100))]);
    case 4: return Buffer.concat([one.subarray(0, 32), other.subarray(32)]);
    case 5: randomBytes(8).copy(one, 2); return one;
    case 6: randomBytes(8).copy(one, 10); return one;
    case 7: one.writeUIntBE(Math.max(0, one.readUIntBE(20, 6) + below(3_000) - 500), 20, 6); return one;
    case 8: one.writeUIntBE(one.readUIntBE(26, 6) + below(200_000) - 100_000, 26, 6); return one;
    default: return hostile.message();
  }
}

it(`upsets nobody, whoever lies on the way of sealed datagrams: ${DATAGRAMS} that are repeated, changed, cut, mixed and invented`, { timeout: 240_000 }, async () => {
  await until('datagrams are overheard', () => path.recorded.length > OVERHEARD);
  const before = await station.memory();
  const beganMs = performance.now();
  const shooter = new Shooter(station.port('relay-0', 'in'));
  const random = seedrandom('sealed');
  const hostile = new Hostile('sealed');
  for (let sent = 0; sent < DATAGRAMS; sent += AT_A_TIME) {
    await shooter.shoot(Array.from({ length: AT_A_TIME }, () => forgery(random, hostile)));
    if (sent % 10_000 === 0) await station.hearsOn(2);
  }
  shooter.stop();
  await station.isUnharmed();
  const after = await station.memory();
  figures('sealed datagrams that were forged', DATAGRAMS);
  figures('memory before and after, MB', [before, after]);
  const refused = station.told('relay-0', 'refused');
  const reasons = new Set(refused.map(({ reason }) => String(reason)));
  figures('refused for', [...reasons]);
  expect([...reasons]).toEqual(expect.arrayContaining(['datagram repeated', 'datagram with a bad seal', 'datagram of an unknown key', 'datagram of another time', 'datagram without a key', 'too many datagrams of unknown senders']));
  // Each is told of at once, and then once a minute.
  const minutes = 1 + Math.ceil((performance.now() - beganMs) / 60_000);
  expect(refused.length).toBeLessThanOrEqual(reasons.size * minutes);
  // The sender who was there is known all the time, and no other is.
  const opened = station.told('relay-0', 'path-opened').filter(({ transport, label }) => transport === 'udp' && label !== 'udp');
  expect(opened).toHaveLength(1);
  expect(station.told('relay-0', 'path-closed').filter(({ transport }) => transport === 'udp')).toEqual([]);
});
