import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, usageOf, type Usage } from '../common/accounting.ts';
import { startDavecast, type Davecast } from '../common/davecast.ts';

const MOUNTS = 250;
const WARM_UP_MS = 12_000;
const SPANS = 5;
const SPAN_MS = 4_000;

/** The original's figures on a machine like ours, from the issue that set this bench: share of a core, and memory. */
const published: Readonly<Record<string, Figures>> = {
  relay: { cores: 0.4, megabytes: 21 },
  edge: { cores: 0.42, megabytes: 439 },
};

interface Figures {
  readonly cores: number;
  readonly megabytes: number;
}

/** Two relays and an edge that are to be measured. */
interface Network {
  readonly pids: Readonly<Record<string, number>>;
  readonly inPorts: readonly number[];
  readonly httpPort: number;
  stop(): Promise<unknown>;
}

/**
 * 250 mountpoints × 2 encoders × 2 relays through two relay processes into an edge process, from a load process of its
 * own. Prints each process's share of a core (median of five spans of 4 s, from the operating system's accounting,
 * after the history of the relays is full) and its memory at the end.
 *
 * Arguments: [MOUNTS] [--original FILE], a built `davecast` of the original, to be measured in the same run.
 */
export async function ingest(args: readonly string[]): Promise<void> {
  const at = args.indexOf('--original');
  const mounts = at === 0 || args.length === 0 ? MOUNTS : Number(args[0]);
  const original = at < 0 ? undefined : args[at + 1];
  const theirs = original === undefined ? undefined : await measure(mounts, await startOriginal(original));
  if (theirs !== undefined) report('the original', mounts, theirs, published);
  const ours = await measure(mounts, await startOurs());
  const peer = theirs === undefined ? published : byRole(theirs);
  report(theirs === undefined ? 'ours, against the published figures' : 'ours, against the original above', mounts, ours, peer);
}

interface Measured {
  readonly rate: number;
  readonly shares: ReadonlyMap<string, readonly number[]>;
  readonly usage: Readonly<Record<string, Usage>>;
  readonly mountsOnAir: number;
}

async function measure(mounts: number, network: Network): Promise<Measured> {
  const load = startLoad(mounts, network.inPorts);
  try {
    await load.connected;
    await sleep(WARM_UP_MS);
    const watched = { ...network.pids, load: load.pid };
    const shares = new Map(Object.keys(watched).map((name) => [name, [] as number[]]));
    const rates: number[] = [];
    for (let span = 0; span < SPANS; span++) {
      const before = readAll(watched);
      const [sentBefore, startMs] = [load.sent(), performance.now()];
      await sleep(SPAN_MS);
      const elapsedMs = performance.now() - startMs;
      const after = readAll(watched);
      for (const [name, values] of shares) values.push((after[name]!.cpuMs - before[name]!.cpuMs) / elapsedMs);
      rates.push((load.sent() - sentBefore) / (elapsedMs / 1000));
    }
    return { rate: median(rates), shares, usage: readAll(watched), mountsOnAir: await mountCount(network.httpPort) };
  } finally {
    load.stop();
    await network.stop();
  }
}

async function startOurs(): Promise<Network> {
  const local = ['--bind', '127.0.0.1'];
  const relays: Davecast[] = [];
  for (let i = 0; i < 2; i++) relays.push(await startDavecast(['relay', '--in', '0', '--out', '0', ...local], ['in', 'out']));
  const relayArgs = relays.flatMap((relay) => ['--relay', `127.0.0.1:${relay.ports.get('out')}`]);
  const edge = await startDavecast(['edge', '--http', '0', ...relayArgs, ...local], ['http']);
  return {
    pids: { 'relay 1': relays[0]!.pid, 'relay 2': relays[1]!.pid, edge: edge.pid },
    inPorts: relays.map((relay) => relay.ports.get('in')!),
    httpPort: edge.ports.get('http')!,
    stop: () => Promise.all([edge, ...relays].map((process) => process.stop())),
  };
}

/**
 * The original takes its ports by position, and its edge does nothing for its first four seconds. Built with Go 1.14 or
 * newer its C socket reads are interrupted by the scheduler's signals, which it takes for the end of the connection.
 */
async function startOriginal(file: string): Promise<Network> {
  const [in1, out1, in2, out2, http] = (await freePorts(5)) as [number, number, number, number, number];
  const start = (...args: string[]): ChildProcess => spawn(file, args, { stdio: 'ignore', env: { ...process.env, GODEBUG: 'asyncpreemptoff=1' } });
  const children = [start('-r', `${in1}`, `${out1}`), start('-r', `${in2}`, `${out2}`)];
  await sleep(500);
  children.push(start(`${http}`, `127.0.0.1:${out1}`, `127.0.0.1:${out2}`));
  await sleep(5_000);
  const [relay1, relay2, edge] = children.map((child) => child.pid!) as [number, number, number];
  return {
    pids: { 'relay 1': relay1, 'relay 2': relay2, edge },
    inPorts: [in1, in2],
    httpPort: http,
    stop: async () => {
      for (const child of children) child.kill('SIGTERM');
    },
  };
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  for (const server of servers) server.close();
  return ports;
}

/** Medians by role; of the two relays the costlier. */
function byRole({ shares, usage }: Measured): Readonly<Record<string, Figures>> {
  const figures = (name: string): Figures => ({ cores: median(shares.get(name)!), megabytes: usage[name]!.residentBytes / 1e6 });
  const [one, two] = [figures('relay 1'), figures('relay 2')];
  return { relay: one.cores > two.cores ? one : two, edge: figures('edge') };
}

function report(what: string, mounts: number, measured: Measured, peers: Readonly<Record<string, Figures>>): void {
  const { rate, shares, usage, mountsOnAir } = measured;
  const rows = [...shares].map(([name, values]) => {
    const peer = peers[name.split(' ')[0]!];
    const cores = median(values);
    return {
      process: name,
      'core (median)': cores.toFixed(3),
      'min-max': `${Math.min(...values).toFixed(3)}-${Math.max(...values).toFixed(3)}`,
      'memory MB': Math.round(usage[name]!.residentBytes / 1e6),
      'peer core': peer?.cores.toFixed(3) ?? '',
      ratio: peer === undefined ? '' : (cores / peer.cores).toFixed(2),
      'peer MB': peer === undefined ? '' : Math.round(peer.megabytes),
    };
  });
  process.stdout.write(
    `${what}: ${mounts} mountpoints x 2 encoders x 2 relays, ${Math.round(rate)} messages/s sent ` +
      `(median of ${SPANS} spans of ${SPAN_MS / 1000} s), ${mountsOnAir} mountpoints on air\n`,
  );
  console.table(rows);
}

function readAll(watched: Readonly<Record<string, number>>): Readonly<Record<string, Usage>> {
  return Object.fromEntries(Object.entries(watched).map(([name, pid]) => [name, usageOf(pid)]));
}

async function mountCount(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/streamlist.txt`);
  return (await response.text()).split(/\r?\n/).filter((line) => line !== '').length;
}

export interface Load {
  readonly pid: number;
  readonly connected: Promise<void>;
  sent(): number;
  stop(): void;
}

/** Starts the load process, which pushes to the relays on these ports. */
export function startLoad(mounts: number, ports: readonly number[]): Load {
  const script = fileURLToPath(new URL('../../dist/bench/ingest/ingest-load.js', import.meta.url));
  const child = spawn(process.execPath, [script, String(mounts), ...ports.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  let last = { sent: 0, atMs: performance.now() };
  let rate = 0;
  const connected = new Promise<void>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'connected') resolve();
      const [word, sent, atMs] = line.split(' ');
      if (word !== 'sent') return;
      rate = (1000 * Number(sent)) / Number(atMs);
      last = { sent: Number(sent), atMs: performance.now() };
    });
    child.once('exit', (code) => reject(new Error(`the load process ended with ${code}`)));
  });
  return {
    pid: child.pid!,
    connected,
    sent: () => last.sent + (rate * (performance.now() - last.atMs)) / 1000,
    stop: () => child.stdin.end(),
  };
}
