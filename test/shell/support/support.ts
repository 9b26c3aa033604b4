import { createHash } from 'node:crypto';
import net from 'node:net';
import type { Log } from '../../../shell/log/log.ts';

export interface Told {
  readonly kind: string;
  readonly [field: string]: unknown;
}

/** A log that can be asked and waited for. */
export class CapturedLog {
  readonly events: Told[] = [];
  readonly #waiting = new Set<() => void>();

  readonly log: Log = (event) => {
    this.events.push(event as unknown as Told);
    for (const look of this.#waiting) look();
  };

  all(kind: string): readonly Told[] {
    return this.events.filter((event) => event.kind === kind);
  }

  /** The first event of this kind with these fields, also one that comes later. */
  async until(kind: string, fields: Readonly<Record<string, unknown>> = {}): Promise<Told> {
    const found = (): Told | undefined => this.all(kind).find((event) => Object.entries(fields).every(([name, value]) => event[name] === value));
    return await new Promise((resolve) => {
      const look = (): void => {
        const event = found();
        if (event === undefined) return;
        this.#waiting.delete(look);
        resolve(event);
      };
      this.#waiting.add(look);
      look();
    });
  }

  /** The port of a `listening` line. */
  async port(what: string): Promise<number> {
    return (await this.until('listening', { what, transport: 'tcp' }))['port'] as number;
  }
}

/** A connection of a client who says what it likes. */
export class RawClient {
  readonly socket: net.Socket;
  readonly closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  readonly #waiting = new Set<() => void>();

  /** @param socket already connecting; to this port, unless given. */
  constructor(port: number, socket: net.Socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })) {
    this.socket = socket;
    this.socket.on('error', () => undefined);
    this.socket.on('data', (bytes) => {
      this.#received = Buffer.concat([this.#received, bytes]);
      for (const look of this.#waiting) look();
    });
    // The other side has said its last word; our own is of no interest then.
    this.socket.on('end', () => this.socket.destroy());
    this.closed = new Promise((resolve) => {
      this.socket.on('close', () => {
        resolve();
        for (const look of this.#waiting) look();
      });
    });
  }

  get received(): Buffer {
    return this.#received;
  }

  get text(): string {
    return this.#received.toString('latin1');
  }

  write(data: string | Uint8Array): this {
    this.socket.write(data);
    return this;
  }

  /** Until something holds of what has come, or the connection is closed. */
  async until(holds: (received: Buffer) => boolean): Promise<Buffer> {
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (!holds(this.#received) && !this.socket.destroyed) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
    return this.#received;
  }

  async untilText(part: string): Promise<string> {
    return (await this.until((received) => received.includes(part))).toString('latin1');
  }
}

/** Sends a request and gives the whole answer of a connection that the server closes. */
export async function ask(port: number, request: string): Promise<string> {
  const client = new RawClient(port).write(request);
  await client.closed;
  return client.text;
}

export const FRAME_BYTES = 417;

/** Frames of 128 kbit/s MP3 at 44.1 kHz, each different from every other. */
export function mp3Frames(count: number, seed = 'programme'): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const frame = Buffer.alloc(FRAME_BYTES);
    let filled = 0;
    for (let round = 0; filled < FRAME_BYTES; round++) {
      filled += createHash('sha512').update(`${seed} ${index} ${round}`).digest().copy(frame, filled);
    }
    // No byte that a sync word could begin with.
    for (let at = 0; at < FRAME_BYTES; at++) if (frame[at] === 0xff) frame[at] = 0;
    frame.set([0xff, 0xfb, 0x90, 0x64]);
    return frame;
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
