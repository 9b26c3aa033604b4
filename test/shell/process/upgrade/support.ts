import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type net from 'node:net';
import { listenTcp, portOf } from '../../../../shell/net/tcp.ts';
import { built } from '../../../support/built.ts';
import { numbered } from '../../../core/support/frames.ts';
import { announce, data, framed, metadata } from '../../../core/support/messages.ts';

/** The newest messages that a new subscriber gets. */
const HISTORY = 400;
const FRAME_MS = 26;

/** A relay with one encoder, whose frames have numbers from 0 on. A new subscriber gets what it has kept first. */
export class NumberedRelay {
  /** With the end of the last message, which is yet to be written. */
  readonly #subscribers = new Map<net.Socket, Uint8Array>();
  readonly #history: Uint8Array[] = [];
  #server: net.Server | undefined;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  /** How many frames there have been. */
  frames = 0;
  /** How many have subscribed. */
  subscriptions = 0;

  async start(): Promise<number> {
    this.#server = await listenTcp({ address: '127.0.0.1', port: 0, keepAliveMs: 10_000 }, (socket) => {
      this.subscriptions++;
      for (const bytes of [framed(announce(1, 'radio')), framed(metadata(2, "StreamTitle='Somebody';")), ...this.#history]) socket.write(bytes);
      this.#subscribers.set(socket, new Uint8Array(0));
      socket.on('close', () => this.#subscribers.delete(socket)).resume();
    });
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#play(), 10);
    return portOf(this.#server);
  }

  /** Closes all, without a word. */
  stop(): void {
    clearInterval(this.#timer);
    this.#server?.close();
    for (const socket of this.#subscribers.keys()) socket.destroy();
  }

  #play(): void {
    while (this.#startedAt + this.frames * FRAME_MS <= performance.now()) {
      const bytes = framed(data(this.frames + 3, numbered(this.frames)));
      this.frames++;
      this.#history.push(bytes);
      if (this.#history.length > HISTORY) this.#history.shift();
      // What is written ends within a message: half of it is read at any moment, and must not be lost.
      for (const [socket, rest] of this.#subscribers) {
        socket.write(Buffer.concat([rest, bytes.subarray(0, 200)]));
        this.#subscribers.set(socket, bytes.subarray(200));
      }
    }
  }
}

/** So long a new process may take to begin, and to take over, of which nothing is asked but that it does it: a machine that does much else is not what is tested. */
const START = ['--upgrade-start-ms', '80000'];
const TAKE = ['--upgrade-take-ms', '10000'];

/** davecast in a process of its own; those that take over from it write to the same output. */
export class EdgeProcess {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  /** Rejects when nobody is there to say anything any more. */
  readonly #failed: Promise<never>;
  out = '';
  err = '';

  constructor(argv: readonly string[], { env = {}, program = built('shell/bin/davecast') }: { readonly env?: Readonly<Record<string, string>>; readonly program?: string } = {}) {
    const patience = [START, TAKE].filter(([name]) => !argv.includes(name!)).flat();
    this.child = spawn(process.execPath, [program, ...argv, ...patience], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    this.child.stdout!.on('data', (text: Buffer) => (this.out += text.toString()));
    this.child.stderr!.on('data', (text: Buffer) => (this.err += text.toString()));
    this.#failed = new Promise((_, reject) => this.child.stdout!.on('end', () => reject(new Error(`no process is left: ${this.err}\n${this.out}`))));
    this.#failed.catch(() => undefined);
    this.exited = new Promise((resolve) => this.child.on('exit', resolve));
  }

  lines(event: string): readonly Readonly<Record<string, unknown>>[] {
    return this.out.split('\n').filter((line) => line.includes(`"event":"${event}"`)).map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  async line(event: string, count = 1): Promise<Readonly<Record<string, unknown>>> {
    while (this.lines(event).length < count) await Promise.race([once(this.child.stdout!, 'data'), this.#failed]);
    return this.lines(event)[count - 1]!;
  }

  /** Ends it and all that have taken over from it. */
  end(): void {
    const pids = [this.child.pid!, ...this.lines('upgrade-started').map(({ pid }) => pid as number)];
    for (const pid of pids) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It has ended by itself.
      }
    }
  }
}
