import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { end } from './studio.ts';

/** Icecast and Liquidsoap refuse to run as root; Debian's user and group "nobody" and "nogroup" have this number. */
const NOBODY = 65_534;
const START_MS = 10_000;

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
    const port = await freePort();
    const directory = mkdtempSync(path.join(tmpdir(), 'davecast-icecast-'));
    const file = path.join(directory, 'icecast.xml');
    writeFileSync(file, configuration.replaceAll('{port}', `${port}`).replaceAll('{directory}', directory));
    const nobody = asNobody();
    if (nobody.uid !== undefined) chownSync(directory, NOBODY, NOBODY);
    const child = spawn(program, ['-c', file], { stdio: 'ignore', ...nobody });
    child.on('error', () => undefined);
    const server = new IcecastServer(port, directory, child);
    const until = performance.now() + START_MS;
    while (!(await canConnect(port))) {
      if (performance.now() > until || child.exitCode !== null) {
        const { log } = server;
        await server.stop();
        throw new Error(`${program} does not listen: ${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return server;
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
}

/** The options of `spawn` for a program that must not be root. */
export function asNobody(): { readonly uid?: number; readonly gid?: number } {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

export function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
