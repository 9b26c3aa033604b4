import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, usageOf, type Usage } from './accounting.ts';
import { startDavecast } from './process.ts';

const MOUNTS = 250;
const WARM_UP_MS = 12_000;
const SPANS = 5;
const SPAN_MS = 4_000;

/** The original's figures on a machine like ours, from the issue that set this bench: share of a core, and memory. */
const original = { relay: { cores: 0.4, megabytes: 21 }, edge: { cores: 0.42, megabytes: 439 } };

/**
 * 250 mountpoints × 2 encoders × 2 relays through two relay processes into an edge process, from a load process of its
 * own. Prints each process's share of a core (median of five spans of 4 s, from the operating system's accounting,
 * after the history of the relays is full) and its memory at the end.
 */
export async function ingest(args: readonly string[]): Promise<void> {
  const mounts = Number(args[0] ?? MOUNTS);
  const local = ['--bind', '127.0.0.1'];
  const relays = [];
  for (let i = 0; i < 2; i++) {
    relays.push(await startDavecast(['relay', '--in', '0', '--out', '0', ...local], ['in', 'out']));
  }
  const relayArgs = relays.flatMap((relay) => ['--relay', `127.0.0.1:${relay.ports.get('out')}`]);
  const edge = await startDavecast(['edge', '--http', '0', ...relayArgs, ...local], ['http']);
  const load = startLoad(mounts, relays.map((relay) => relay.ports.get('in')!));
  try {
    await load.connected;
    await sleep(WARM_UP_MS);
    const watched: Readonly<Record<string, number>> = {
      'relay 1': relays[0]!.pid,
      'relay 2': relays[1]!.pid,
      edge: edge.pid,
      load: load.pid,
    };
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
    report(mounts, median(rates), shares, readAll(watched));
    const mountsOnAir = await mountCount(edge.ports.get('http')!);
    process.stdout.write(`mountpoints on air at the edge: ${mountsOnAir} of ${mounts}\n`);
  } finally {
    load.stop();
    await Promise.all([edge, ...relays].map((process) => process.stop()));
  }
}

function report(mounts: number, rate: number, shares: ReadonlyMap<string, number[]>, usage: Readonly<Record<string, Usage>>): void {
  const rows = [...shares].map(([name, values]) => {
    const peer = name.startsWith('relay') ? original.relay : name === 'edge' ? original.edge : undefined;
    const cores = median(values);
    return {
      process: name,
      'core (median)': cores.toFixed(3),
      'min-max': `${Math.min(...values).toFixed(3)}-${Math.max(...values).toFixed(3)}`,
      'memory MB': Math.round(usage[name]!.residentBytes / 1e6),
      'original core': peer?.cores ?? '',
      'of original': peer === undefined ? '' : `${Math.round((100 * cores) / peer.cores)} %`,
      'original MB': peer?.megabytes ?? '',
    };
  });
  process.stdout.write(`${mounts} mountpoints x 2 encoders x 2 relays: ${Math.round(rate)} messages/s sent (median of ${SPANS} spans of ${SPAN_MS / 1000} s)\n`);
  console.table(rows);
}

function readAll(watched: Readonly<Record<string, number>>): Readonly<Record<string, Usage>> {
  return Object.fromEntries(Object.entries(watched).map(([name, pid]) => [name, usageOf(pid)]));
}

async function mountCount(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/streamlist.txt`);
  return (await response.text()).split('\r\n').filter((line) => line !== '').length;
}

interface Load {
  readonly pid: number;
  readonly connected: Promise<void>;
  sent(): number;
  stop(): void;
}

function startLoad(mounts: number, ports: readonly number[]): Load {
  const script = fileURLToPath(new URL('../dist/bench/ingest-load.js', import.meta.url));
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
