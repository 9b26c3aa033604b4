import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { packageRoot } from './package-root.ts';

/** A line of a part's log. */
export interface PartEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface PartOptions {
  /** What people call it: "encoder-a". */
  readonly name: string;
  readonly onEvent?: (part: Part, event: PartEvent) => void;
  /** What it says that is no log line, on stdout or stderr. */
  readonly onText?: (part: Part, text: string) => void;
  /** It ended, and nobody here had asked for that. */
  readonly onDeath?: (part: Part, how: string) => void;
}

export type PartState = 'down' | 'up' | 'frozen';

/** How long a part may take to end when it is asked to, before it is killed. */
const CLOSE_MS = 3_000;

/** Every child that runs, so that none is left behind when this process ends, however it does. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** One davecast process: an encoder, a relay or an edge. It can be started again after it ended. */
export class Part {
  readonly name: string;
  readonly #options: PartOptions;
  readonly #waiters = new Set<Waiter>();
  #child: ChildProcess | undefined;
  #exited: Promise<void> = Promise.resolve();
  #state: PartState = 'down';
  /** It is being ended by us. */
  #expected = false;

  constructor(options: PartOptions) {
    this.name = options.name;
    this.#options = options;
  }

  get state(): PartState {
    return this.#state;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  get stdin(): Writable | undefined {
    return this.#child?.stdin ?? undefined;
  }

  /** Runs `davecast` with these arguments. */
  start(args: readonly string[]): void {
    if (this.#state !== 'down') throw new Error(`${this.name} is running already`);
    const program = path.join(packageRoot(), 'dist/shell/bin/davecast.js');
    // Of a group of its own: Ctrl+C in the terminal is ours to handle.
    const child = spawn(process.execPath, [program, ...args], { stdio: 'pipe', detached: true });
    this.#child = child;
    this.#state = 'up';
    this.#expected = false;
    running.add(child);
    // A pipe whose reader was killed is no news: its end is.
    child.stdin.on('error', () => undefined);
    createInterface(child.stdout).on('line', (line) => this.#read(line));
    createInterface(child.stderr).on('line', (line) => this.#options.onText?.(this, line));
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => this.#ended(child, error.message, resolve));
      child.once('exit', (code, signal) => this.#ended(child, signal ?? `exit code ${code}`, resolve));
    });
  }

  /** Resolves with the next event that `matches`; rejects when the part ends or time is up. */
  waitFor(matches: (event: PartEvent) => boolean, timeoutMs: number): Promise<PartEvent> {
    return new Promise((resolve, reject) => {
      const done = (act: () => void): void => {
        clearTimeout(timer);
        this.#waiters.delete(waiter);
        act();
      };
      const fail = (why: string): void => done(() => reject(new Error(`${this.name} ${why}`)));
      const timer = setTimeout(() => fail(`did not come up in ${timeoutMs / 1000} s`), timeoutMs);
      const waiter: Waiter = { matches, resolve: (event) => done(() => resolve(event)), ended: (how) => fail(`ended: ${how}`) };
      this.#waiters.add(waiter);
    });
  }

  /** SIGKILL: it has no time to say goodbye. */
  async kill(): Promise<void> {
    this.#expected = true;
    this.#child?.kill('SIGKILL');
    await this.#exited;
  }

  /** SIGSTOP: it does nothing any more, but its connections stay open. */
  freeze(): void {
    if (this.#state !== 'up') return;
    this.#child?.kill('SIGSTOP');
    this.#state = 'frozen';
  }

  thaw(): void {
    if (this.#state !== 'frozen') return;
    this.#child?.kill('SIGCONT');
    this.#state = 'up';
  }

  /** Asks it to end, and insists if need be. */
  async close(): Promise<void> {
    if (this.#state === 'down') return;
    this.#expected = true;
    this.thaw();
    this.#child?.kill('SIGTERM');
    const late = setTimeout(() => this.#child?.kill('SIGKILL'), CLOSE_MS);
    await this.#exited;
    clearTimeout(late);
  }

  #read(line: string): void {
    const event = parseEvent(line);
    if (event === undefined) {
      this.#options.onText?.(this, line);
      return;
    }
    for (const waiter of this.#waiters) if (waiter.matches(event)) waiter.resolve(event);
    this.#options.onEvent?.(this, event);
  }

  #ended(child: ChildProcess, how: string, resolve: () => void): void {
    running.delete(child);
    if (this.#state === 'down') return;
    this.#state = 'down';
    this.#child = undefined;
    for (const waiter of this.#waiters) waiter.ended(how);
    if (!this.#expected) this.#options.onDeath?.(this, how);
    resolve();
  }
}

interface Waiter {
  matches(event: PartEvent): boolean;
  resolve(event: PartEvent): void;
  ended(how: string): void;
}

function parseEvent(line: string): PartEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    const isEvent = typeof value === 'object' && value !== null && 'event' in value && typeof value.event === 'string';
    return isEvent ? (value as PartEvent) : undefined;
  } catch {
    return undefined;
  }
}
