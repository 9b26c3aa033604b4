import { once } from 'node:events';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { quantile } from '../common/quantiles.ts';

/** Of 128 kbit/s: a second. */
const HEARD_BYTES = 16_000;
/** Between one and the next. */
const PAUSE_MS = 100;

interface Join {
  readonly firstMs: number;
  readonly secondMs: number;
}

/** A listener of each of these mountpoints, one after the other: after how long each has its first audio, and a second of it. */
export async function joinEach(port: number, mounts: readonly string[]): Promise<Readonly<Record<string, readonly number[]>>> {
  const joins: Join[] = [];
  for (const mount of mounts) {
    joins.push(await join(port, mount));
    await sleep(PAUSE_MS);
  }
  const figures = (of: keyof Join): readonly number[] => [0.5, 0.95, 0.99, 1].map((share) => quantile(joins.map((one) => one[of]), share));
  const named = (what: string, of: keyof Join): Record<string, readonly number[]> => {
    const [half, most, nearly, all] = figures(of) as [number, number, number, number];
    return { [`${what}, 50 % of joins, ms`]: [half], [`${what}, 95 %, ms`]: [most], [`${what}, 99 %, ms`]: [nearly], [`${what}, worst, ms`]: [all] };
  };
  return { ...named('first audio', 'firstMs'), ...named('a second of audio', 'secondMs') };
}

async function join(port: number, mount: string): Promise<Join> {
  const socket = createConnection({ host: '127.0.0.1', port, noDelay: true });
  await once(socket, 'connect');
  const begunAt = performance.now();
  socket.write(`GET /${mount} HTTP/1.0\r\n\r\n`);
  let head = '';
  let audio = 0;
  let firstMs = 0;
  for await (const chunk of socket as AsyncIterable<Buffer>) {
    audio += head.includes('\r\n\r\n') ? chunk.length : 0;
    if (!head.includes('\r\n\r\n')) {
      head += chunk.toString('latin1');
      if (!head.startsWith('HTTP/1.0 200')) throw new Error(`/${mount} was answered ${head.slice(0, 60)}`);
      audio = Math.max(0, head.length - head.indexOf('\r\n\r\n') - 4) * Number(head.includes('\r\n\r\n'));
    }
    if (audio > 0 && firstMs === 0) firstMs = performance.now() - begunAt;
    if (audio >= HEARD_BYTES) break;
  }
  socket.destroy();
  return { firstMs, secondMs: performance.now() - begunAt };
}
