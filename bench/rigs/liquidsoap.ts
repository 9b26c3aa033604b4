import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { freeTcpPort } from '../common/free-port.ts';
import { until } from '../common/until.ts';
import { inRepository } from '../common/repository.ts';
import type { Format } from './formats.ts';
import { IcecastServer, asNobody, canConnect } from './icecast-server.ts';
import { MOUNTS, pushingStudios, untilLogged } from './pushed.ts';
import type { Material } from '../referee/material.ts';
import type { Middle, Rig, Told } from './rig.ts';
import { end, type Studio } from './studio.ts';

const script = inRepository('bench/rigs/config/liquidsoap-fallback.liq');
const icecastConfiguration = inRepository('bench/rigs/config/icecast-fallback.xml');
const START_MS = 20_000;
const MAX_LOG_CHARACTERS = 1_000_000;

/**
 * Liquidsoap's `fallback`, which decodes both and encodes one of them again, in front of an Icecast.
 *
 *     programme -> ffmpeg --+
 *     programme -> ffmpeg --+-> liquidsoap -> icecast -> /main
 */
export class LiquidsoapRig implements Rig {
  readonly complaints: string[] = [];
  readonly switches: Told[] = [];
  readonly relays: readonly Middle[] = [];
  /** The preferred one is heard whenever it is there. */
  readonly live = 0;
  readonly studios: readonly Studio[];
  readonly #format: Format;
  #icecast: IcecastServer | undefined;
  #child: ChildProcess | undefined;
  #harborPort = 0;
  #log = '';

  constructor(format: Format, material: Material, seed: string) {
    this.#format = format;
    this.studios = pushingStudios({ format, material, seed, port: () => this.#harborPort, onComplaint: (line) => this.complaints.push(line) });
  }

  get url(): string {
    return `http://127.0.0.1:${this.#icecast!.port}/${MOUNTS[0]}`;
  }

  async start(): Promise<void> {
    this.#icecast = await IcecastServer.start(readFileSync(icecastConfiguration, 'utf8'));
    this.#harborPort = await freeTcpPort();
    const env = { ...process.env, HOME: tmpdir(), HARBOR_PORT: `${this.#harborPort}`, ICECAST_PORT: `${this.#icecast.port}`, CODEC: this.#format };
    const child = spawn('liquidsoap', [script], { stdio: ['ignore', 'pipe', 'pipe'], env, cwd: tmpdir(), ...asNobody() });
    this.#child = child;
    child.on('error', (error) => this.complaints.push(error.message));
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => this.#read(text));
    const listens = async (): Promise<boolean> => {
      if (child.exitCode !== null) throw new Error(`liquidsoap has ended with ${child.exitCode}: ${this.#log.slice(-2_000)}`);
      return await canConnect(this.#harborPort);
    };
    await until(() => `liquidsoap listens: ${this.#log.slice(-2_000)}`, listens, { withinMs: START_MS, everyMs: 100 });
    for (const studio of this.studios) await studio.start();
  }

  untilReady(timeoutMs: number): Promise<void> {
    return untilLogged(() => this.#log, MOUNTS.map((mount) => `[${mount}:3] Decoding`), timeoutMs);
  }

  setWeather(): void {
    throw new Error('no UDP here');
  }

  async stop(): Promise<void> {
    await Promise.all(this.studios.map((studio) => studio.kill()));
    if (this.#child !== undefined) await end(this.#child, 'SIGKILL');
    await this.#icecast?.stop();
  }

  #read(text: string): void {
    this.#log = (this.#log + text).slice(-MAX_LOG_CHARACTERS);
    for (const line of text.split('\n')) {
      if (/Switch to /.test(line)) this.switches.push({ atMs: performance.now(), fields: { said: line } });
    }
  }
}
