import { spawn, type ChildProcess } from 'node:child_process';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Icecast refuses to run as root; Debian's user and group "nobody" and "nogroup" have this number. */
const NOBODY = 65_534;
const START_MS = 10_000;

/** A real Icecast whose master is an edge: it asks for the mount list every two seconds, and relays every mount. */
export class IcecastSlave {
  readonly port: number;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(port: number, directory: string, child: ChildProcess) {
    this.port = port;
    this.#directory = directory;
    this.#child = child;
  }

  static async start(masterPort: number): Promise<IcecastSlave> {
    const port = await freePort();
    const directory = mkdtempSync(path.join(tmpdir(), 'davecast-icecast-'));
    const config = path.join(directory, 'icecast.xml');
    writeFileSync(config, configuration(port, masterPort, directory));
    const isRoot = process.getuid?.() === 0;
    if (isRoot) chownSync(directory, NOBODY, NOBODY);
    const child = spawn('icecast2', ['-c', config], { stdio: 'ignore', ...(isRoot ? { uid: NOBODY, gid: NOBODY } : {}) });
    child.on('error', () => undefined);
    const slave = new IcecastSlave(port, directory, child);
    const until = performance.now() + START_MS;
    while (!(await canConnect(port))) {
      if (performance.now() > until || child.exitCode !== null) {
        const log = slave.log;
        await slave.stop();
        throw new Error(`icecast2 does not listen: ${log}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return slave;
  }

  get log(): string {
    try {
      return readFileSync(path.join(this.#directory, 'error.log'), 'utf8');
    } catch {
      return '';
    }
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined) {
      const exited = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGKILL');
      await exited;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function configuration(port: number, masterPort: number, directory: string): string {
  return `<icecast>
  <limits><clients>50</clients><sources>10</sources><burst-size>65535</burst-size></limits>
  <authentication>
    <source-password>unused</source-password><relay-password>unused</relay-password>
    <admin-user>admin</admin-user><admin-password>unused</admin-password>
  </authentication>
  <hostname>127.0.0.1</hostname>
  <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
  <master-server>127.0.0.1</master-server>
  <master-server-port>${masterPort}</master-server-port>
  <master-update-interval>2</master-update-interval>
  <master-password>unused</master-password>
  <relays-on-demand>0</relays-on-demand>
  <fileserve>0</fileserve>
  <paths>
    <basedir>/usr/share/icecast2</basedir><logdir>${directory}</logdir>
    <webroot>/usr/share/icecast2/web</webroot><adminroot>/usr/share/icecast2/admin</adminroot>
  </paths>
  <logging><accesslog>access.log</accesslog><errorlog>error.log</errorlog><loglevel>3</loglevel></logging>
  <security><chroot>0</chroot></security>
</icecast>
`;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
