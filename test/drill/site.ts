import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adtsFrame } from '../core/codec/build.ts';
import { PageViewer } from './page-viewer.ts';
import { until } from '../../bench/common/until.ts';
import { HOST, Running } from './running.ts';
import { SourceClient } from './studio.ts';

const PASSWORD = 'secret';
const repository = join(import.meta.dirname, '../..');
/** A file in the format of the programme. */
const FALLBACK = join(repository, 'demo/programme-b.mp3');

/** Of both encoders: one with a fallback, one without, and one whose source falls silent. */
export const MOUNTS = ['radio', 'jazz', 'news'] as const;
const START_MS = 60_000;

/**
 * A small site of real processes:
 *
 *     sources -> studio-a, studio-b (radio, jazz, news) -+-> relay-1, relay-2 -> edge with two workers -> listeners
 *     source  -> studio-c (talk, loud, spare) -----------+
 */
export class Site {
  readonly directory: string = mkdtempSync(join(tmpdir(), 'davecast-drill-'));
  readonly relays: readonly Running[];
  readonly encoders: readonly [Running, Running];
  readonly other: Running;
  readonly edge: Running;
  /** By encoder and mountpoint: `studio-a/radio`. */
  readonly sources: Map<string, SourceClient> = new Map();
  /** Of the edge. */
  readonly viewer: PageViewer = new PageViewer();
  readonly #more: { stop(): unknown }[] = [];

  constructor() {
    this.relays = [1, 2].map((n) => new Running(`relay-${n}`, ['in', 'out', 'http'], (ports) => ['relay', ...['in', 'out', 'http'].flatMap((what) => [`--${what}`, `${ports.get(what)}`])]));
    const encoder = (origin: string, mounts: readonly string[]): Running => new Running(origin, ['source'], (ports) => this.encoderArgs(origin, mounts, ports.get('source')));
    this.encoders = [encoder('studio-a', MOUNTS), encoder('studio-b', MOUNTS)];
    this.other = encoder('studio-c', ['talk', 'loud', 'spare']);
    const edgeArgs = ['edge', '--http', '0', '--workers', '2', '--fallback-file', `radio=${FALLBACK}`, '--access-log', join(this.directory, 'access.log'), '--record', join(this.directory, 'records')];
    this.edge = new Running('edge', ['http'], () => [...edgeArgs, ...this.relays.flatMap((relay) => ['--relay', `${HOST}:${relay.port('out')}`])], { env: { DAVECAST_ADMIN_PASSWORD: PASSWORD } });
  }

  get processes(): readonly Running[] {
    return [...this.relays, ...this.encoders, this.other, this.edge];
  }

  /** Starts everything, and waits until each mountpoint is on air. */
  async start(): Promise<this> {
    await Promise.all(this.relays.map((relay) => relay.start()));
    await Promise.all([...this.encoders, this.other, this.edge].map((process) => process.start()));
    for (const encoder of this.encoders) this.feed(encoder);
    this.feedOther();
    for (const mount of [...MOUNTS, 'talk', 'loud']) await until(`${mount} is on air`, () => this.edge.find('mount-started', { mount }), { withinMs: START_MS });
    await this.viewer.open(this.edge);
    return this;
  }

  encoderArgs(origin: string, mounts: readonly string[], source = 0): readonly string[] {
    const targets = this.relays.flatMap((relay) => ['--to', `${HOST}:${relay.port('in')}`]);
    return ['encoder', ...mounts.flatMap((mount) => ['--mount', mount]), '--listen', `${source}`, '--password', PASSWORD, '--origin', origin, ...targets];
  }

  /** Gives an encoder its sources. They find it again when it has been started again. */
  feed(encoder: Running): void {
    for (const mount of MOUNTS) this.feedOne(encoder, mount);
  }

  feedOne(encoder: Running, mount: string): void {
    const encoding = encoder === this.encoders[0] ? 'a' : 'b';
    this.sources.set(`${encoder.name}/${mount}`, new SourceClient({ port: encoder.port('source'), mount, password: PASSWORD, encoding }));
  }

  /** The source of a mountpoint at an encoder. */
  source(encoder: Running, mount: string): SourceClient {
    return this.sources.get(`${encoder.name}/${mount}`)!;
  }

  /** Starts an encoder that does not belong here: it sends the programme of twenty seconds ago. */
  async stranger(mount: string): Promise<Running> {
    const stranger = await this.beside('stranger', ['source'], this.encoderArgs('stranger', [mount])).start();
    this.sources.set('stranger', new SourceClient({ port: stranger.port('source'), mount, password: PASSWORD, encoding: 'a', agoUs: 20_000_000 }));
    return stranger;
  }

  /** A process or a client that is stopped with all the others. */
  alsoStop<T extends Running | net.Socket>(one: T): T {
    this.#more.push({ stop: () => (one instanceof Running ? one.kill() : one.destroy()) });
    return one;
  }

  /** A process beside the others, not started yet. */
  beside(name: string, awaits: readonly string[], args: readonly string[]): Running {
    return this.alsoStop(new Running(name, awaits, () => args));
  }

  /** A listener, whose audio is read unless `reads` says otherwise. */
  listen(mount: string, reads = true): net.Socket {
    const socket = this.alsoStop(net.connect(this.edge.port('http'), HOST));
    socket.on('error', () => undefined).write(`GET /${mount} HTTP/1.0\r\n\r\n`);
    return reads ? socket.resume() : socket;
  }

  /** Which encoder listeners of a mountpoint hear now, and the other one. */
  onAir(mount: string): readonly [live: Running, backup: Running] {
    const { lines } = this.edge;
    const last = lines.findLast(({ event, mount: of }) => of === mount && ['mount-started', 'switch', 'fallback-left'].includes(event))!;
    const origin = last.event === 'mount-started' ? this.#originOf(String(last['stream'])) : String(last['toOrigin']);
    const live = this.encoders.find(({ name }) => name === origin);
    if (live === undefined) throw new Error(`nobody of ours is on air at ${mount}, but ${origin}`);
    return [live, this.encoders.find((encoder) => encoder !== live)!];
  }

  async stop(): Promise<void> {
    this.viewer.close();
    for (const source of this.sources.values()) source.stop();
    for (const one of this.#more) await one.stop();
    await Promise.all(this.processes.map((process) => process.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }

  /** By the encoders' own logs: an edge may not know an origin yet when a mountpoint starts. */
  #originOf(stream: string): string {
    return this.encoders.find((encoder) => encoder.find('source-started', { stream }) !== undefined)?.name ?? stream;
  }

  feedOther(): void {
    const port = this.other.port('source');
    this.sources.set('studio-c/talk', new SourceClient({ port, mount: 'talk', password: PASSWORD, encoding: 'a' }));
    this.#more.push(new LoudSource(port));
  }
}

const LOUD = adtsFrame({ lengthBytes: 8_000 });
const LOUD_FRAME_MS = 1_024 / 44.1;

/** 2.8 Mbit/s of AAC: so much that what a system takes for a listener is soon full. */
class LoudSource {
  readonly #socket: net.Socket;
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#socket = net.connect(port, HOST);
    this.#socket.on('error', () => undefined).resume();
    this.#socket.write(`SOURCE /loud HTTP/1.0\r\nAuthorization: Basic ${Buffer.from(`source:${PASSWORD}`).toString('base64')}\r\nContent-Type: audio/aac\r\n\r\n`);
    const startedMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = Math.min(sent + 100, Math.floor((performance.now() - startedMs) / LOUD_FRAME_MS));
      for (; sent < due; sent++) this.#socket.write(LOUD);
    }, 50);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}
