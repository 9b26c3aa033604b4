import { createInterface } from 'node:readline';
import { startDavecast, type Davecast } from '../process.ts';
import { FfmpegEncoder, PCM_RATE_HZ, formats, type Format } from './ffmpeg-encoder.ts';
import { makeReference, toStereo16 } from './reference.ts';
import { REFEREE_RATE_HZ, knownProgramme, type Programme } from './referee.ts';

/** The programme of the measurements, in the forms that they need; made once, because that takes a second. */
export interface Material {
  readonly seconds: number;
  readonly pcm: Buffer;
  readonly known: Programme;
}

export function makeMaterial(seed: string, seconds: number): Material {
  const reference = makeReference(seed, seconds);
  const samples = reference.render(PCM_RATE_HZ);
  return { seconds, pcm: toStereo16(samples, 0, samples.length), known: knownProgramme(reference.render(REFEREE_RATE_HZ)) };
}

/** One line of the log of one of the processes. */
export interface RigEvent {
  readonly from: string;
  readonly atMs: number;
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const HOST = '127.0.0.1';
const MOUNT = 'peers';
/** The frames of the second encoder lie so much behind the first's: near half a frame, but not a toss-up. */
const SECOND_PHASE = 0.6;

/**
 * Two real encoders of one programme, and everything behind them up to the edge.
 *
 *     programme -> ffmpeg -> davecast encoder --+--> relay --+
 *     (phase 0)                                  \ /          +--> edge -> url
 *     programme -> ffmpeg -> davecast encoder --+--> relay --+
 *     (phase 0.6 of a frame)
 */
export class Rig {
  readonly format: Format;
  readonly events: RigEvent[] = [];
  /** What the ffmpeg encoders said. */
  readonly complaints: string[] = [];
  readonly encoders: Davecast[] = [];
  readonly relays: Davecast[] = [];
  readonly #material: Material;
  readonly #ffmpegs: FfmpegEncoder[] = [];
  readonly #startedMs: number = performance.now();
  /** Which encoder a stream comes from. */
  readonly #origin = new Map<string, number>();
  #edge: Davecast | undefined;
  #liveStream: string | undefined;

  constructor(format: Format, material: Material) {
    this.format = format;
    this.#material = material;
  }

  get url(): string {
    return `http://${HOST}:${this.edgePort}/${MOUNT}`;
  }

  get edgePort(): number {
    return portOf(this.#edge, 'http');
  }

  get mount(): string {
    return MOUNT;
  }

  /** The index of the encoder that is on air. */
  get live(): number {
    const origin = this.#origin.get(this.#liveStream ?? '');
    if (origin === undefined) throw new Error('no encoder is on air');
    return origin;
  }

  async start(): Promise<void> {
    try {
      for (const name of ['relay-1', 'relay-2']) {
        this.relays.push(await this.#launch(name, ['relay', '--in', '0', '--out', '0'], ['in', 'out']));
      }
      const relays = this.relays.flatMap((relay) => ['--relay', `${HOST}:${portOf(relay, 'out')}`]);
      this.#edge = await this.#launch('edge', ['edge', '--http', '0', ...relays], ['http']);
      for (const name of ['encoder-1', 'encoder-2']) await this.#startEncoder(name);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Both streams are known to the edge, and one of them is on air. */
  async untilReady(timeoutMs: number): Promise<void> {
    const until = performance.now() + timeoutMs;
    const has = (event: string): boolean => this.events.some((one) => one.event === event);
    while (!(has('mount-started') && has('backup-added'))) {
      if (performance.now() > until) throw new Error(`not both encoders have reached the edge: ${this.complaints.join('; ')}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<void> {
    for (const ffmpeg of this.#ffmpegs) ffmpeg.stop();
    const all = [...this.encoders, ...(this.#edge === undefined ? [] : [this.#edge]), ...this.relays];
    await Promise.all(
      all.map((one) => {
        one.child.kill('SIGCONT');
        return one.stop();
      }),
    );
  }

  async #startEncoder(name: string): Promise<void> {
    const { format } = this;
    const index = this.encoders.length;
    const targets = this.relays.flatMap((relay) => ['--to', `${HOST}:${portOf(relay, 'in')}`]);
    const encoder = await this.#launch(name, ['encoder', '--mount', MOUNT, '--listen', '0', ...targets], ['source']);
    this.encoders.push(encoder);
    this.#ffmpegs.push(
      new FfmpegEncoder({
        format,
        pcm: this.#material.pcm,
        positionS: () => (performance.now() - this.#startedMs) / 1000,
        phaseSamples: Math.round(index * SECOND_PHASE * formats[format].samplesPerFrame),
        port: portOf(encoder, 'source'),
        mount: MOUNT,
        onComplaint: (line) => this.complaints.push(`${name}: ${line}`),
      }),
    );
  }

  async #launch(name: string, args: readonly string[], awaits: readonly string[]): Promise<Davecast> {
    const process = await startDavecast([...args, '--bind', HOST], awaits);
    createInterface({ input: process.child.stdout! }).on('line', (line) => this.#read(name, line));
    return process;
  }

  #read(from: string, line: string): void {
    if (!line.startsWith('{')) return;
    const { event, ...fields } = JSON.parse(line) as { readonly event?: string };
    if (event === undefined) return;
    this.events.push({ from, atMs: performance.now(), event, fields });
    const values: Readonly<Record<string, unknown>> = fields;
    if (event === 'source-started') this.#origin.set(String(values['stream']), Number(from.at(-1)) - 1);
    if (event === 'mount-started') this.#liveStream = String(values['stream']);
    if (event === 'switch') this.#liveStream = String(values['to']);
  }
}

function portOf(process: Davecast | undefined, what: string): number {
  const port = process?.ports.get(what);
  if (port === undefined) throw new Error(`nothing listens for ${what}`);
  return port;
}
