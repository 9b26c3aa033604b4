import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { data, framed } from '../core/support/messages.ts';
import { numbered, range } from '../core/support/frames.ts';
import { Pusher } from './support/pushing.ts';
import { HOST, Station, type Name } from './support/station.ts';

const stations: Station[] = [];

afterEach(async () => {
  await Promise.all(stations.splice(0).map((station) => station.stop()));
});

async function started(more?: ConstructorParameters<typeof Station>[0]): Promise<Station> {
  const station = new Station(more);
  stations.push(station);
  return station.start();
}

const names: readonly Name[] = ['relay-0', 'relay-1', 'encoder', 'edge'];

describe('what happens to a process', () => {
  it('is no end of it: signals that ask for something else', async () => {
    const station = await started();
    for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2', 'SIGPIPE', 'SIGALRM', 'SIGWINCH', 'SIGCONT'] as const) {
      // Edges and relays are upgraded by that: test/shell/process/upgrade.
      for (const name of names) if (signal !== 'SIGUSR1' || name === 'encoder') station.child(name).kill(signal);
      await station.hearsOn(10);
    }
    await station.isUnharmed();
    // Node's debugger listens on its usual port when it is opened.
    const debuggerIsOpen = await new Promise<boolean>((resolve) => {
      const socket = net.connect(9229, HOST).on('connect', () => resolve(true)).on('error', () => resolve(false));
      socket.unref();
    });
    expect(debuggerIsOpen).toBe(false);
  });

  it('does not reach the audio: logs that nobody takes, while there is much to tell', { timeout: 120_000 }, async () => {
    const station = await started();
    for (const name of names) station.child(name).stdout!.pause();
    const pusher = new Pusher(station.port('relay-0', 'in'));
    for (let stretch = 0; stretch < 30; stretch++) {
      await pusher.push(framed(...range(0, 999).map((n) => data(1, numbered(n), { stream: stretch * 1_000 + n }))));
      await station.hearsOn(20);
    }
    pusher.stop();
    await station.isUnharmed();
    for (const name of names) station.child(name).stdout!.resume();
  });

  it('is not held against others: relays, edge and encoder stopped for a while, one after the other', { timeout: 180_000 }, async () => {
    const station = await started();
    for (const name of ['relay-0', 'relay-1', 'encoder', 'edge'] as const) {
      station.child(name).kill('SIGSTOP');
      await sleep(name === 'edge' || name === 'encoder' ? 5_000 : 12_000);
      station.child(name).kill('SIGCONT');
      await station.hearsOn(200);
    }
    await station.isUnharmed();
  });

  it.skipIf(process.platform === 'win32')('is survived: 256 files at most, and 600 connections', async () => {
    const child = spawn('sh', ['-c', `ulimit -n 256; exec "${process.execPath}" dist/shell/bin/davecast.js relay --in 0 --out 0 --bind ${HOST}`], { stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (text) => (out += String(text)));
    const port = (what: string): number => Number(new RegExp(`"what":"${what}","transport":"tcp"[^}]*"port":(\\d+)`).exec(out)?.[1] ?? 0);
    while (port('out') === 0) await sleep(50);
    const sockets = range(1, 600).map(() => net.connect(port('in'), HOST).on('error', () => undefined));
    await sleep(2_000);
    for (const socket of sockets) socket.destroy();
    await sleep(1_000);
    expect(child.exitCode ?? child.signalCode).toBeNull();
    const late = net.connect(port('in'), HOST);
    await once(late, 'connect');
    late.destroy();
    child.kill('SIGTERM');
    await once(child, 'exit');
    expect(child.exitCode).toBe(0);
  });
});
