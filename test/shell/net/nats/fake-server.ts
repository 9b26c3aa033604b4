import type net from 'node:net';
import { listenTcp } from '../../../../shell/net/tcp.ts';
import { freeTcpPort } from '../../../../bench/common/free-port.ts';

interface Client {
  readonly socket: net.Socket;
  readonly subscriptions: Map<string, string>;
  connect: Record<string, unknown>;
  received: Buffer;
}

/** A server that speaks as much of the protocol of NATS (docs.nats.io/reference/reference-protocols/nats-protocol) as a client needs: no JetStream, no cluster. */
export class FakeNats {
  readonly #clients = new Set<Client>();
  readonly #waiting = new Set<() => void>();
  #server: net.Server | undefined;
  #isReading = true;
  #port = 0;
  /** What was published, in its order. */
  readonly published: { readonly subject: string; readonly data: Buffer }[] = [];

  /** Also again, at the same port. */
  async start(): Promise<this> {
    if (this.#port === 0) this.#port = await freeTcpPort();
    this.#server = await listenTcp({ address: '127.0.0.1', port: this.#port, keepAliveMs: 5_000 }, (socket) => this.#accept(socket));
    return this;
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.#port}`;
  }

  /** What clients that are connected have said of themselves. */
  get connects(): readonly Record<string, unknown>[] {
    return [...this.#clients].map(({ connect }) => connect);
  }

  /** What clients that are connected have subscribed to, but for answers to them. */
  get subscribed(): readonly string[] {
    return [...this.#clients].flatMap(({ subscriptions }) => [...subscriptions.values()]).filter((subject) => !subject.startsWith('_INBOX.'));
  }

  /** Until this holds, whatever has come. */
  async until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** As if somebody had published that. */
  publish(subject: string, data: Uint8Array): void {
    for (const client of this.#clients) {
      for (const [sid, pattern] of client.subscriptions) {
        if (!matches(pattern, subject)) continue;
        client.socket.write(`MSG ${subject} ${sid} ${data.length}\r\n`);
        client.socket.write(data);
        client.socket.write('\r\n');
      }
    }
  }

  complain(what: string): void {
    for (const { socket } of this.#clients) socket.write(`-ERR '${what}'\r\n`);
  }

  /** Takes nothing any more by connections that there are, and by new ones. */
  stopReading(): void {
    this.#isReading = false;
    for (const { socket } of this.#clients) socket.pause();
  }

  readOn(): void {
    this.#isReading = true;
    for (const { socket } of this.#clients) socket.resume();
  }

  cut(): void {
    for (const { socket } of this.#clients) socket.destroy();
  }

  stop(): void {
    this.#server?.close();
    this.cut();
  }

  #accept(socket: net.Socket): void {
    const client: Client = { socket, subscriptions: new Map(), connect: {}, received: Buffer.alloc(0) };
    this.#clients.add(client);
    socket.on('close', () => {
      this.#clients.delete(client);
      for (const look of this.#waiting) look();
    });
    socket.on('data', (bytes: Buffer) => {
      client.received = Buffer.concat([client.received, bytes]);
      while (this.#take(client)) continue;
      for (const look of this.#waiting) look();
    });
    socket.write(`INFO ${JSON.stringify({ server_id: 'fake', version: '2.9.10', proto: 1, max_payload: 1_048_576, headers: true, nonce: 'nonce' })}\r\n`);
    if (!this.#isReading) socket.pause();
  }

  #take(client: Client): boolean {
    const end = client.received.indexOf('\r\n');
    if (end < 0) return false;
    const [word = '', ...parts] = client.received.subarray(0, end).toString().split(' ');
    const lengths = word === 'PUB' ? Number(parts.at(-1)) + 2 : 0;
    if (client.received.length < end + 2 + lengths) return false;
    const data = client.received.subarray(end + 2, end + 2 + Math.max(0, lengths - 2));
    client.received = client.received.subarray(end + 2 + lengths);
    if (word === 'PING') client.socket.write('PONG\r\n');
    if (word === 'CONNECT') client.connect = JSON.parse(parts.join(' ')) as Record<string, unknown>;
    if (word === 'SUB') client.subscriptions.set(parts.at(-1)!, parts[0]!);
    if (word === 'UNSUB') client.subscriptions.delete(parts[0]!);
    if (word === 'PUB') this.#publishedBy(parts, Buffer.from(data));
    return true;
  }

  #publishedBy([subject = '', ...more]: readonly string[], data: Buffer): void {
    const reply = more.length > 1 ? more[0]! : undefined;
    const isHeard = [...this.#clients].some(({ subscriptions }) => [...subscriptions.values()].some((pattern) => matches(pattern, subject)));
    if (reply === undefined) this.published.push({ subject, data });
    if (isHeard) this.publish(subject, data);
    else if (reply !== undefined) this.#sayNobody(reply);
  }

  /** 503: who asked, asked where nobody listens. */
  #sayNobody(reply: string): void {
    const header = 'NATS/1.0 503\r\n\r\n';
    for (const { socket, subscriptions } of this.#clients) {
      for (const [sid, pattern] of subscriptions) if (matches(pattern, reply)) socket.write(`HMSG ${reply} ${sid} ${header.length} ${header.length}\r\n${header}\r\n`);
    }
  }
}

/** Whether a subscription to this pattern brings what is published on this subject, as a server of NATS has it. */
export function matches(pattern: string, subject: string): boolean {
  const [wanted, given] = [pattern.split('.'), subject.split('.')];
  const open = wanted.at(-1) === '>';
  if (open ? given.length < wanted.length : given.length !== wanted.length) return false;
  return wanted.every((token, at) => token === '*' || (open && at === wanted.length - 1) || token === given[at]);
}
