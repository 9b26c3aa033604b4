import type { ChildProcess } from 'node:child_process';
import net from 'node:net';
import { createInterface } from 'node:readline';
import { expect } from 'vitest';
import { startDavecast, type Davecast } from '../../../bench/common/davecast.ts';
import { until } from '../../../bench/common/until.ts';
import { FRAME_BYTES, FRAME_US, numberOf, numbered } from '../../core/support/frames.ts';
import { residentBytes } from './memory.ts';

export const HOST = '127.0.0.1';
export const MOUNT = 'radio';
export const RELAYS = ['relay-0', 'relay-1'] as const;
/** All that is attacked is forgotten soon, so that memory can be compared. */
const SOON = ['--forget-ms', '3000'];

export type Name = (typeof RELAYS)[number] | 'encoder' | 'edge';
/** Of the command lines. */
export type MoreOptions = Readonly<Partial<Record<'relay' | 'encoder' | 'edge', readonly string[]>>>;

/**
 * A small station of real processes that goes on while it is attacked, and one healthy listener of it:
 *
 *     numbered frames -> encoder -> relay-0, relay-1 -> edge -> listener, who must be given each frame once, in order
 */
export class Station {
  readonly processes: Map<Name, Davecast> = new Map();
  readonly events: { readonly from: Name; readonly event: string; readonly [field: string]: unknown }[] = [];
  readonly listener: Listener = new Listener();
  #source: PacedSource | undefined;
  readonly #more: MoreOptions;

  constructor(more: MoreOptions = {}) {
    this.#more = more;
  }

  /** Starts everything, and waits until the listener hears the programme. */
  async start(): Promise<this> {
    for (const relay of RELAYS) await this.#launch(relay, ['relay', '--in', '0', '--out', '0', ...SOON, ...(this.#more.relay ?? [])], ['in', 'out']);
    const outs = RELAYS.flatMap((relay) => ['--relay', `${HOST}:${this.port(relay, 'out')}`]);
    await this.#launch('edge', ['edge', '--http', '0', ...outs, ...SOON, ...(this.#more.edge ?? [])], ['http']);
    const ins = RELAYS.flatMap((relay) => ['--to', `${HOST}:${this.port(relay, 'in')}`]);
    await this.#launch('encoder', ['encoder', '--mount', MOUNT, '--listen', '0', '--password', 'secret', ...ins, ...(this.#more.encoder ?? [])], ['source']);
    this.#source = new PacedSource(this.port('encoder', 'source'));
    await this.untilEvent('edge', 'mount-started');
    this.listener.connect(this.port('edge', 'http'));
    await this.hearsOn();
    return this;
  }

  port(name: Name, what: string): number {
    return this.processes.get(name)!.ports.get(what)!;
  }

  child(name: Name): ChildProcess {
    return this.processes.get(name)!.child;
  }

  told(from: Name, event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.events.filter((one) => one.from === from && one.event === event);
  }

  async untilEvent(from: Name, event: string): Promise<void> {
    await until(`${from} tells of ${event}`, () => this.told(from, event).length > 0);
  }

  /** The programme goes on: so many more frames are heard. */
  async hearsOn(frames = 40): Promise<void> {
    const from = this.listener.frames;
    await until(`the listener hears ${frames} more frames (${this.listener.faults.join('; ')})`, () => this.listener.frames - from > frames);
  }

  /** After an attack: all processes run, and the listener has missed nothing, heard nothing twice and nothing foreign. */
  async isUnharmed(): Promise<void> {
    await this.hearsOn().catch((error: unknown) => expect.fail(String(error)));
    for (const [name, { child }] of this.processes) expect(child.exitCode ?? child.signalCode, `${name} runs`).toBeNull();
    expect(this.listener.faults, 'what the listener heard').toEqual([]);
    expect(this.listener.connects, 'times that the listener had to connect').toBe(1);
    expect(this.told('edge', 'mount-ended').filter(({ mount }) => mount === MOUNT)).toEqual([]);
  }

  /** Resident memory of each process, in MB; undefined where the system does not tell. */
  async memory(): Promise<Readonly<Record<string, number>> | undefined> {
    const sizes = await Promise.all([...this.processes].map(async ([name, { pid }]) => [name, await residentBytes(pid)] as const));
    if (sizes.some(([, bytes]) => bytes === undefined)) return undefined;
    return Object.fromEntries(sizes.map(([name, bytes]) => [name, Math.round(bytes! / 1_048_576)]));
  }

  async stop(): Promise<void> {
    this.listener.stop();
    this.#source?.stop();
    await Promise.all([...this.processes.values()].map(async (process) => {
      process.child.kill('SIGCONT');
      const killed = setTimeout(() => process.child.kill('SIGKILL'), 5_000);
      await process.stop();
      clearTimeout(killed);
    }));
  }

  async #launch(name: Name, args: readonly string[], awaits: readonly string[]): Promise<void> {
    const process = await startDavecast(args, awaits);
    this.processes.set(name, process);
    createInterface({ input: process.child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{')) return;
      const fields = JSON.parse(line) as { event: string };
      if (this.events.length < MOST_EVENTS) this.events.push({ ...fields, from: name });
    });
  }
}

const MOST_EVENTS = 200_000;
/** What a source client sends at once when its clock was held up. */
const MOST_AT_ONCE = 400;

/** A source client that sends frame n at n times the length of a frame. */
class PacedSource {
  readonly #socket: net.Socket;
  readonly #timer: NodeJS.Timeout;

  constructor(port: number) {
    this.#socket = net.connect(port, HOST);
    this.#socket.on('error', () => undefined);
    this.#socket.write(`SOURCE /${MOUNT} HTTP/1.0\r\nAuthorization: Basic ${Buffer.from('source:secret').toString('base64')}\r\nContent-Type: audio/mpeg\r\n\r\n`);
    this.#socket.resume();
    const startedMs = performance.now();
    let sent = 0;
    this.#timer = setInterval(() => {
      const due = Math.min(sent + MOST_AT_ONCE, Math.floor(((performance.now() - startedMs) * 1000) / FRAME_US));
      if (due === sent) return;
      this.#socket.write(Buffer.concat(Array.from({ length: due - sent }, (_, i) => numbered(sent + i))));
      sent = due;
    }, 20);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }
}

const HEAD_END = '\r\n\r\n';

/** A healthy listener, which checks what it is given frame by frame. */
export class Listener {
  frames = 0;
  connects = 0;
  /** What was not the next frame, in words; the first few. */
  readonly faults: string[] = [];
  #socket: net.Socket | undefined;
  #rest: Buffer = Buffer.alloc(0);
  #inHead = true;
  #next = -1;
  #stopped = false;

  connect(port: number): void {
    this.connects++;
    this.#inHead = true;
    this.#rest = Buffer.alloc(0);
    const socket = net.connect(port, HOST);
    this.#socket = socket;
    socket.write(`GET /${MOUNT} HTTP/1.0\r\nHost: ${HOST}\r\nUser-Agent: attack-listener\r\n\r\n`);
    socket.on('data', (bytes) => this.#take(bytes));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (!this.#stopped) this.#fault('the connection was closed');
    });
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  #take(bytes: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (this.#inHead) {
      const end = this.#rest.indexOf(HEAD_END);
      if (end < 0) return;
      this.#inHead = false;
      const status = this.#rest.subarray(0, 12).toString('latin1');
      if (status !== 'HTTP/1.0 200') this.#fault(`answered ${status}`);
      this.#rest = this.#rest.subarray(end + HEAD_END.length);
    }
    let at = 0;
    for (; at + FRAME_BYTES <= this.#rest.length; at += FRAME_BYTES) this.#frame(this.#rest.subarray(at, at + FRAME_BYTES));
    this.#rest = this.#rest.subarray(at);
  }

  #frame(frame: Buffer): void {
    const number = numberOf(frame);
    this.frames++;
    if (Buffer.compare(frame, numbered(number)) !== 0) this.#fault(`frame ${this.frames} is none of the programme`);
    else {
      if (this.#next >= 0 && number !== this.#next) this.#fault(`frame ${number} came where ${this.#next} was due`);
      this.#next = number + 1;
    }
  }

  #fault(what: string): void {
    if (this.faults.length < 10) this.faults.push(what);
  }
}
