import type { ChildProcess } from 'node:child_process';
import { startDavecast, type StartOptions } from '../../bench/common/davecast.ts';
import { freeTcpPorts } from '../../bench/common/free-port.ts';

export const HOST = '127.0.0.1';

/** A line of a log. */
export interface Line {
  /** By the clock of the process that says it, as `Date.now()`. */
  readonly atMs: number;
  readonly level: string;
  readonly event: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** What every field of a line has to be like. */
export type Fields = Readonly<Record<string, string | number | RegExp>>;

/** A davecast process that can be started again at the ports that it had, and all that it says meanwhile. */
export class Running {
  readonly name: string;
  readonly lines: Line[] = [];
  readonly #args: (ports: ReadonlyMap<string, number>) => readonly string[];
  readonly #awaits: readonly string[];
  readonly #options: StartOptions;
  #ports: ReadonlyMap<string, number> = new Map();
  #child: ChildProcess | undefined;

  constructor(name: string, awaits: readonly string[], args: (ports: ReadonlyMap<string, number>) => readonly string[], options: StartOptions = {}) {
    this.name = name;
    this.#args = args;
    this.#awaits = awaits;
    this.#options = options;
  }

  async start(): Promise<this> {
    if (this.#ports.size === 0) this.#ports = await freeTcpPorts(this.#awaits);
    const { child, ports } = await startDavecast(this.#args(this.#ports), this.#awaits, { ...this.#options, onLine: (text) => this.#read(text) });
    this.#child = child;
    this.#ports = ports;
    return this;
  }

  port(what: string): number {
    const port = this.#ports.get(what);
    if (port === undefined) throw new Error(`${this.name} does not listen for ${what}`);
    return port;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child!.kill(signal);
  }

  /** By SIGKILL, also one that is stopped. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  /** The first line about this event that was said at `sinceMs` or later. */
  find(event: string, fields: Fields = {}, sinceMs = 0): Line | undefined {
    return this.lines.find((line) => line.event === event && line.atMs >= sinceMs && Object.entries(fields).every(([name, value]) => (value instanceof RegExp ? value.test(String(line[name])) : line[name] === value)));
  }

  /** Its samples, by name with labels as it tells them: `davecast_upstream_connected{machine="edge",peer="…"}`; nothing when it does not answer. */
  async metrics(http: string): Promise<ReadonlyMap<string, number>> {
    const text = await this.get(http, '/metrics').then(({ body }) => body, () => '');
    return new Map(text.split('\n').filter((line) => /^[a-z]/.test(line)).map((line) => {
      const at = line.lastIndexOf(' ');
      return [line.slice(0, at), Number(line.slice(at + 1))];
    }));
  }

  async get(http: string, path: string): Promise<{ readonly status: number; readonly body: string }> {
    const response = await fetch(`http://${HOST}:${this.port(http)}${path}`, { signal: AbortSignal.timeout(5_000) });
    return { status: response.status, body: await response.text() };
  }

  #read(text: string): void {
    if (!text.startsWith('{')) return;
    const line = JSON.parse(text) as Line & { readonly time: string };
    this.lines.push({ ...line, atMs: Date.parse(line.time) });
  }
}
