import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamIdOfKey } from '../../core/links/paths/stream-ids.ts';
import { encodeTitle } from '../../core/wire/messages/set-title.ts';
import { announce, data, framed, message, ofKey, source, streamId, unframed, withId } from '../core/support/messages.ts';
import { numbered, range } from '../core/support/frames.ts';
import { figures } from './support/figures.ts';
import { Hostile } from './support/hostile.ts';
import { keyedPusher, Keys, linked } from './support/keyed.ts';
import { Crowd, Pusher } from './support/pushing.ts';
import { until } from '../../bench/common/until.ts';
import { HOST, MOUNT, RELAYS, Station } from './support/station.ts';

const MESSAGES_WITH_KEY = 800_000;
const MESSAGES_WITHOUT_KEY = 200_000;
const STRETCH = 2_000;
/** As many as one key is allowed in a second: here what is sent is to arrive. */
const FAST = { messagesPerSecond: 1_000_000, bytesPerSecond: 1_000_000_000 };

const keys = new Keys({
  'studio-a': { mounts: [MOUNT] },
  'edge-1': { role: 'edge' },
  bad: { mounts: ['theirs*'], limits: FAST },
  usual: { mounts: ['usual*'] },
  'bad-edge': { role: 'edge', mounts: [] },
  good: { mounts: ['good-*'] },
});
let station: Station;
let victims: Uint8Array[];
let before: Readonly<Record<string, number>> | undefined;

beforeAll(async () => {
  station = await new Station({
    relay: ['--keys', keys.file('all')],
    encoder: ['--key', keys.file('studio-a')],
    edge: ['--key', keys.file('edge-1')],
  }).start();
  await station.hearsOn(100);
  before = await station.memory();
  victims = await overheard();
});

afterAll(async () => {
  await station.stop();
  keys.remove();
});

/** Messages of the stream on air, as the key of an edge gets them. */
async function overheard(count = 60): Promise<Uint8Array[]> {
  let bytes = Buffer.alloc(0);
  const socket = await linked(station.port('relay-0', 'out'), keys.secret('edge-1'), (more) => (bytes = Buffer.concat([bytes, more])));
  await until('a subscriber is sent the programme', () => bytes.length > count * 450);
  socket.destroy();
  let end = 0;
  while (end + 2 <= bytes.length && end + 2 + bytes.readUInt16BE(end) <= bytes.length) end += 2 + bytes.readUInt16BE(end);
  return unframed(new Uint8Array(bytes.subarray(0, end)));
}

/** The same with the id of a stream of this key. */
function of(key: string, ...messages: readonly Uint8Array[]): Uint8Array[] {
  return messages.map((one) => ofKey(key, one));
}

const victim = (): Uint8Array => victims.findLast((one) => one[0] === 0)!.slice(2, 18);

/** Another encoder with a good key gets in, to both relays, and the edge has its mountpoint. */
async function anotherEncoderGetsIn(mount: string): Promise<void> {
  const links = await Promise.all(RELAYS.map((relay) => linked(station.port(relay, 'in'), keys.secret('good'))));
  const stream = mount.length;
  for (const link of links) {
    expect(link.destroyed).toBe(false);
    link.write(framed(...of('good', announce(1, mount, { stream }), ...range(2, 60).map((n) => data(n, numbered(n), { stream })))));
  }
  await until(`the edge has /${mount}`, () => station.told('edge', 'mount-started').some((event) => event['mount'] === mount));
  for (const link of links) link.destroy();
}

describe('relays with keys', () => {
  it(`take ${MESSAGES_WITH_KEY} random messages by a good key that has turned bad, and ${MESSAGES_WITHOUT_KEY} by none`, { timeout: 240_000 }, async () => {
    const ids = range(1, 10).map((n) => streamIdOfKey(streamId(n), 'bad'));
    const hostile = new Hostile('keyed', victims, ids);
    const bad = RELAYS.map((relay) => keyedPusher(station.port(relay, 'in'), keys.secret('bad')));
    await Promise.all(bad.map((pusher) => pusher.push(framed(...of('bad', announce(1, 'theirs'), announce(2, MOUNT, { stream: 2 }))))));
    for (let sent = 0; sent < MESSAGES_WITH_KEY; sent += STRETCH) {
      await bad[(sent / STRETCH) % 2]!.push(hostile.stretch(STRETCH));
      if (sent % (40 * STRETCH) === 0) await station.hearsOn(2);
    }
    const plain = RELAYS.map((relay) => new Pusher(station.port(relay, 'in')));
    for (let sent = 0; sent < MESSAGES_WITHOUT_KEY; sent += STRETCH) {
      await plain[(sent / STRETCH) % 2]!.push(hostile.stretch(STRETCH));
      if (sent % (40 * STRETCH) === 0) await station.hearsOn(2);
    }
    for (const pusher of [...bad, ...plain]) pusher.stop();
    figures('random messages by a key', MESSAGES_WITH_KEY);
    figures('random messages by no key', MESSAGES_WITHOUT_KEY);
    await station.isUnharmed();
    const read = RELAYS.flatMap((relay) => station.told(relay, 'path-closed')).filter(({ label }) => String(label).startsWith('bad ')).reduce((sum, { messages }) => sum + Number(messages), 0);
    figures('of those, messages that relays have read', read);
    expect(read).toBeGreaterThan(MESSAGES_WITH_KEY / 2);
  });

  it('believe nobody who says that the encoder of another one has hung up, or who sends its next messages', async () => {
    const id = victim();
    const newest = Number(new DataView(victims.at(-1)!.buffer, victims.at(-1)!.byteOffset).getBigUint64(18));
    const forged = [
      ...range(1, 200).map((n) => withId(source(n, { isOpen: false, hops: 0, address: 'key:studio-a' }), id)),
      ...range(1, 2_000).map((n) => withId(data(newest + n, numbered(0x1f_ffff)), id)),
      ...of('bad', announce(1, MOUNT, { stream: 3 }), ...range(2, 400).map((n) => data(n, numbered(0x1f_ffff), { stream: 3 }))),
      ...victims,
    ];
    for (const relay of RELAYS) {
      const bad = keyedPusher(station.port(relay, 'in'), keys.secret('bad'));
      for (let round = 0; round < 5; round++) await bad.push(framed(...forged));
      await station.hearsOn(20);
      bad.stop();
    }
    expect(station.told('relay-0', 'rights-exceeded').length).toBeGreaterThan(0);
    await station.isUnharmed();
  });

  it('have bounds for streams, mountpoints and connections of one key, and room for others', { timeout: 120_000 }, async () => {
    const pushers = RELAYS.map((relay) => keyedPusher(station.port(relay, 'in'), keys.secret('usual')));
    for (let stretch = 0; stretch < 20; stretch++) {
      const messages = range(stretch * 1_000, stretch * 1_000 + 999).flatMap((stream) => of('usual', announce(1, `usual-${stream}`, { stream }), data(2, numbered(stream), { stream })));
      await pushers[stretch % 2]!.push(framed(...messages));
    }
    for (let at = 0; at < 300; at++) void linked(station.port('relay-0', 'in'), keys.secret('usual'));
    await anotherEncoderGetsIn('good-beside-streams');
    for (const pusher of pushers) pusher.stop();
    figures('streams of one key', 20_000);
    figures('connections of one key', 300);
    await station.isUnharmed();
  });

  it('give the key of an edge no way to push, or to set titles', async () => {
    const pushed = await linked(station.port('relay-0', 'in'), keys.secret('bad-edge'));
    await until('that link is closed', () => pushed.destroyed);
    const link = await linked(station.port('relay-0', 'out'), keys.secret('bad-edge'));
    for (let n = 1; n <= 200; n++) {
      const payload = encodeTitle({ version: Date.now() + n, title: `Forged ${n}`, isOrdered: false });
      link.write(framed(withId(message(20, 0, payload), victim())));
    }
    link.write(framed(withId(data(1, numbered(1)), victim())));
    await station.hearsOn(60);
    link.destroy();
    const status = await (await fetch(`http://${HOST}:${station.port('edge', 'http')}/status-json.xsl`)).text();
    expect(status).not.toContain('Forged');
    await station.isUnharmed();
  });

  it('make room in their handshakes: 2,000 that are never finished, and some that come a byte at a time', { timeout: 120_000 }, async () => {
    const crowd = new Crowd();
    const partOfHello = Buffer.of(22, 3, 1, 2, 0, 1, 0);
    for (let round = 0; round < 5; round++) {
      for (const port of ['in', 'out']) {
        await crowd.connect(station.port('relay-0', port), 100);
        await crowd.connect(station.port('relay-1', port), 100, partOfHello);
      }
    }
    const slow = crowd.sockets.filter((_, at) => at % 20 === 0);
    const dripping = setInterval(() => {
      for (const socket of slow) socket.write(Buffer.of(0));
    }, 100);
    try {
      await anotherEncoderGetsIn('good-beside-handshakes');
      await station.hearsOn(100);
    } finally {
      clearInterval(dripping);
      crowd.stop();
    }
    figures('handshakes that were not finished', crowd.sockets.length);
    await station.isUnharmed();
  });

  it('keep nothing of it: memory once everything has been forgotten', { timeout: 60_000 }, async () => {
    await station.hearsOn(300);
    const after = await station.memory();
    figures('memory with keys before, MB', before);
    figures('memory with keys after, MB', after);
    for (const [name, megabytes] of Object.entries(after ?? {})) expect(megabytes, name).toBeLessThan(before![name]! + 300);
  });
});
