import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { threadsWait } from '../common/accounting.ts';
import { freeTcpPort } from '../common/free-port.ts';
import { until } from '../common/until.ts';
import { end } from './studio.ts';

/** Icecast and Liquidsoap refuse to run as root; Debian's user and group "nobody" and "nogroup" have this number. */
const NOBODY = 65_534;
const LOOK_EVERY_MS = 5;

/** A real Icecast in a directory of its own. */
export class IcecastServer {
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#child = child;
  }

  /** Starts it, or another program that takes its options, with what a configuration says, in which {port} and {directory} stand for what it is given. */
  static async start(configuration: string, program: string = 'icecast2'): Promise<IcecastServer> {
    const port = await freeTcpPort();
    const directory = mkdtempSync(path.join(tmpdir(), 'davecast-icecast-'));
    const file = path.join(directory, 'icecast.xml');
    writeFileSync(file, configuration.replaceAll('{port}', `${port}`).replaceAll('{directory}', directory));
    const nobody = asNobody();
    if (nobody.uid !== undefined) chownSync(directory, NOBODY, NOBODY);
    const child = spawn(program, ['-c', file], { stdio: 'ignore', ...nobody });
    child.on('error', () => undefined);
    const server = new IcecastServer(port, directory, child);
    try {
      // Icecast 2.4.4 lets somebody connect before its thread for statistics has begun, which then adds to a counter that is not there, and ends it (SIGSEGV in src/stats.c).
      if (program === 'icecast2') await server.#until('starts', () => server.log.includes('server started') && (process.platform !== 'linux' || threadsWait(server.pid)));
      await server.#until('listens', () => canConnect(port));
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  /** Until its log says that it has a source at the mountpoint, be it a relay; at log level 3. Rejects with its log when it never does. */
  untilOnAir(mount: string): Promise<void> {
    return this.#until(`is on air at /${mount}`, () => this.log.includes(`listener count on /${mount} now`));
  }

  get pid(): number {
    return this.#child.pid!;
  }

  get log(): string {
    try {
      return readFileSync(path.join(this.#directory, 'error.log'), 'utf8');
    } catch {
      return '';
    }
  }

  async stop(): Promise<void> {
    await end(this.#child, 'SIGKILL');
    rmSync(this.#directory, { recursive: true, force: true });
  }

  async #until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
    const holdsYet = async (): Promise<boolean> => {
      if (await holds()) return true;
      const how = this.#child.exitCode ?? this.#child.signalCode;
      if (how !== null) throw new Error(`Icecast at port ${this.port} has ended with ${how} before it ${what}: ${this.log}`);
      return false;
    };
    await until(() => `Icecast at port ${this.port} ${what}: ${this.log}`, holdsYet, { everyMs: LOOK_EVERY_MS });
  }
}

/** The options of `spawn` for a program that must not be root. */
export function asNobody(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
