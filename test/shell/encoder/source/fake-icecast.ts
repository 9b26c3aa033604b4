import net from 'node:net';

/** What a fake server does with who connects; by default, what an Icecast does. */
export interface FakeIcecastOptions {
  /** Audio that who connects is given at once. */
  readonly burstFrames: number;
  /** Answers a request, now or later. */
  readonly answer?: (socket: net.Socket, accept: () => void) => void;
}

/** A mountpoint of an Icecast whose source is the test. */
export class FakeIcecast {
  readonly #options: FakeIcecastOptions;
  readonly #server: net.Server;
  readonly #frames: Buffer[] = [];
  readonly #listeners = new Set<net.Socket>();
  connections = 0;

  private constructor(options: FakeIcecastOptions) {
    this.#options = options;
    this.#server = net.createServer({ noDelay: true }, (socket) => {
      this.connections++;
      socket.on('error', () => undefined);
      socket.once('data', () => (options.answer ?? ((_, accept) => accept()))(socket, () => this.#accept(socket)));
    });
  }

  static async start(options: FakeIcecastOptions): Promise<FakeIcecast> {
    const icecast = new FakeIcecast(options);
    await new Promise<void>((resolve) => icecast.#server.listen(0, '127.0.0.1', resolve));
    return icecast;
  }

  get port(): number {
    return (this.#server.address() as net.AddressInfo).port;
  }

  get url(): URL {
    return new URL(`http://127.0.0.1:${this.port}/mount`);
  }

  /** Its source sends these. */
  push(...frames: readonly Buffer[]): void {
    this.#frames.push(...frames);
    for (const socket of this.#listeners) socket.write(Buffer.concat(frames));
  }

  async stop(): Promise<void> {
    for (const socket of this.#listeners) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #accept(socket: net.Socket): void {
    this.#listeners.add(socket);
    socket.on('close', () => this.#listeners.delete(socket));
    const burst = this.#options.burstFrames === 0 ? [] : this.#frames.slice(-this.#options.burstFrames);
    socket.write(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\nContent-Type: audio/mpeg\r\n\r\n'), ...burst]));
  }
}
