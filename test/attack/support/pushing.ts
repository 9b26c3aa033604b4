import dgram from 'node:dgram';
import net from 'node:net';
import { HOST } from './station.ts';

/** A connection that writes as fast as it may, and is made again when it is closed. */
export class Pusher {
  readonly #connect: () => Promise<net.Socket>;
  #socket: net.Socket | undefined;

  /** @param connect gives a connection that is open, or closed again; a plain one to the port, unless given. */
  constructor(port: number, connect: () => Promise<net.Socket> = () => plain(port)) {
    this.#connect = connect;
  }

  async push(bytes: Uint8Array): Promise<void> {
    const socket = this.#socket ?? (await this.#open());
    if (socket.destroyed || !socket.writable) {
      this.#socket = undefined;
      return;
    }
    if (socket.write(bytes)) return;
    await new Promise<void>((resolve) => {
      const go = (): void => {
        socket.off('drain', go).off('close', go);
        resolve();
      };
      socket.on('drain', go).on('close', go);
    });
  }

  stop(): void {
    this.#socket?.destroy();
  }

  async #open(): Promise<net.Socket> {
    const socket = await this.#connect();
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    this.#socket = socket;
    return socket;
  }
}

async function plain(port: number): Promise<net.Socket> {
  const socket = net.connect(port, HOST);
  socket.on('error', () => undefined).resume();
  await new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
  return socket;
}

/** Sends datagrams, so many at a time, and lets others run in between. */
export class Shooter {
  readonly #port: number;
  readonly #socket: dgram.Socket = dgram.createSocket('udp4');

  constructor(port: number) {
    this.#port = port;
  }

  async shoot(messages: readonly Uint8Array[]): Promise<void> {
    await Promise.all(messages.map((message) => new Promise<void>((resolve) => this.#socket.send(message, this.#port, HOST, () => resolve()))));
  }

  stop(): void {
    this.#socket.close();
  }
}

/** Connects so many times, and holds what it gets. */
export class Crowd {
  readonly sockets: net.Socket[] = [];

  async connect(port: number, count: number, first: string | Uint8Array = '', read = true): Promise<void> {
    const opened = Array.from({ length: count }, () => {
      const socket = net.connect(port, HOST);
      socket.on('error', () => undefined);
      if (read) socket.resume();
      if (first.length > 0) socket.write(first);
      this.sockets.push(socket);
      return new Promise<void>((resolve) => socket.once('connect', resolve).once('close', () => resolve()));
    });
    await Promise.all(opened);
  }

  stop(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
