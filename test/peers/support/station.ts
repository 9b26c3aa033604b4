import { spawn, type ChildProcess } from 'node:child_process';
import { withSettings } from '../../../core/config/settings.ts';
import { EdgeApp } from '../../../shell/edge/edge.ts';
import { EncoderApp, type EncoderMount } from '../../../shell/encoder/encoder.ts';
import { parseEndpoint } from '../../../shell/net/addresses/address.ts';
import { RelayApp } from '../../../shell/relay/relay.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { run } from '../../../bench/referee/decoders.ts';
import { CapturedLog, RawClient } from '../../shell/support/support.ts';

export const HOST = '127.0.0.1';
const settings = withSettings({ stopMs: 500 });
const HEAD_END = '\r\n\r\n';
const DECODED_HZ = 8_000;

/** A sine, as fast as it plays, for as long as it is wanted. */
export const tone: readonly string[] = ['-re', '-f', 'lavfi', '-i', 'sine=440'];
export const mp3: readonly string[] = ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'];

export interface LaunchOptions {
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** User and group that it runs as, by number; ours, unless given. */
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** Encoder, relay and edge in this process. */
export class Station {
  readonly encoder: CapturedLog = new CapturedLog();
  readonly edge: CapturedLog = new CapturedLog();
  readonly #apps: { stop(): Promise<unknown> }[] = [];
  readonly #children: ChildProcess[] = [];
  sourcePort = 0;
  httpPort = 0;

  /** Starts it with these mountpoints. */
  async start(mounts: readonly Pick<EncoderMount, 'name' | 'input'>[]): Promise<void> {
    const relay = new CapturedLog();
    await this.#run(new RelayApp({ bind: HOST, inPort: 0, outPort: 0, upstreams: [], multicasts: [], settings }, relay.log));
    await this.#run(new EdgeApp({ bind: HOST, httpPort: 0, relays: [parseEndpoint(`${HOST}:${await relay.port('out')}`)!], settings }, this.edge.log));
    const targets = [parseEndpoint(`${HOST}:${await relay.port('in')}`)!];
    await this.#run(new EncoderApp({ bind: HOST, mounts: mounts.map((mount) => ({ headers: [], title: '', ...mount })), targets, settings }, this.encoder.log));
    this.httpPort = await this.edge.port('http');
    if (mounts.some(({ input }) => input.kind === 'listen')) this.sourcePort = await this.encoder.port('source');
  }

  url(mount: string): string {
    return `http://${HOST}:${this.httpPort}/${mount}`;
  }

  /** Starts with the mountpoint `tone`, to which ffmpeg sends one without end, and waits until it is on air. */
  async startTone(): Promise<void> {
    await this.start([{ name: 'tone', input: { kind: 'listen', password: 'secret' } }]);
    this.launch('ffmpeg', ['-v', 'error', ...tone, ...mp3, '-content_type', 'audio/mpeg', `icecast://source:secret@${HOST}:${this.sourcePort}/tone`]);
    await this.edge.until('mount-started', { mount: 'tone' });
  }

  /** A program that runs until it is stopped, or the station is. */
  launch(program: string, args: readonly string[], { env, uid, gid }: LaunchOptions = {}): ChildProcess {
    const child = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env, ...env }, ...(uid !== undefined && { uid, gid }) });
    child.on('error', () => undefined);
    child.stdin.on('error', () => undefined);
    this.#children.push(child);
    return child;
  }

  /** A listener of the mountpoint, as soon as that is there. */
  async listen(mount: string): Promise<RawClient> {
    await this.edge.until('mount-started', { mount });
    const client = new RawClient(this.httpPort).write(`GET /${mount} HTTP/1.0\r\n\r\n`);
    await client.untilText(' 200 OK');
    return client;
  }

  /** Sets the title of a mountpoint as a source client does, whose password is "secret". */
  async title(mount: string, song: string): Promise<void> {
    const headers = { Authorization: `Basic ${btoa('source:secret')}` };
    const answer = await fetch(`http://${HOST}:${this.sourcePort}/admin/metadata?mount=/${mount}&mode=updinfo&song=${encodeURIComponent(song)}`, { headers });
    if (!(await answer.text()).includes('successful')) throw new Error(`title refused: ${answer.status}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#children.map(async (child) => await end(child, 'SIGKILL')));
    for (const app of this.#apps) await app.stop();
  }

  async #run(app: { start(): Promise<void>; stop(): Promise<unknown> }): Promise<void> {
    this.#apps.unshift(app);
    await app.start();
  }
}

/** What a listener without ICY has got. */
export function audioOf({ received }: RawClient): Buffer {
  return received.subarray(received.indexOf(HEAD_END) + HEAD_END.length);
}

/** How many seconds can be heard in a recording. */
export async function decodedSeconds(audio: Buffer): Promise<number> {
  const { stdout } = await run('ffmpeg', ['-v', 'quiet', '-i', 'pipe:0', '-ac', '1', '-ar', `${DECODED_HZ}`, '-f', 's16le', 'pipe:1'], audio);
  return stdout.length / 2 / DECODED_HZ;
}
