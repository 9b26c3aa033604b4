import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';
/** What is lost is sent again so much later, and what comes behind it waits for it, as with TCP. */
const SENT_AGAIN_MS = 300;

/** A leg of the network by TCP: passes what it is given on to a port, later, with losses as a connection shows them, or not at all while it is cut. */
export class TcpLeg {
  readonly #toPort: number;
  readonly #delayMs: number;
  readonly #random: () => number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #ways = new Set<Way>();
  #isCut = false;
  /** Of what is passed, in pieces. */
  lossShare = 0;

  constructor(toPort: number, delayMs: number, random: () => number) {
    this.#toPort = toPort;
    this.#delayMs = delayMs;
    this.#random = random;
    this.#server = createServer({ noDelay: true }, (near) => this.#join(near));
  }

  /** Resolves with the port it takes connections on. */
  open(): Promise<number> {
    return new Promise((resolve) => this.#server.listen(0, HOST, () => resolve((this.#server.address() as AddressInfo).port)));
  }

  /** From now on nothing gets through; connections stay, until one of their ends has enough of that. */
  cut(): void {
    this.#isCut = true;
  }

  heal(): void {
    this.#isCut = false;
    for (const way of this.#ways) way.drain();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #join(near: Socket): void {
    const far = createConnection({ port: this.#toPort, host: HOST, noDelay: true });
    const leg: WayOptions = { waitMs: () => this.#waitMs(), isCut: () => this.#isCut };
    const ways = [new Way(near, far, leg), new Way(far, near, leg)];
    for (const way of ways) this.#ways.add(way);
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        this.#sockets.delete(socket);
        for (const way of ways) this.#ways.delete(way);
        near.destroy();
        far.destroy();
      });
    }
  }

  #waitMs(): number {
    return this.#delayMs + (this.#random() < this.lossShare ? SENT_AGAIN_MS : 0);
  }
}

interface WayOptions {
  /** How much later the next piece comes out, unless the leg is cut. */
  readonly waitMs: () => number;
  readonly isCut: () => boolean;
}

/** One direction of a connection: what comes is written in its order, each piece no sooner than its time. */
class Way {
  readonly #to: Socket;
  readonly #pieces: { readonly bytes: Buffer; readonly dueMs: number }[] = [];
  readonly #isCut: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket, { waitMs, isCut }: WayOptions) {
    this.#to = to;
    this.#isCut = isCut;
    from.on('data', (bytes) => {
      this.#pieces.push({ bytes, dueMs: performance.now() + waitMs() });
      this.drain();
    });
    to.once('close', () => clearTimeout(this.#timer));
  }

  drain(): void {
    clearTimeout(this.#timer);
    for (let next = this.#pieces[0]; next !== undefined && !this.#isCut(); next = this.#pieces[0]) {
      const leftMs = next.dueMs - performance.now();
      if (leftMs > 0) {
        this.#timer = setTimeout(() => this.drain(), leftMs);
        return;
      }
      this.#pieces.shift();
      this.#to.write(next.bytes);
    }
  }
}
