import { createInterface } from 'node:readline';
import seedrandom from 'seedrandom';
import { startDavecast, type Davecast } from '../common/davecast.ts';
import { freeTcpPorts } from '../common/free-port.ts';
import { until } from '../common/until.ts';
import type { Format } from './formats.ts';
import type { Material } from '../referee/material.ts';
import type { Middle, Rig, Told } from './rig.ts';
import { Studio, end, type Ingress } from './studio.ts';
import { UdpLeg, type Weather } from './weather/udp-leg.ts';

/** One line of the log of one of the processes. */
interface Line {
  readonly event?: string;
  readonly [field: string]: unknown;
}

export interface DavecastOptions {
  /** How the encoders reach the relays. */
  readonly legs?: 'tcp' | 'udp';
  /** Of what is drawn: where the frames of the encoders begin, and the weather. */
  readonly seed?: string;
}

const HOST = '127.0.0.1';
const MOUNT = 'peers';
const RELAYS = 2;

/**
 * Davecast as the README has it, of real processes:
 *
 *     programme -> ffmpeg -> davecast encoder --+--> relay --+
 *     (studio 0)                                 \ /          +--> edge -> url
 *     programme -> ffmpeg -> davecast encoder --+--> relay --+
 *     (studio 1)
 */
export class DavecastRig implements Rig {
  readonly format: Format;
  readonly mount: string = MOUNT;
  readonly complaints: string[] = [];
  readonly switches: Told[] = [];
  readonly studios: readonly Studio[];
  readonly relays: readonly RelayServer[];
  readonly #legs: 'tcp' | 'udp';
  readonly #seed: string;
  readonly #udpLegs: UdpLeg[][] = [];
  /** Which studio a stream comes from. */
  readonly #origin = new Map<string, number>();
  readonly #events = new Set<string>();
  #edge: Davecast | undefined;
  /** When the programme has begun. */
  #startedMs = 0;
  #liveStream: string | undefined;

  constructor(format: Format, { pcm }: Material, { legs = 'tcp', seed = '' }: DavecastOptions = {}) {
    this.format = format;
    this.#legs = legs;
    this.#seed = seed;
    const launch = (args: readonly string[], awaits: readonly string[], studio?: number): Promise<Davecast> => this.#launch(args, awaits, studio);
    this.relays = Array.from({ length: RELAYS }, () => new RelayServer(launch));
    this.studios = [0, 1].map(
      (studio) =>
        new Studio({
          name: `studio-${studio}`,
          seed,
          format,
          pcm,
          positionS: () => (performance.now() - this.#startedMs) / 1000,
          openIngress: () => this.#openIngress(studio),
          onComplaint: (line) => this.complaints.push(line),
        }),
    );
  }

  get url(): string {
    return `http://${HOST}:${this.edgePort}/${MOUNT}`;
  }

  get edgePort(): number {
    return portOf(this.#edge, 'http');
  }

  get live(): number {
    const origin = this.#origin.get(this.#liveStream ?? '');
    if (origin === undefined) throw new Error('no encoder is on air');
    return origin;
  }

  async start(): Promise<void> {
    this.#startedMs = performance.now();
    try {
      for (const relay of this.relays) await relay.start();
      const relays = this.relays.flatMap((relay) => ['--relay', `${HOST}:${relay.port('out')}`]);
      this.#edge = await this.#launch(['edge', '--http', '0', ...relays], ['http']);
      for (const studio of this.studios) await studio.start();
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  async untilReady(timeoutMs: number): Promise<void> {
    await until(() => `both encoders at the edge: ${this.complaints.join('; ')}`, () => this.#events.has('mount-started') && this.#events.has('backup-added'), { withinMs: timeoutMs, everyMs: 20 });
  }

  setWeather(weather: (studio: number, relay: number) => Weather): void {
    this.#udpLegs.forEach((legs, studio) => legs.forEach((leg, relay) => (leg.weather = weather(studio, relay))));
  }

  async stop(): Promise<void> {
    await Promise.all(this.studios.map((studio) => studio.kill()));
    if (this.#edge !== undefined) await end(this.#edge.child, 'SIGTERM');
    await Promise.all(this.relays.map((relay) => relay.kill()));
    for (const leg of this.#udpLegs.flat()) leg.close();
    this.#udpLegs.length = 0;
  }

  async #openIngress(studio: number): Promise<Ingress> {
    const targets = await Promise.all(this.relays.map((_, relay) => this.#target(studio, relay)));
    const args = ['encoder', '--mount', MOUNT, '--listen', '0', ...targets.flatMap((target) => ['--to', target])];
    const encoder = await this.#launch(args, ['source'], studio);
    return { port: portOf(encoder, 'source'), mount: MOUNT, process: encoder.child };
  }

  async #target(studio: number, relay: number): Promise<string> {
    const port = this.relays[relay]!.port('in');
    if (this.#legs === 'tcp') return `${HOST}:${port}`;
    const leg = new UdpLeg(port, seedrandom(`leg/${this.#seed}/${studio}/${relay}`));
    (this.#udpLegs[studio] ??= [])[relay] = leg;
    return `${HOST}@${await leg.open()}`;
  }

  async #launch(args: readonly string[], awaits: readonly string[], studio?: number): Promise<Davecast> {
    const process = await startDavecast(args, awaits);
    createInterface({ input: process.child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.#read(JSON.parse(line) as Line, studio);
    });
    return process;
  }

  #read({ event, ...fields }: Line, studio: number | undefined): void {
    if (event === undefined) return;
    this.#events.add(event);
    if (event === 'source-started' && studio !== undefined) this.#origin.set(String(fields['stream']), studio);
    if (event === 'mount-started') this.#liveStream = String(fields['stream']);
    if (event !== 'switch') return;
    this.#liveStream = String(fields['to']);
    this.switches.push({ atMs: performance.now(), fields });
  }
}

/** A relay that keeps its ports when it is started again. */
class RelayServer implements Middle {
  readonly #launch: (args: readonly string[], awaits: readonly string[]) => Promise<Davecast>;
  #process: Davecast | undefined;
  #ports: ReadonlyMap<string, number> | undefined;

  constructor(launch: (args: readonly string[], awaits: readonly string[]) => Promise<Davecast>) {
    this.#launch = launch;
  }

  port(what: 'in' | 'out'): number {
    return this.#ports?.get(what) ?? 0;
  }

  async start(): Promise<void> {
    this.#ports ??= await freeTcpPorts(['in', 'out']);
    this.#process = await this.#launch(['relay', '--in', `${this.port('in')}`, '--out', `${this.port('out')}`], ['in', 'out']);
  }

  async kill(): Promise<void> {
    if (this.#process !== undefined) await end(this.#process.child, 'SIGKILL');
    this.#process = undefined;
  }

  freeze(): void {
    this.#process?.child.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.child.kill('SIGCONT');
  }
}

function portOf(process: Davecast | undefined, what: string): number {
  const port = process?.ports.get(what);
  if (port === undefined) throw new Error(`nothing listens for ${what}`);
  return port;
}
