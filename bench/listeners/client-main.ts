import { createConnection, type Socket } from 'node:net';
import { mountName } from '../load/plan.ts';
import { Crowd } from './crowd.ts';
import type { ClientPlan, Counted, Joined, Order } from './orders.ts';

/** Listeners that did not get audio within this have failed. */
const PATIENCE_MS = 30_000;
const TICK_MS = 5;

/**
 * Listeners, in a process of their own, which ends with the one that started it. What they receive is read into one buffer, counted, and thrown
 * away. Argument: a ClientPlan in JSON.
 */
const { port, mounts, icy } = JSON.parse(process.argv[2]!) as ClientPlan;
const buffer = new Uint8Array(65_536);
let sockets: Socket[] = [];
let crowd = new Crowd(0);
let lost = 0;
let countedSinceMs = 0;

process.on('message', (order: Order) => {
  if (order.order === 'join') join(order.listeners, order.overMs);
  else if (order.order === 'count') restart();
  else if (order.order === 'tell') process.send!(counted());
  else leave();
});
process.once('disconnect', () => process.exit(0));

function join(listeners: number, overMs: number): void {
  crowd = new Crowd(listeners);
  lost = 0;
  const startMs = performance.now();
  const ticks = setInterval(() => {
    const elapsedMs = performance.now() - startMs;
    const due = overMs === 0 ? listeners : Math.min(listeners, Math.ceil((listeners * elapsedMs) / overMs));
    while (sockets.length < due) sockets.push(connect(sockets.length));
    const waiting = sockets.length < listeners || sockets.some((_, index) => crowd.state(index) === 'head' && !sockets[index]!.destroyed);
    if (waiting && elapsedMs < overMs + PATIENCE_MS) return;
    clearInterval(ticks);
    process.send!(joined());
  }, TICK_MS);
}

function connect(index: number): Socket {
  crowd.connectMs[index] = performance.now();
  const receivers = crowd;
  const socket = createConnection({
    host: '127.0.0.1',
    port,
    onread: {
      buffer,
      callback: (length, bytes) => {
        receivers.received(index, bytes, length, performance.now());
        return true;
      },
    },
  });
  socket.write(`GET /${mountName(index % mounts)} HTTP/1.0\r\nUser-Agent: bench\r\n${icy ? 'Icy-MetaData: 1\r\n' : ''}\r\n`);
  socket.on('error', () => undefined);
  socket.on('close', () => {
    if (receivers === crowd) lost++;
  });
  return socket;
}

function joined(): Joined {
  const firstAudioMs: number[] = [];
  for (let index = 0; index < crowd.size; index++) {
    if (crowd.state(index) === 'audio') firstAudioMs.push(crowd.firstMs[index]! - crowd.connectMs[index]!);
  }
  return { firstAudioMs, failed: crowd.size - firstAudioMs.length };
}

function restart(): void {
  crowd.restart();
  countedSinceMs = performance.now();
  process.send!('counting');
}

function counted(): Counted {
  const nowMs = performance.now();
  crowd.finish(nowMs);
  return { reads: crowd.reads, bytes: crowd.bytes, elapsedMs: nowMs - countedSinceMs, gapsMs: [...crowd.gapMs], lost };
}

function leave(): void {
  crowd = new Crowd(0);
  for (const socket of sockets) socket.destroy();
  sockets = [];
  process.send!('left');
}
