import { mkdirSync } from 'node:fs';
import path from 'node:path';
import seedrandom from 'seedrandom';
import { between } from '../../sim/world/rng.ts';
import { readProgramme } from '../load/frames.ts';
import type { Programme } from '../load/programme.ts';
import { TcpLeg } from '../rigs/weather/tcp-leg.ts';
import { UdpLeg, type Weather } from '../rigs/weather/udp-leg.ts';
import { Member } from './member.ts';
import type { Outage } from './plan.ts';
import { Source } from './source.ts';

const HOST = '127.0.0.1';
export const MOUNT = 'radio';
const TWO = [0, 1] as const;
const LEAST_DELAY_MS = 2;
const MOST_DELAY_MS = 80;
/** While all ways lose. */
const LOSS = { lossShare: 0.02, burst: 2 };
/** Always: by UDP some are lost, and some overtake others. */
const USUAL = { lossShare: 0.003, burst: 2 };
const OVERTAKING_SHARE = 0.02;
/** Nothing comes through: as good as never does it change to the good state. */
const CUT = { lossShare: 1 - 1e-12, burst: 1e9 };

export interface StationOptions {
  readonly seed: number;
  readonly programme: Programme;
  /** For the segments of each edge. */
  readonly directory: string;
}

/**
 * Two encoders of one programme, which send to two relays by UDP, and two edges that subscribe to both by TCP and make segments. Each way delays by something else.
 *
 *     source -> encoder --+--> relay --+--> edge -> segments
 *                          \ /          \ /
 *     source -> encoder --+--> relay --+--> edge -> segments
 */
export class AgreeingStation {
  readonly edges: readonly Member[];
  readonly #encoders: readonly Member[];
  readonly #relays: readonly Member[];
  readonly #sources: (Source | undefined)[] = [undefined, undefined];
  /** By encoder, and by edge, and then by relay. */
  readonly #in: { readonly leg: UdpLeg; readonly port: number; readonly delayMs: number }[][] = [[], []];
  readonly #out: { readonly leg: TcpLeg; readonly port: number }[][] = [[], []];
  readonly #random: () => number;
  readonly #startedMs: number = performance.now();
  #title = 'Artist - Title 0';

  constructor({ seed, programme, directory }: StationOptions) {
    this.#random = seedrandom(`hls-agree-ways/${seed}`);
    const [family] = programme.families;
    const [frames] = readProgramme(programme);
    // All encodings are of so many frames, and begin again behind them.
    const loopS = (frames![0]!.frames.length * frames![0]!.frameMs) / 1_000;
    const placeS = (): number => ((performance.now() - this.#startedMs) / 1_000) % loopS;
    this.#relays = TWO.map(() => new Member({ args: (port) => ['relay', '--in', `${port('in')}`, '--out', `${port('out')}`], awaits: ['in', 'out'] }));
    this.#encoders = TWO.map((index) => new Member({
      args: (port) => ['encoder', '--mount', MOUNT, '--listen', `${port('source')}`, ...this.#in[index]!.flatMap((way) => ['--to', `${HOST}@${way.port}`])],
      awaits: ['source'],
      started: async (port) => {
        const source = await Source.open({ port: port('source'), mount: MOUNT, encoding: family![index]!, frames: frames![index]!, placeS });
        this.#sources[index] = source;
        await source.title(this.#title);
      },
      ending: () => this.#sources[index]?.close(),
    }));
    this.edges = TWO.map((index) => new Member({
      args: (port) => ['edge', '--http', `${port('http')}`, ...this.#out[index]!.flatMap((way) => ['--relay', `${HOST}:${way.port}`]), '--hls', '--hls-dir', directoryOf(directory, index), '--hls-window-ms', '86400000'],
      awaits: ['http'],
    }));
  }

  async start(): Promise<void> {
    for (const relay of this.#relays) await relay.start();
    for (const index of TWO) {
      for (const relay of this.#relays) {
        const delayMs = Math.round(between(this.#random, LEAST_DELAY_MS, MOST_DELAY_MS));
        const udp = new UdpLeg(relay.port('in'), this.#random);
        this.#in[index]!.push({ leg: udp, port: await udp.open(), delayMs });
        const tcp = new TcpLeg(relay.port('out'), Math.round(between(this.#random, LEAST_DELAY_MS, MOST_DELAY_MS)), this.#random);
        this.#out[index]!.push({ leg: tcp, port: await tcp.open() });
      }
    }
    this.#setWeather(USUAL, 0);
    for (const member of [...this.edges, ...this.#encoders]) await member.start();
  }

  async stop(): Promise<void> {
    await Promise.all([...this.edges, ...this.#encoders, ...this.#relays].map((member) => member.end('SIGKILL')));
    for (const { leg } of [...this.#in.flat(), ...this.#out.flat()]) leg.close();
  }

  /** What encoders have as their title from now on. */
  async title(text: string): Promise<void> {
    this.#title = text;
    await Promise.all(this.#sources.map((source) => source?.title(text)));
  }

  /** Resolves when it has begun. */
  async strike({ kind, which, relay }: Outage): Promise<void> {
    switch (kind) {
      case 'encoder killed':
      case 'encoder restarted':
        return await this.#encoders[which]!.end(signalOf(kind));
      case 'encoder frozen':
        return this.#encoders[which]!.freeze();
      case 'relay killed':
      case 'relay restarted':
        return await this.#relays[which]!.end(signalOf(kind));
      case 'edge killed':
      case 'edge restarted':
        return await this.edges[which]!.end(signalOf(kind));
      case 'way of an encoder cut':
        return this.#setLeg(which, relay, CUT);
      case 'way of an edge cut':
        return this.#out[which]![relay]!.leg.cut();
      case 'loss on all ways':
        return this.#setWeather(LOSS, LOSS.lossShare);
    }
  }

  /** Resolves when all is as it was before. */
  async mend({ kind, which, relay }: Outage): Promise<void> {
    switch (kind) {
      case 'encoder killed':
      case 'encoder restarted':
        return await this.#encoders[which]!.start();
      case 'encoder frozen':
        return this.#encoders[which]!.thaw();
      case 'relay killed':
      case 'relay restarted':
        return await this.#relays[which]!.start();
      case 'edge killed':
      case 'edge restarted':
        return await this.edges[which]!.start();
      case 'way of an encoder cut':
        return this.#setLeg(which, relay, USUAL);
      case 'way of an edge cut':
        return this.#out[which]![relay]!.leg.heal();
      case 'loss on all ways':
        return this.#setWeather(USUAL, 0);
    }
  }

  #setWeather(loss: Pick<Weather, 'lossShare' | 'burst'>, lossShare: number): void {
    for (const index of TWO) for (const relay of TWO) this.#setLeg(index, relay, loss);
    for (const { leg } of this.#out.flat()) leg.lossShare = lossShare;
  }

  #setLeg(index: 0 | 1, relay: 0 | 1, loss: Pick<Weather, 'lossShare' | 'burst'>): void {
    const { leg, delayMs } = this.#in[index]![relay]!;
    leg.weather = { ...loss, delayMs, overtakingShare: OVERTAKING_SHARE };
  }
}

function signalOf(kind: string): 'SIGKILL' | 'SIGTERM' {
  return kind.endsWith('killed') ? 'SIGKILL' : 'SIGTERM';
}

function directoryOf(directory: string, index: number): string {
  const own = path.join(directory, `edge-${index + 1}`);
  mkdirSync(own, { recursive: true });
  return own;
}
