import type { RemoteInfo } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { ENVELOPE_HEAD_BYTES, KEY_ID_AT, START_AT } from '../../../../core/wire/envelope.ts';
import type { Micros } from '../../../../core/base/units.ts';
import type { Peer } from '../../../../core/links/peers/peer.ts';
import { DatagramPort } from '../../../../shell/net/keys/datagram-port.ts';
import { Paces } from '../../../../shell/net/keys/pace.ts';
import { PeerKeys } from '../../../../shell/net/keys/file/peer-keys.ts';
import { Sealer } from '../../../../shell/net/keys/seal.ts';
import { announce, data } from '../../../core/support/messages.ts';
import { scratchDirectory } from '../../edge/admission/support.ts';
import { CapturedLog } from '../../support/support.ts';
import { rereadUntil, TestPeer } from './support.ts';

const NOW = 1_795_817_265_000;
const studio = new TestPeer('studio-a', { mounts: ['jazz'] });
const small = new TestPeer('studio-b', { limits: { connections: 2, messagesPerSecond: 1 } });
const edge = new TestPeer('edge-1', { role: 'edge' });
const stops: (() => unknown)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0).toReversed()) stop();
});

interface Rig {
  readonly port: DatagramPort;
  readonly told: CapturedLog;
  /** What has come by paths, as `name text`. */
  readonly got: string[];
  readonly opened: Peer[];
  readonly closed: string[];
  now: number;
  send(bytes: Uint8Array, from?: number): void;
  reread(...lines: readonly string[]): Promise<void>;
  readonly refused: () => readonly unknown[];
}

async function rig(lines: readonly string[] | 'no keys' = [studio.line(), small.line(), edge.line()], limits = { room: 100 }): Promise<Rig> {
  const told = new CapturedLog();
  const scratch = scratchDirectory();
  const file = scratch.write('keys', (lines === 'no keys' ? [studio.line()] : lines).join('\n'));
  const keys = new PeerKeys(file, told.log);
  await keys.start();
  const [got, opened, closed]: [string[], Peer[], string[]] = [[], [], []];
  const port = new DatagramPort({
    keys: lines === 'no keys' ? undefined : keys,
    paces: new Paces(),
    log: told.log,
    isAllowed: (address) => address !== '192.0.2.66',
    isPlain: (address) => address === '192.0.2.9',
    open: (peer) => {
      if (opened.length >= limits.room) return undefined;
      opened.push(peer);
      return { receive: (bytes) => got.push(`${peer.address} ${Buffer.from(bytes).toString('latin1')}`), close: (reason) => closed.push(`${peer.address} ${reason}`) };
    },
    wallMs: () => it.now,
    now: () => 1 as Micros,
  });
  const take = port.takeFrom((bytes) => got.push(`plain ${Buffer.from(bytes).toString('latin1')}`));
  stops.push(() => scratch.remove(), () => keys.stop(), () => port.stop());
  const it: Rig = {
    port, told, got, opened, closed,
    now: NOW,
    send: (bytes, from = 1) => take(bytes, { address: `192.0.2.${from}`, port: 5_000, family: 'IPv4', size: bytes.length } as RemoteInfo),
    reread: async (...next) => {
      const before = told.all('file-loaded').length;
      writeFileSync(file, next.join('\n'));
      await rereadUntil(() => told.all('file-loaded').length > before);
    },
    refused: () => told.all('refused').map(({ reason, key, peer, count }) => [reason, key, peer, count]),
  };
  return it;
}

const sealer = (peer: TestPeer, wallMs = () => NOW, at = 0): Sealer => new Sealer(peer.secret(at).seal, { wallMs });
const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));

describe('a port for datagrams with keys', () => {
  it('takes what is sealed with a key, from wherever, once, and knows whose it is', async () => {
    const { send, got, opened, refused } = await rig();
    const own = sealer(studio);
    const [one, two, three] = [own.seal(text('one')), own.seal(text('two')), own.seal(text('three'))];
    for (const [bytes, from] of [[three, 1], [one, 1], [two, 7], [one, 1], [three, 8], [two, 1]] as const) send(bytes, from);
    expect(got).toEqual(['key:studio-a three', 'key:studio-a one', 'key:studio-a two']);
    expect(opened).toEqual([{ name: 'studio-a 192.0.2.1:5000', address: 'key:studio-a', role: 'source', mounts: ['jazz'], maxStreams: 1_024 }]);
    expect(refused()).toEqual([['datagram repeated', 'studio-a', 'studio-a 192.0.2.1:5000', 1]]);
  });

  it('takes nothing that was changed anywhere, cut anywhere, or made of two, and goes on', async () => {
    const { send, got, opened } = await rig();
    const own = sealer(studio);
    const good = own.seal(text('message'));
    for (let bit = 0; bit < good.length * 8; bit++) {
      const changed = good.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      send(changed);
    }
    for (let length = 0; length < good.length; length++) send(good.slice(0, length));
    const next = own.seal(text('MESSAGE'));
    for (let cut = ENVELOPE_HEAD_BYTES; cut < good.length; cut++) send(Buffer.concat([good.subarray(0, cut), next.subarray(cut)]));
    expect([got, opened]).toEqual([[], []]);
    send(good);
    send(next);
    expect(got).toEqual(['key:studio-a message', 'key:studio-a MESSAGE']);
  });

  it('takes each of any number of datagrams once, in whatever order and how often they come', async () => {
    const { send, got } = await rig();
    const order = fc.array(fc.nat(39), { minLength: 1, maxLength: 200 });
    fc.assert(fc.property(order, (arrivals) => {
      got.length = 0;
      const own = sealer(studio);
      const all = Array.from({ length: 40 }, (_, i) => own.seal(text(`m${i}`)));
      for (const i of arrivals) send(all[i]!);
      expect(got).toEqual([...new Set(arrivals)].map((i) => `key:studio-a m${i}`));
    }), { numRuns: 30 });
  });

  it('counts what it refuses by reason and key, and tells of each at most once', async () => {
    const { send, got, opened, refused } = await rig();
    const strange = new TestPeer('stranger');
    for (let i = 0; i < 3; i++) {
      send(announce(1, 'jazz'));
      send(sealer(strange).seal(text('x')));
      send(sealer(edge).seal(text('x')));
      send(sealer(studio, () => NOW - 60_001).seal(text('x')));
      send(sealer(studio, () => NOW + 60_001).seal(text('x')));
      const changed = sealer(small).seal(text('x'));
      changed[changed.length - 1]! ^= 1;
      send(changed);
      const version = sealer(studio).seal(text('x'));
      version[1] = 2;
      send(version);
      send(sealer(studio).seal(text('x')), 66);
    }
    const from = '192.0.2.1:5000';
    expect(refused()).toEqual([
      ['datagram without a key', undefined, '192.0.2.1', 1],
      ['datagram of an unknown key', undefined, '192.0.2.1', 1],
      ['key is for another port', 'edge-1', `edge-1 ${from}`, 1],
      ['datagram of another time', 'studio-a', `studio-a ${from}`, 1],
      ['datagram with a bad seal', 'studio-b', `studio-b ${from}`, 1],
      ['datagram in an unknown envelope', undefined, '192.0.2.1', 1],
      ['not allowed', undefined, '192.0.2.66', 1],
    ]);
    expect([got, opened]).toEqual([[], []]);
  });

  it('takes plain datagrams from where --plain-from says so, and sealed ones too', async () => {
    const { send, got } = await rig();
    send(data(1, text('a')), 9);
    send(sealer(studio).seal(text('b')), 9);
    expect(got.map((one) => one.slice(0, 5))).toEqual(['plain', 'key:s']);
  });

  it('drops what is more than a key may send, and others notice nothing', async () => {
    const { send, got, refused } = await rig();
    const [fast, other] = [sealer(small), sealer(studio)];
    // Twenty seconds at once of one a second.
    for (let i = 0; i < 30; i++) send(fast.seal(text(`m${i}`)));
    send(other.seal(text('other')));
    expect(got).toHaveLength(21);
    expect(got.at(-1)).toBe('key:studio-a other');
    expect(refused()).toEqual([['key sends too fast: datagram dropped', 'studio-b', 'studio-b 192.0.2.1:5000', 1]]);
  });
});

describe('replays', () => {
  it('of an earlier start are refused, whatever came in between', async () => {
    const it = await rig();
    const first = Array.from({ length: 5 }, ((own) => () => own.seal(text('x')))(sealer(studio)));
    for (const one of first) it.send(one);
    it.now += 30_000;
    const second = sealer(studio, () => it.now);
    it.send(second.seal(text('y')));
    for (const one of first) it.send(one);
    it.now += 30_001;
    it.send(second.seal(text('z')));
    it.port.forgetSilent();
    for (const one of first) it.send(one);
    expect(it.got.slice(5)).toEqual(['key:studio-a y', 'key:studio-a z']);
    expect(it.closed).toEqual(['key:studio-a silent']);
    // Not when our clock is set back, either.
    it.now = NOW;
    for (const one of first) it.send(one);
    expect(it.got).toHaveLength(7);
  });

  it('are refused by a process that knows of nothing yet, when they are older than a minute', async () => {
    const recorded = Array.from({ length: 3 }, ((own) => (_: unknown, i: number) => own.seal(text(`m${i}`)))(sealer(studio)));
    const restarted = await rig();
    restarted.now += 60_001;
    for (const one of recorded) restarted.send(one);
    expect(restarted.got).toEqual([]);
  });

  it('can reach such a process within that minute, once, and never behind what goes on', async () => {
    const own = sealer(studio);
    const recorded = Array.from({ length: 1_500 }, (_, i) => own.seal(text(`m${i}`)));
    const restarted = await rig();
    restarted.send(recorded[0]!);
    restarted.send(recorded[0]!);
    expect(restarted.got).toEqual(['key:studio-a m0']);
    restarted.send(recorded[1_499]!);
    for (const one of recorded.slice(0, 400)) restarted.send(one);
    expect(restarted.got).toHaveLength(2);
  });

  it('of a start that was crowded out are refused', async () => {
    const it = await rig();
    const [one, two, three] = [0, 1, 2].map((later) => sealer(small, () => NOW + later).seal(text(`s${later}`)));
    for (const sent of [one!, two!, three!, one!, two!, three!]) it.send(sent);
    expect(it.got).toEqual(['key:studio-b s0', 'key:studio-b s1', 'key:studio-b s2']);
    expect(it.closed).toEqual(['key:studio-b too many senders of a key']);
  });
});

describe('a keys file that changes', () => {
  it('has both keys of a peer good, and a sender that goes over from one to the other goes on by its path', async () => {
    const peer = new TestPeer('studio-c');
    const it = await rig([peer.line()]);
    const [own, other] = [sealer(peer), sealer(peer)];
    it.send(own.seal(text('1')));
    it.send(other.seal(text('2')));
    peer.addKey();
    await it.reread(peer.line());
    it.send(own.seal(text('3')));
    const late = own.seal(text('5'));
    own.rekey(peer.secret(1).seal);
    it.send(own.seal(text('4')));
    it.send(late);
    it.send(own.seal(text('6')));
    await it.reread(peer.line([peer.keys[1]!]));
    it.send(other.seal(text('7')));
    it.send(own.seal(text('8')));
    it.send(late);
    expect(it.got.map((one) => one.at(-1))).toEqual(['1', '2', '3', '4', '5', '6', '8']);
    expect([it.opened.length, it.closed]).toEqual([2, ['key:studio-c key withdrawn']]);
  });

  it('has a sender go back to its first key, without a nonce that comes twice', async () => {
    const peer = new TestPeer('studio-c');
    peer.addKey();
    const it = await rig([peer.line()]);
    const own = sealer(peer);
    const sent: Uint8Array[] = [];
    for (const at of [0, 1, 0, 1]) {
      own.rekey(peer.secret(at).seal);
      sent.push(own.seal(text(`${sent.length}`)));
    }
    for (const one of [...sent, ...sent]) it.send(one);
    expect(it.got.map((one) => one.at(-1))).toEqual(['0', '1', '2', '3']);
  });

  it('opens no replay by a key that comes back, and gives a path its new rights', async () => {
    const it = await rig([studio.line()]);
    const own = sealer(studio);
    const [one, two, three] = [own.seal(text('1')), own.seal(text('2')), own.seal(text('3'))];
    it.send(one);
    await it.reread(small.line());
    it.send(two);
    const more = new TestPeer('studio-a', { mounts: ['jazz', 'news'] });
    more.keys = studio.keys;
    await it.reread(more.line());
    it.send(one);
    it.send(two);
    it.send(three);
    expect(it.got.map((all) => all.at(-1))).toEqual(['1', '2', '3']);
    expect(it.opened.map(({ mounts }) => mounts)).toEqual([['jazz'], ['jazz', 'news']]);
    expect(it.closed).toEqual(['key:studio-a key withdrawn']);
    await it.reread(studio.line());
    expect(it.closed).toEqual(['key:studio-a key withdrawn', 'key:studio-a rights of a key changed']);
  });
});

describe('garbage', () => {
  it('that names a key and invents starts is dropped beyond a number, and who is known goes on', async () => {
    const it = await rig();
    const own = sealer(studio);
    it.send(own.seal(text('1')));
    const garbage = own.seal(text('garbage'));
    for (let i = 0; i < 10_000; i++) {
      new DataView(garbage.buffer).setUint32(START_AT, i);
      it.send(garbage);
    }
    it.send(own.seal(text('2')));
    expect(it.got).toEqual(['key:studio-a 1', 'key:studio-a 2']);
    expect(it.opened).toHaveLength(1);
    expect(it.refused().map((one) => (one as unknown[])[0])).toEqual(['datagram with a bad seal', 'too many datagrams of unknown senders']);
  });

  it('that invents keys costs none of those tries', async () => {
    const it = await rig();
    const garbage = sealer(studio).seal(text('garbage'));
    for (let i = 0; i < 10_000; i++) {
      new DataView(garbage.buffer).setUint32(KEY_ID_AT, i);
      it.send(garbage);
    }
    it.send(sealer(studio).seal(text('1')));
    expect(it.got).toEqual(['key:studio-a 1']);
  });

  it('is no more than bytes', async () => {
    const it = await rig();
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      const near = bytes.slice();
      if (near.length >= 20) near.set([200, 1], 0);
      if (near.length >= 20) near.set([0xff, 0xff], 18);
      it.send(near);
      it.send(bytes);
    }), { numRuns: 500 });
    expect([it.got, it.opened]).toEqual([[], []]);
  });
});

it('without keys, a port says that it cannot open what is sealed, and takes all else', async () => {
  const it = await rig('no keys');
  it.send(sealer(studio).seal(text('x')));
  it.send(data(1, text('a')));
  expect(it.got).toHaveLength(1);
  expect(it.refused()).toEqual([['sealed datagram, but no --keys', undefined, '192.0.2.1', 1]]);
});

it('has a path as soon as there is room for one', async () => {
  const limits = { room: 0 };
  const it = await rig([studio.line()], limits);
  const own = sealer(studio);
  it.send(own.seal(text('1')));
  limits.room = 1;
  it.send(own.seal(text('2')));
  expect(it.got).toEqual(['key:studio-a 2']);
});
