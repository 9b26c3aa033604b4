import { readdirSync, statSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, usageOf } from '../common/accounting.ts';
import { startDavecast, type Davecast } from '../common/davecast.ts';
import { watch } from '../common/spans.ts';
import { withDirectory } from '../common/temporary.ts';
import { startLoad } from '../load/load.ts';
import { mountName } from '../load/plan.ts';
import { makeProgramme } from '../load/programme.ts';

const MOUNTS = 60;
const ENCODERS = 2;
const LISTENERS = 60;
const WARM_UP_MS = 14_000;
const SPANS = 7;
const SPAN_MS = 4_000;

/**
 * What recording costs an edge: three edges take in the same two relays at the same time, one that does not record, one that
 * does, and one that leaves the audio out, each with the same listeners. Prints each one's share of a core (median of
 * seven spans of 4 s) as a ratio to the first, its memory, and what lies on the disk.
 *
 * Arguments: [MOUNTS]
 */
export async function recording(args: readonly string[]): Promise<void> {
  const mounts = args[0] === undefined ? MOUNTS : Number(args[0]);
  await withDirectory('recording', (directory) => measure(mounts, directory));
}

async function measure(mounts: number, directory: string): Promise<void> {
  const ways: Readonly<Record<string, readonly string[]>> = {
    'not recording': [],
    recording: ['--record', join(directory, 'whole')],
    'without audio': ['--record', join(directory, 'outline'), '--no-audio'],
  };
  const started: Davecast[] = [];
  const listeners: Socket[] = [];
  try {
    for (let i = 0; i < 2; i++) started.push(await startDavecast(['relay', '--in', '0', '--out', '0'], ['in', 'out']));
    const [one, two] = started as [Davecast, Davecast];
    const relays = [one, two].flatMap(({ ports }) => ['--relay', `127.0.0.1:${ports.get('out')}`]);
    const edges: Davecast[] = [];
    for (const way of Object.values(ways)) {
      const edge = await startDavecast(['edge', '--http', '0', ...relays, ...way], ['http']);
      edges.push(edge);
      started.push(edge);
    }
    const programme = await makeProgramme(directory, ENCODERS);
    const inPorts = [one, two].map(({ ports }) => ports.get('in')!);
    const load = startLoad({ programme, mounts, encoders: ENCODERS, ports: inPorts, protocol: 'relay', shared: false });
    try {
      await load.connected;
      await sleep(WARM_UP_MS / 2);
      for (const edge of edges) for (let i = 0; i < LISTENERS; i++) listeners.push(listen(edge.ports.get('http')!, mountName(i % mounts)));
      await sleep(WARM_UP_MS / 2);
      const names = Object.keys(ways);
      const { cores } = await watch(Object.fromEntries(edges.map(({ pid }, index) => [names[index]!, pid])), SPANS, SPAN_MS);
      report(mounts, names, edges, names.map((name) => cores[name]!), directory);
    } finally {
      await load.stop();
    }
  } finally {
    for (const socket of listeners) socket.destroy();
    await Promise.all(started.map((one) => one.stop()));
  }
}

function report(mounts: number, names: readonly string[], edges: readonly Davecast[], shares: readonly (readonly number[])[], directory: string): void {
  const least = median(shares[0]!);
  const folders = ['', join(directory, 'whole'), join(directory, 'outline')];
  process.stdout.write(`${mounts} mountpoints x 2 encoders x 2 relays, ${LISTENERS} listeners at each of three edges (median of ${SPANS} spans of ${SPAN_MS / 1000} s)\n`);
  console.table(
    names.map((edge, i) => ({
      edge,
      'core (median)': median(shares[i]!).toFixed(3),
      'min-max': `${Math.min(...shares[i]!).toFixed(3)}-${Math.max(...shares[i]!).toFixed(3)}`,
      // Of the spans, each against the same span: what else the machine does is in both.
      'ratio (median)': median(shares[i]!.map((share, span) => share / shares[0]![span]!)).toFixed(3),
      'more by': `${((100 * median(shares[i]!)) / least - 100).toFixed(1)} %`,
      'memory MB': Math.round(usageOf(edges[i]!.pid).residentBytes / 1e6),
      'disk MB': i === 0 ? '' : Math.round(bytesIn(folders[i]!) / 1e6),
    })),
  );
}

function bytesIn(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

function listen(port: number, mount: string): Socket {
  const socket = connect(port, '127.0.0.1', () => socket.write(`GET /${mount} HTTP/1.0\r\n\r\n`));
  return socket.on('error', () => undefined).resume();
}
