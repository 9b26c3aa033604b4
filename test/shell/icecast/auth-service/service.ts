import http from 'node:http';
import type net from 'node:net';

/** One request that a service has got. */
export interface Asked {
  readonly path: string;
  readonly form: URLSearchParams;
  readonly body: string;
  readonly authorization: string | undefined;
  readonly answer: http.ServerResponse;
}

/** A web service that authenticates listeners. */
export class FakeService {
  readonly asked: Asked[] = [];
  /** Of every request that nobody has taken by `hold`. */
  answer: (asked: Asked) => void = ({ answer }) => answer.writeHead(200, { 'Icecast-Auth-User': '1' }).end('ok');
  readonly #server = http.createServer((request, answer) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    request.on('end', () => {
      const asked = { path: request.url!, form: new URLSearchParams(body), body, authorization: request.headers.authorization, answer };
      this.asked.push(asked);
      for (const look of this.#waiting) look();
      this.answer(asked);
    });
  });
  readonly #waiting = new Set<() => void>();

  readonly #sockets = new Set<net.Socket>();

  async start(): Promise<void> {
    // It is whoever asks that closes them.
    this.#server.keepAliveTimeout = 120_000;
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  url(path: string, login = ''): URL {
    return new URL(`http://${login}127.0.0.1:${(this.#server.address() as net.AddressInfo).port}${path}`);
  }

  /** All with this action that have come. */
  of(action: string): readonly Asked[] {
    return this.asked.filter(({ form }) => form.get('action') === action);
  }

  /** The newest with this action, once so many have come. */
  async until(action: string, count = 1): Promise<Asked> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.of(action).length < count) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    return this.of(action)[count - 1]!;
  }

  /** Those that are open now. */
  get connections(): number {
    return this.#sockets.size;
  }

  clear(): void {
    this.asked.length = 0;
  }

  dropConnections(): void {
    this.#server.closeAllConnections();
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
