import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { canConnect } from '../../../bench/rigs/icecast-server.ts';
import { end } from '../../../bench/rigs/studio.ts';
import { freeTcpPort } from '../../../bench/common/free-port.ts';
import { sleep } from '../../shell/support/support.ts';

export interface NatsServerOptions {
  readonly hasHistory?: boolean;
  /** Of its JetStream. */
  readonly domain?: string;
  /** More of its configuration, in its own language. */
  readonly more?: string;
}

/** A server of NATS in a process of its own, on loopback. */
export class NatsServer {
  readonly port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  log = '';

  constructor(port: number, { hasHistory = true, domain, more = '' }: NatsServerOptions = {}) {
    this.port = port;
    this.#directory = mkdtempSync(join(tmpdir(), 'davecast-nats-'));
    const history = hasHistory ? `jetstream { store_dir: "${join(this.#directory, 'store')}", max_mem: 256MB, max_file: 1MB${domain === undefined ? '' : `, domain: ${domain}`} }\n` : '';
    writeFileSync(this.#file, `listen: 127.0.0.1:${port}\nserver_name: s${port}\n${history}${more}\n`);
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  async start(): Promise<this> {
    this.#child = spawn('nats-server', ['-c', this.#file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#child.stderr!.on('data', (text: Buffer) => (this.log += text.toString()));
    while (!(await canConnect(this.port))) {
      if (this.#child.exitCode !== null) throw new Error(this.log);
      await sleep(20);
    }
    return this;
  }

  /** Until its log has this. */
  async said(what: RegExp): Promise<void> {
    while (!what.test(this.log)) await once(this.#child!.stderr!, 'data');
  }

  async kill(): Promise<void> {
    await end(this.#child!, 'SIGKILL');
  }

  freeze(): void {
    this.#child!.kill('SIGSTOP');
  }

  thaw(): void {
    this.#child!.kill('SIGCONT');
  }

  async stop(): Promise<void> {
    if (this.#child !== undefined) await this.kill();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  get #file(): string {
    return join(this.#directory, 'nats.conf');
  }
}

/** Servers that know each other, when all have started. */
export async function makeCluster(count: number): Promise<readonly NatsServer[]> {
  const ports = await Promise.all(Array.from({ length: count }, async () => [await freeTcpPort(), await freeTcpPort()] as const));
  const routes = ports.map(([, route]) => `nats-route://127.0.0.1:${route}`).join(', ');
  return ports.map(([port, route]) => new NatsServer(port, { more: `cluster { name: c, listen: "127.0.0.1:${route}", routes: [${routes}] }` }));
}
