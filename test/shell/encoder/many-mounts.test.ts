import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Deframer } from '../../../core/wire/deframer.ts';
import { formatStreamId, decodeMessage, MessageType, type Message } from '../../../core/wire/pdu.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { EncoderApp, type EncoderMount } from '../../../shell/encoder/encoder.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { ask, CapturedLog, mp3Frames, RawClient, sleep } from '../support/support.ts';

const running: { stop(): Promise<unknown> }[] = [];
const settings = withSettings({ backoffMinMs: 5, backoffMaxMs: 20, stopMs: 200 });

afterEach(async () => {
  await Promise.all(running.splice(0).toReversed().map((one) => one.stop()));
});

/** A relay's port that keeps what comes, by connection. */
class Receiver {
  readonly connections: { readonly socket: net.Socket; readonly messages: Message[]; emptyMessages: number }[] = [];
  port = 0;

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    const server = net.createServer((socket) => {
      const connection = { socket, messages: [] as Message[], emptyMessages: 0 };
      const deframer = new Deframer((bytes, start, end) => connection.messages.push(decodeMessage(bytes.slice(start, end)) as Message), () => connection.emptyMessages++);
      socket.on('error', () => undefined).once('data', (first) => {
        // It says nothing: so an encoder whose connection has ended asks it what it is.
        if (first.toString().startsWith('GET /davecast-wiring/')) return;
        receiver.connections.push(connection);
        deframer.push(first);
        socket.on('data', (bytes) => deframer.push(bytes));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    receiver.port = (server.address() as net.AddressInfo).port;
    running.push({
      stop: () => {
        for (const { socket } of receiver.connections) socket.destroy();
        return new Promise((resolve) => server.close(resolve));
      },
    });
    return receiver;
  }

  /** The audio of each mountpoint, by the newest stream that announces it. */
  audio(mount: string, connection = 0): Buffer {
    const messages = this.connections[connection]?.messages ?? [];
    const announced = messages.findLast(({ type, payload }) => type === MessageType.ANNOUNCE && Buffer.from(payload.subarray(1)).toString() === mount);
    if (announced === undefined) return Buffer.alloc(0);
    const id = formatStreamId(announced.streamId);
    return Buffer.concat(messages.filter((one) => one.type === MessageType.DATA && formatStreamId(one.streamId) === id).map(({ payload }) => payload));
  }
}

async function encoder(targets: readonly string[], mounts: readonly Partial<EncoderMount>[]): Promise<{ told: CapturedLog; port: number }> {
  const told = new CapturedLog();
  const app = new EncoderApp({
    mounts: mounts.map((mount) => ({ name: '', input: { kind: 'listen', password: undefined }, headers: [], title: '', ...mount })),
    targets: targets.map((text) => parseEndpoint(text)!),
    bind: '127.0.0.1',
    settings,
  }, told.log);
  running.push(app);
  await app.start();
  return { told, port: await told.port('source') };
}

async function connect(port: number, mount: string, password = 'x'): Promise<RawClient> {
  const client = new RawClient(port).write(`SOURCE ${mount} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}\r\n\r\n`);
  running.push({ stop: () => Promise.resolve(void client.socket.destroy()) });
  await client.untilText('\r\n\r\n');
  return client;
}

const auth = (password: string): string => `Authorization: Basic ${Buffer.from(`source:${password}`).toString('base64')}\r\n\r\n`;

describe('an encoder with several mountpoints', () => {
  it('sends them to a relay by one connection, each with its own name, and all again when that is made anew', async () => {
    const relay = await Receiver.start();
    const names = ['one', 'two', 'three'];
    const { port, told } = await encoder([`127.0.0.1:${relay.port}`], names.map((name) => ({ name })));
    const sources = await Promise.all(names.map((name) => connect(port, `/${name}`)));
    const audio = names.map((_, n) => mp3Frames(40 + n));
    sources.forEach((source, n) => source.write(Buffer.concat(audio[n]!)));
    const whole = (n: number): Buffer => Buffer.concat(audio[n]!);
    for (const [n, name] of names.entries()) await expect.poll(() => relay.audio(name).equals(whole(n).subarray(0, relay.audio(name).length)) && relay.audio(name).length >= whole(n).length - 418).toBe(true);
    expect(relay.connections).toHaveLength(1);
    expect(told.all('target-up')).toHaveLength(1);
    relay.connections[0]!.socket.resetAndDestroy();
    for (const [n, name] of names.entries()) await expect.poll(() => relay.audio(name, 1).length).toBeGreaterThanOrEqual(whole(n).length - 418);
    expect(relay.connections).toHaveLength(2);
  });

  it('says to a relay that it is there, for those of them that pause while others go on', async () => {
    const relay = await Receiver.start();
    const { port } = await encoder([`127.0.0.1:${relay.port}`], [{ name: 'one' }, { name: 'two' }]);
    const source = await connect(port, '/one');
    await connect(port, '/two');
    await expect.poll(() => relay.connections.length).toBe(1);
    const frames = mp3Frames(300);
    const timer = setInterval(() => void source.write(frames.shift()!), 10);
    await expect.poll(() => relay.connections[0]!.emptyMessages).toBeGreaterThan(3);
    clearInterval(timer);
    expect(relay.audio('one').length).toBeGreaterThan(0);
  });

  it('sends each only to its own targets', async () => {
    const [a, b] = [await Receiver.start(), await Receiver.start()];
    const [toA, toB] = [`127.0.0.1:${a.port}`, `127.0.0.1:${b.port}`];
    const { port } = await encoder([toA, toB], [{ name: 'one' }, { name: 'two', to: [parseEndpoint(toB)!] }]);
    for (const name of ['one', 'two']) (await connect(port, `/${name}`)).write(Buffer.concat(mp3Frames(20)));
    await expect.poll(() => [b.audio('one').length > 0, b.audio('two').length > 0]).toEqual([true, true]);
    await expect.poll(() => a.audio('one').length).toBeGreaterThan(0);
    expect(a.audio('two').length).toBe(0);
  });

  it('has a password for each, and takes none for another one', async () => {
    const relay = await Receiver.start();
    const mounts = ['one', 'two'].map((name) => ({ name, input: { kind: 'listen', password: `pw-${name}` } as const }));
    const { port, told } = await encoder([`127.0.0.1:${relay.port}`], mounts);
    expect(await ask(port, `SOURCE /one HTTP/1.0\r\n${auth('pw-two')}`)).toMatch(/^HTTP\/1\.0 401 /);
    expect((await connect(port, '/one', 'pw-one')).text).toBe('HTTP/1.0 200 OK\r\n\r\n');
    expect((await connect(port, '/two', 'pw-two')).text).toBe('HTTP/1.0 200 OK\r\n\r\n');
    expect(await ask(port, `SOURCE /two HTTP/1.0\r\n${auth('pw-two')}`)).toContain('Mountpoint in use');
    expect(told.all('source-refused').at(-1)).toMatchObject({ mount: 'two', why: { code: 'in-use' } });
    expect(await ask(port, `SOURCE /three HTTP/1.0\r\n${auth('nobody')}`)).toMatch(/^HTTP\/1\.0 401 /);
    expect(await ask(port, `SOURCE /three HTTP/1.0\r\n${auth('pw-one')}`)).toMatch(/^HTTP\/1\.0 404 .*No such mountpoint/s);
    expect(told.all('source-refused').at(-1)).toMatchObject({ why: { code: 'no-such-mount', mount: 'three' } });
  });

  it('gives a title to the one that it names, with the password of that', async () => {
    const relay = await Receiver.start();
    const mounts = ['one', 'two'].map((name) => ({ name, input: { kind: 'listen', password: `pw-${name}` } as const }));
    const { port, told } = await encoder([`127.0.0.1:${relay.port}`], mounts);
    await connect(port, '/one', 'pw-one');
    await connect(port, '/two', 'pw-two');
    const update = (mount: string, password: string): Promise<string> => ask(port, `GET /admin/metadata?mode=updinfo&song=S${mount} HTTP/1.0\r\n${auth(password)}`);
    expect(await update('&mount=/two', 'pw-two')).toContain('Metadata update successful');
    expect(await update('&mount=/two', 'pw-one')).toMatch(/^HTTP\/1\.0 401 /);
    expect(await update('&mount=/three', 'pw-one')).toContain('Source does not exist');
    expect(await update('', 'pw-one')).toContain('Missing parameter');
    expect(told.all('encoder-title')).toMatchObject([{ mount: 'two', title: 'S' }]);
  });

  it.each(['GET', 'POST'])('ends the source that a killsource by %s names, with the password of that alone', async (method) => {
    const relay = await Receiver.start();
    const mounts = ['one', 'two'].map((name) => ({ name, input: { kind: 'listen', password: `pw-${name}` } as const }));
    const { port, told } = await encoder([`127.0.0.1:${relay.port}`], mounts);
    await connect(port, '/one', 'pw-one');
    await connect(port, '/two', 'pw-two');
    const kill = (password: string): Promise<string> => ask(port, `${method} /admin/killsource?mount=/two HTTP/1.0\r\n${auth(password)}`);
    expect(await kill('pw-one')).toMatch(/^HTTP\/1\.0 401 /);
    expect(told.all('source-ended')).toEqual([]);
    expect(await kill('pw-two')).toContain('Source Removed');
    expect(await told.until('source-ended')).toMatchObject({ mount: 'two', reason: 'killed' });
  });

  it('is taken for well by a relay of ours while only some of its sources send, and has all acknowledged', async () => {
    const relayTold = new CapturedLog();
    const relay = new RelayApp({ bind: '127.0.0.1', inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings: withSettings({ stopMs: 200, acknowledgeMs: 50 }) }, relayTold.log);
    running.push(relay);
    await relay.start();
    const told = new CapturedLog();
    const names = Array.from({ length: 12 }, (_, n) => `mount-${n}`);
    const app = new EncoderApp({
      mounts: names.map((name) => ({ name, input: { kind: 'listen', password: undefined }, headers: [], title: '', origin: 'studio' })),
      targets: [parseEndpoint(`127.0.0.1:${await relayTold.port('in')}`)!],
      bind: '127.0.0.1',
      settings: withSettings({ stopMs: 200, backoffMinMs: 5, backoffMaxMs: 20, targetStuckMs: 400 }),
    }, told.log);
    running.push(app);
    await app.start();
    const port = await told.port('source');
    for (const name of names) (await connect(port, `/${name}`)).write(Buffer.concat(mp3Frames(30)));
    for (const name of names) await relayTold.until('stream-announced', { mount: name });
    await sleep(1_500);
    expect(told.all('target-stuck')).toEqual([]);
    expect(relayTold.all('path-opened').filter(({ transport }) => transport === 'tcp')).toHaveLength(1);
  });
});
