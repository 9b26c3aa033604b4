import { createConnection, type Socket } from 'node:net';
import { FrameScanner } from '../../core/codec/scan/scanner.ts';
import type { Frames } from '../load/frames.ts';
import { Outlet } from '../load/outlet.ts';
import { sourceRequest } from '../load/stream.ts';

const TICK_MS = 2;

/** Sends frames of its own to a mountpoint in real time, listens to it, and notes how long each was on its way. */
export class DelayProbe {
  readonly #mount: string;
  readonly #frames: Frames;
  /** When each frame was sent last, by its bytes. */
  readonly #sentMs: Map<string, number> = new Map();
  #outlet: Outlet | undefined;
  #timer: NodeJS.Timeout | undefined;
  #listener: Socket | undefined;
  #delaysMs: number[] = [];

  constructor(mount: string, frames: Frames) {
    this.#mount = mount;
    this.#frames = frames;
  }

  /** As a source client of whatever listens there. */
  async send(port: number): Promise<void> {
    const { frames, frameMs } = this.#frames;
    const outlet = await Outlet.open(port, { opening: sourceRequest(this.#mount, this.#frames) });
    this.#outlet = outlet;
    let [next, dueMs] = [0, performance.now()];
    this.#timer = setInterval(() => {
      for (; dueMs <= performance.now(); dueMs += frameMs) {
        const frame = frames[next % frames.length]!;
        this.#sentMs.set(keyOf(frame), performance.now());
        outlet.write(frame, frame.length);
        next++;
      }
      outlet.flush();
    }, TICK_MS);
  }

  /** Frames that are sent from now on count. */
  listen(port: number): void {
    const sinceMs = performance.now();
    let readMs = 0;
    const scanner = new FrameScanner({
      frame: (bytes) => {
        const sentMs = this.#sentMs.get(keyOf(bytes));
        if (sentMs !== undefined && sentMs > sinceMs) this.#delaysMs.push(readMs - sentMs);
      },
    });
    let head: Buffer | undefined = Buffer.alloc(0);
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`GET /${this.#mount} HTTP/1.0\r\n\r\n`));
    socket.on('error', () => undefined).on('data', (chunk: Buffer) => {
      readMs = performance.now();
      if (head === undefined) return scanner.push(chunk);
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      scanner.push(head.subarray(end + 4));
      head = undefined;
    });
    this.#listener = socket;
  }

  /** Delays of the frames that have come since the last call. */
  take(): readonly number[] {
    const delaysMs = this.#delaysMs;
    this.#delaysMs = [];
    return delaysMs;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#outlet?.close();
    this.#listener?.destroy();
  }
}

function keyOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
