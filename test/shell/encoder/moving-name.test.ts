import dgram from 'node:dgram';
import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Deframer } from '../../../core/wire/deframer.ts';
import type { TargetId } from '../../../core/base/machine.ts';
import { decodeMessage, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { defaultSettings, withSettings, type Settings } from '../../../core/config/settings.ts';
import { MAX_ADDRESSES } from '../../../shell/net/addresses/address-book.ts';
import { tcpEndpoint } from '../../../shell/cli/options/arguments.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import { EncoderApp } from '../../../shell/encoder/encoder.ts';
import { TargetLinks, type Slot } from '../../../shell/encoder/target-links.ts';
import { HostLinks } from '../../../shell/net/hosts/host-links.ts';
import type { Lookup } from '../../../shell/net/addresses/resolve.ts';
import { Wiring } from '../../../shell/net/wiring/wiring.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { CapturedLog, mp3Frames, RawClient } from '../support/support.ts';

const running: { stop(): Promise<unknown> | void }[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one.stop()));
});

/** A name server that can be told what to say. */
class Names {
  readonly asked: string[] = [];
  says: (asked: number) => readonly string[];

  constructor(...addresses: readonly string[]) {
    this.says = () => addresses;
  }

  readonly lookup: Lookup = async (host) => {
    this.asked.push(host);
    const found = this.says(this.asked.length);
    if (found.length === 0) throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
    return await Promise.resolve(found);
  };
}

/** A relay that keeps what it is told. */
class Relay {
  readonly messages: Message[] = [];
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  constructor() {
    this.#server = net.createServer((socket) => {
      this.#sockets.add(socket);
      const deframer = new Deframer((bytes, start, end) => this.messages.push(decodeMessage(bytes.subarray(start, end)) as Message));
      socket.on('error', () => undefined).on('close', () => this.#sockets.delete(socket)).on('data', (bytes) => deframer.push(bytes));
    });
    running.push(this);
  }

  /** At a port that is free at other addresses, too, unless given. */
  async listen(address: string, given?: number): Promise<number> {
    const port = given ?? await freeTcpPort();
    await new Promise<void>((resolve) => this.#server.listen(port, address, resolve));
    return port;
  }

  get connections(): number {
    return this.#sockets.size;
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

const quick: Partial<Settings> = { resolveMs: 100, backoffMinMs: 5, backoffMaxMs: 20, addressGraceMs: 0 };

async function encoderTo(target: string, lookup: Lookup, settings: Partial<Settings> = {}): Promise<{ told: CapturedLog; play(count: number): void }> {
  const told = new CapturedLog();
  const app = new EncoderApp({
    mounts: [{ name: 'one', input: { kind: 'listen', password: undefined }, headers: [], title: '' }], targets: [parseEndpoint(target)!], bind: '127.0.0.1',
    settings: withSettings({ ...quick, ...settings }), lookup,
  }, told.log);
  running.push(app);
  await app.start();
  const source = new RawClient(await told.port('source')).write('SOURCE /x HTTP/1.0\r\n\r\n');
  running.push({ stop: () => void source.socket.destroy() });
  await source.untilText('200 OK');
  const frames = mp3Frames(200);
  return { told, play: (count) => void source.write(Buffer.concat(frames.splice(0, count))) };
}

const audio = (messages: readonly Message[]): number => messages.filter(({ type }) => type === MessageType.DATA).length;
const sequences = (messages: readonly Message[]): number[] => messages.map(({ sequence }) => sequence);

describe('a target whose name moves', () => {
  it('gets all that was kept, at the address that it has then', async () => {
    const names = new Names('127.0.0.1');
    const before = new Relay();
    const port = await before.listen('127.0.0.1');
    const { told, play } = await encoderTo(`relay.test:${port}`, names.lookup);
    play(50);
    await expect.poll(() => audio(before.messages)).toBeGreaterThan(45);
    before.stop();
    await told.until('target-down');
    play(50);
    const behind = new Relay();
    await behind.listen('127.0.0.2', port);
    names.says = () => ['127.0.0.2'];
    await told.until('connected', { peer: `127.0.0.2:${port}` });
    play(20);
    await expect.poll(() => audio(behind.messages)).toBeGreaterThan(115);
    const numbers = sequences(behind.messages);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
    expect(told.all('target-lost')).toEqual([]);
  });

  it('is connected at all its addresses, each of which gets everything', async () => {
    const names = new Names('127.0.0.1');
    const relays = [new Relay(), new Relay()] as const;
    const port = await relays[0].listen('127.0.0.1');
    await relays[1].listen('127.0.0.2', port);
    const { told, play } = await encoderTo(`relay.test:${port}`, names.lookup);
    play(50);
    await expect.poll(() => audio(relays[0].messages)).toBeGreaterThan(45);
    names.says = () => ['127.0.0.1', '127.0.0.2'];
    await told.until('connected', { peer: `127.0.0.2:${port}` });
    play(10);
    await expect.poll(() => audio(relays[0].messages)).toBeGreaterThan(55);
    await expect.poll(() => sequences(relays[1].messages)).toEqual(sequences(relays[0].messages));
    expect(new Set(relays.map(({ messages }) => messages[0]!.replica)).size).toBe(2);
    expect(relays.map(({ connections }) => connections)).toEqual([1, 1]);
  });

  it('is no target that loses anything, at an address that its name has left', async () => {
    const names = new Names('127.0.0.1');
    const relays = [new Relay(), new Relay()] as const;
    const port = await relays[0].listen('127.0.0.1');
    await relays[1].listen('127.0.0.2', port);
    const { told, play } = await encoderTo(`relay.test:${port}`, names.lookup, { addressGraceMs: 600_000, targetKeepMs: 100 });
    await told.until('connected');
    names.says = () => ['127.0.0.2'];
    await told.until('connected', { peer: `127.0.0.2:${port}` });
    relays[0].stop();
    await told.until('target-down');
    await expect.poll(() => {
      play(1);
      return told.all('left-target-lost').length;
    }).toBeGreaterThan(0);
    expect(told.all('left-target-lost')[0]).toMatchObject({ target: 0 });
    expect(told.all('target-lost')).toEqual([]);
    expect(told.all('no-target-left')).toEqual([]);
  });

  it('stays where it is while the name is not known, and leaves the old address when it is again', async () => {
    const names = new Names('127.0.0.1');
    const relays = [new Relay(), new Relay()] as const;
    const port = await relays[0].listen('127.0.0.1');
    await relays[1].listen('127.0.0.2', port);
    const { told, play } = await encoderTo(`relay.test:${port}`, names.lookup);
    await told.until('connected');
    names.says = () => [];
    await told.until('unresolved');
    play(50);
    await expect.poll(() => audio(relays[0].messages)).toBeGreaterThan(45);
    names.says = () => ['127.0.0.2'];
    await told.until('connected', { peer: `127.0.0.2:${port}` });
    await expect.poll(() => relays[0].connections).toBe(0);
    play(10);
    await expect.poll(() => audio(relays[1].messages)).toBeGreaterThan(55);
  });

  it('is looked up again soon while it cannot be reached', async () => {
    const names = new Names('127.0.0.1');
    const relay = new Relay();
    const port = await relay.listen('127.0.0.2');
    const { told } = await encoderTo(`relay.test:${port}`, names.lookup, { resolveMs: 3_600_000 });
    await told.until('disconnected');
    names.says = () => ['127.0.0.2'];
    await told.until('connected', { peer: `127.0.0.2:${port}` });
  });

  it('is sent datagrams at the address that it has then, and not at the old one', async () => {
    const names = new Names('127.0.0.1');
    const sockets = [dgram.createSocket('udp4'), dgram.createSocket('udp4')] as const;
    const counts = [0, 0];
    sockets.forEach((socket, index) => socket.on('message', () => counts[index]!++));
    running.push({ stop: () => sockets.forEach((socket) => socket.close()) });
    await new Promise<void>((resolve) => sockets[0].bind(0, '127.0.0.1', resolve));
    const { port } = sockets[0].address();
    await new Promise<void>((resolve) => sockets[1].bind(port, '127.0.0.2', resolve));
    const { play } = await encoderTo(`relay.test@${port}`, names.lookup);
    play(20);
    await expect.poll(() => counts[0]).toBeGreaterThan(15);
    names.says = () => ['127.0.0.2'];
    const asked = names.asked.length;
    await expect.poll(() => names.asked.length).toBeGreaterThan(asked + 2);
    const before = counts[0];
    play(20);
    await expect.poll(() => counts[1]).toBeGreaterThan(15);
    expect(counts[0]).toBe(before);
  });
});

describe('300 moves of a name', () => {
  it.each([0, 3_600_000])('with a grace of %i ms cost an encoder no more than a few connections, and nothing is refused', async (addressGraceMs) => {
    const names = new Names();
    names.says = (asked) => [`127.0.${asked >> 8}.${asked & 0xff}`];
    const told = new CapturedLog();
    const slots = new Map<TargetId, Slot>();
    let most = 0;
    const targetLinks = new TargetLinks([parseEndpoint('relay.test:9')!], { settings: withSettings({ ...quick, addressGraceMs, backoffMinMs: 1, backoffMaxMs: 1 }), log: told.log, multicastVia: undefined, nats: { mountOf: () => undefined }, lookup: names.lookup }, {
      added: (slot) => {
        expect(slots.has(slot.target)).toBe(false);
        slots.set(slot.target, slot);
        most = Math.max(most, slots.size);
      },
      removed: (target) => void slots.delete(target),
      up: () => undefined,
      said: () => undefined,
      titled: () => undefined,
      down: () => undefined,
    });
    for (const slot of targetLinks.slots) slots.set(slot.target, slot);
    running.push({ stop: () => targetLinks.finish(0) });
    targetLinks.start();
    await expect.poll(() => names.asked.length, { timeout: 20_000 }).toBeGreaterThan(300);
    expect(most).toBeLessThanOrEqual(addressGraceMs === 0 ? 2 : MAX_ADDRESSES);
    expect(targetLinks.slots.map(({ target }) => target)).toEqual([...slots.keys()].sort((a, b) => a - b));
    expect(told.all('too-many-targets')).toEqual([]);
  }, 30_000);

  it('cost an edge or a relay no more than a few connections', async () => {
    const names = new Names();
    names.says = (asked) => [`127.0.${asked >> 8}.${asked & 0xff}`];
    const told = new CapturedLog();
    let up = 0;
    const links = new HostLinks(tcpEndpoint('test', 'relay.test:9'), { settings: withSettings({ ...quick, backoffMinMs: 1, backoffMaxMs: 1 }), watchIdle: true, wiring: new Wiring(defaultSettings, told.log), log: told.log, lookup: names.lookup }, {
      up: () => up++,
      bytes: () => undefined,
      down: () => up--,
    });
    running.push({ stop: () => void links.stop() });
    links.start();
    await expect.poll(() => names.asked.length, { timeout: 20_000 }).toBeGreaterThan(300);
    expect(links.current).toHaveLength(1);
    expect(up).toBe(0);
  }, 30_000);
});
