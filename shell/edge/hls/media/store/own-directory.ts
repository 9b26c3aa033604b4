import { randomBytes } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { createConnection, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { codeOf } from '../../../../process/problems.ts';

/** Of the path of a local socket (sun_path of Linux has 108 bytes, that of others 104, with the zero behind it). */
const MAX_PATH_BYTES = 103;
const MARK = /^in-use-[0-9a-f]{8}\.sock$/;

/**
 * Marks a directory as that of this process, with a local socket in it. It answers for as long as the process lives, so a mark that a killed process has left keeps nobody out. Where
 * there can be none, since the path is too long or the file system has no sockets, a directory is not marked.
 */
export class OwnDirectory {
  readonly #directory: string;
  #server: Server | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Whether a process on this machine has marked it. Marks of processes that are gone are taken away. */
  async isTaken(): Promise<boolean> {
    for (const name of await readdir(this.#directory)) {
      const path = join(this.#directory, name);
      if (!MARK.test(name) || Buffer.byteLength(path) > MAX_PATH_BYTES) continue;
      const problem = await problemOf(path);
      if (problem === undefined) return true;
      if (problem === 'ECONNREFUSED') await rm(path, { force: true });
    }
    return false;
  }

  async mark(): Promise<void> {
    const path = join(this.#directory, `in-use-${randomBytes(4).toString('hex')}.sock`);
    if (Buffer.byteLength(path) > MAX_PATH_BYTES) return;
    const server = createServer((socket) => void socket.destroy()).unref();
    const isMarked = await new Promise<boolean>((done) => {
      server.once('error', () => done(false));
      server.listen(path, () => done(true));
    });
    if (isMarked) this.#server = server;
  }

  /** Takes the mark of this process away. */
  release(): void {
    this.#server?.close();
    this.#server = undefined;
  }
}

/** Undefined: something answers there. */
function problemOf(path: string): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.destroy();
      done(undefined);
    });
    socket.once('error', (error) => done(codeOf(error)));
  });
}
