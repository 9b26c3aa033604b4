import net from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FRAME_BYTES, numbersIn, range } from '../../core/support/frames.ts';
import { EdgeProcess, NumberedRelay } from '../../shell/process/upgrade/support.ts';
import { sleep } from '../../shell/support/support.ts';
import { untilStarted } from '../support/until.ts';

const LISTENERS = 500;
const FRAME_MS = 1_152 / 44.1;
/** More than two seconds. */
const HEARD_AFTER_BYTES = 80 * FRAME_BYTES;

/** A player that keeps all that it gets. */
class Recorded {
  readonly socket: net.Socket;
  readonly #pieces: Buffer[] = [];
  isClosed = false;
  bytes = 0;
  /** The longest time without a byte since `watch`. */
  longestMs = 0;
  #latestMs = performance.now();

  constructor(port: number) {
    this.socket = net.connect(port, '127.0.0.1').on('error', () => undefined);
    this.socket.on('data', (bytes) => {
      this.#pieces.push(bytes);
      this.bytes += bytes.length;
      const nowMs = performance.now();
      this.longestMs = Math.max(this.longestMs, nowMs - this.#latestMs);
      this.#latestMs = nowMs;
    }).on('close', () => (this.isClosed = true));
    this.socket.write('GET /radio HTTP/1.0\r\n\r\n');
  }

  watch(): void {
    this.longestMs = 0;
  }

  /** The numbers of all whole frames; throws when anything else is among them. */
  get frames(): readonly number[] {
    const all = Buffer.concat(this.#pieces);
    const body = all.subarray(all.indexOf('\r\n\r\n') + 4);
    return numbersIn(body.subarray(0, body.length - (body.length % FRAME_BYTES)));
  }
}

describe.each([['its own process', 1], ['four workers', 4]] as const)(`an edge with ${LISTENERS} listeners in %s`, (_where, workers) => {
  const relays = [new NumberedRelay(), new NumberedRelay()];
  let edge: EdgeProcess;
  let listeners: readonly Recorded[] = [];

  beforeAll(async () => {
    const ports = await Promise.all(relays.map((relay) => relay.start()));
    edge = new EdgeProcess(['edge', '--bind', '127.0.0.1', '--http', '0', '--workers', `${workers}`, ...ports.flatMap((port) => ['--relay', `127.0.0.1:${port}`])]);
    const { port } = await edge.line('listening');
    await edge.line('mount-started');
    listeners = Array.from({ length: LISTENERS }, () => new Recorded(port as number));
    await untilStarted('a programme for all listeners', () => listeners.filter(({ bytes }) => bytes > FRAME_BYTES).length, (count) => count === LISTENERS);
  });

  afterAll(() => {
    for (const { socket } of listeners) socket.destroy();
    for (const relay of relays) relay.stop();
    edge.end();
  });

  it('is upgraded twice: nobody is disconnected, and nothing is missing or heard twice', async () => {
    let pid = edge.child.pid!;
    for (const listener of listeners) listener.watch();
    for (const count of [1, 2]) {
      process.kill(pid, 'SIGUSR1');
      const taken = await edge.line('taken-over', count);
      expect(taken).toMatchObject({ listeners: LISTENERS, relays: 2 });
      pid = (await edge.line('upgrade-started', count))['pid'] as number;
      await sleep(1_500);
    }
    const before = listeners.map(({ bytes }) => bytes);
    await expect.poll(() => listeners.filter(({ bytes }, at) => bytes < before[at]! + HEARD_AFTER_BYTES).length, { timeout: 60_000 }).toBe(0);
    expect(listeners.filter(({ isClosed }) => isClosed)).toHaveLength(0);
    let missingMs = 0;
    for (const { frames } of listeners) {
      missingMs += FRAME_MS * (frames.at(-1)! - frames[0]! + 1 - frames.length);
      expect(frames).toEqual(range(frames[0]!, frames.at(-1)!));
    }
    expect(missingMs).toBe(0);
    expect(relays.map(({ subscriptions }) => subscriptions)).toEqual([1, 1]);
    expect(edge.lines('access')).toEqual([]);
    expect(edge.err).toBe('');
    const stood = edge.lines('taken-over').map(({ stoodMs }) => stoodMs);
    console.log(`nothing was forwarded for ${stood.join(' and ')} ms; the longest time without a byte was ${Math.round(Math.max(...listeners.map(({ longestMs }) => longestMs)))} ms`);
  });
});
