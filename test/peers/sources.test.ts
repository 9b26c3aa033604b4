import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { withSettings } from '../../core/config/settings.ts';
import { EdgeApp } from '../../shell/edge/edge.ts';
import { EncoderApp } from '../../shell/encoder/encoder.ts';
import { parseEndpoint } from '../../shell/net/address.ts';
import { RelayApp } from '../../shell/relay/relay.ts';
import { CapturedLog, RawClient } from '../shell/support.ts';
import { describeWith } from './need.ts';

const SECONDS = 6;
const bind = '127.0.0.1';
const settings = withSettings({ stopMs: 500 });

/** Runs ffmpeg, and gives what it writes, its complaints, and its status. */
async function ffmpeg(args: readonly string[], input?: Uint8Array): Promise<{ out: Buffer; err: string; status: number }> {
  const child = spawn('ffmpeg', ['-v', 'error', ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  const out: Buffer[] = [];
  let err = '';
  child.stdout.on('data', (bytes: Buffer) => out.push(bytes));
  child.stderr.on('data', (bytes: Buffer) => (err += bytes.toString()));
  child.stdin.on('error', () => undefined).end(input);
  const [status] = (await once(child, 'close')) as [number];
  return { out: Buffer.concat(out), err, status };
}

/** How many seconds can be heard in it. */
async function decodedSeconds(audio: Uint8Array, format: 'mp3' | 'aac'): Promise<number> {
  const { out } = await ffmpeg(['-f', format, '-i', 'pipe:0', '-ac', '1', '-ar', '8000', '-f', 's16le', 'pipe:1'], audio);
  return out.length / 2 / 8_000;
}

const tone = ['-re', '-f', 'lavfi', '-i', 'sine=440', '-t', String(SECONDS)];
const mp3 = ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'];
const adts = ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'];

describeWith(['ffmpeg'], 'ffmpeg as the source of one of several mountpoints', () => {
  const told = new CapturedLog();
  const apps: { stop(): Promise<unknown> }[] = [];
  let [sourcePort, httpPort] = [0, 0];

  beforeAll(async () => {
    const run = async <App extends { start(): Promise<void>; stop(): Promise<unknown> }>(app: App): Promise<void> => {
      apps.unshift(app);
      await app.start();
    };
    const [relayTold, edgeTold] = [new CapturedLog(), new CapturedLog()];
    await run(new RelayApp({ bind, inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings }, relayTold.log));
    await run(new EdgeApp({ bind, httpPort: 0, relays: [parseEndpoint(`${bind}:${await relayTold.port('out')}`)!], settings }, edgeTold.log));
    const mounts = ['put', 'legacy', 'chunked', 'ogg'].map((name) => ({ name, input: { kind: 'listen', password: `pw-${name}` } as const, headers: [], title: '' }));
    await run(new EncoderApp({ bind, mounts, targets: [parseEndpoint(`${bind}:${await relayTold.port('in')}`)!], settings }, told.log));
    [sourcePort, httpPort] = [await told.port('source'), await edgeTold.port('http')];
  });
  afterAll(async () => {
    for (const app of apps) await app.stop();
  });

  it.each([
    ['put', 'PUT, told to go on', 'mp3', [...mp3, '-content_type', 'audio/mpeg'], 'icecast'],
    ['legacy', 'SOURCE, with audio right behind it', 'aac', [...adts, '-content_type', 'audio/aac', '-legacy_icecast', '1'], 'icecast'],
    ['chunked', 'PUT in chunks', 'mp3', [...mp3, '-method', 'PUT', '-auth_type', 'basic', '-chunked_post', '1'], 'http'],
  ] as const)('%s: %s', async (name, _, format, args, scheme) => {
    const sending = ffmpeg([...tone, ...args, `${scheme}://source:pw-${name}@${bind}:${sourcePort}/${name}`]);
    await told.until('encoder-format', { mount: name });
    const found = async (): Promise<RawClient | undefined> => {
      const client = new RawClient(httpPort).write(`GET /${name} HTTP/1.0\r\n\r\n`);
      if ((await client.untilText('\r\n\r\n')).includes(' 200 OK')) return client;
      client.socket.destroy();
      return undefined;
    };
    let listener: RawClient | undefined;
    await expect.poll(async () => (listener ??= await found()), { timeout: 10_000 }).toBeDefined();
    expect(await sending).toMatchObject({ err: '', status: 0 });
    await told.until('source-ended', { mount: name });
    const audio = (): Buffer => listener!.received.subarray(listener!.received.indexOf('\r\n\r\n') + 4);
    await expect.poll(() => decodedSeconds(audio(), format), { timeout: 20_000, interval: 1_000 }).toBeGreaterThan(SECONDS - 1);
    listener!.socket.destroy();
  });

  it('ogg: is refused by name', async () => {
    const { status } = await ffmpeg([...tone, '-c:a', 'libvorbis', '-f', 'ogg', '-content_type', 'audio/mpeg', `icecast://source:pw-ogg@${bind}:${sourcePort}/ogg`]);
    expect(status).not.toBe(0);
    expect(await told.until('source-unsupported', { mount: 'ogg' })).toMatchObject({ format: 'Ogg (Vorbis)' });
    expect(await told.until('source-ended', { mount: 'ogg' })).toMatchObject({ reason: 'Ogg (Vorbis) is not supported' });
  });
});
