import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BadOption, readOptions } from '../../common/options.ts';
import { startDavecast, type Davecast } from '../../common/davecast.ts';
import { report } from '../../common/report/report.ts';
import type { Contestant } from '../../common/report/results.ts';
import { watch } from '../../common/spans.ts';
import { withDirectory } from '../../common/temporary.ts';
import { startLoad } from '../../load/load.ts';
import { mountName } from '../../load/plan.ts';
import { makeProgramme, type Programme } from '../../load/programme.ts';
import { missingPrograms } from '../../outages/systems.ts';

const SPANS = 5;
const SPAN_MS = 4_000;

interface Plan {
  readonly programme: Programme;
  readonly mounts: number;
  readonly warmUpS: number;
  readonly directory: string;
}

/** What stands between an encoder and an edge. */
interface Middle {
  readonly pid: number;
  readonly to: string;
  readonly relay: string;
  stop(): Promise<unknown>;
}

/**
 * What a message costs on its way from one encoder process to one edge without listeners: through a relay by TCP, and through one server of NATS with and
 * without JetStream. A source client of each mountpoint sends MP3 at 128 kbit/s or AAC at 48 kbit/s, one frame a message.
 *
 *     npm run bench -- nats [--mounts 100] [--warm-up-s 20] [--json FILE] [--record]
 */
export async function nats(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { counts: { mounts: 100, warmUpS: 20 }, texts: ['json'], flags: ['record'] });
  if (missingPrograms(['nats-server']).length > 0) throw new BadOption('nats-server is not installed');
  const { mounts, warmUpS } = options;
  await withDirectory('nats', async (directory) => {
    const plan = { programme: await makeProgramme(directory, 1), mounts, warmUpS, directory };
    const contestants: readonly Contestant[] = [
      { name: 'relay', figures: await measure(plan, await startRelay()) },
      { name: 'NATS', figures: await measure(plan, await startNats(directory, true)) },
      { name: 'NATS without JetStream', figures: await measure(plan, await startNats(directory, false)) },
    ];
    report({ bench: 'nats', what: `${mounts} mountpoints, one encoder process, one edge`, notes: [`${SPANS} spans of ${SPAN_MS / 1_000} s after ${warmUpS} s.`], contestants }, options);
  });
}

async function measure({ programme, mounts, warmUpS }: Plan, middle: Middle): Promise<Contestant['figures']> {
  const names = Array.from({ length: mounts }, (_, mount) => ['--mount', mountName(mount)]).flat();
  const started: Davecast[] = [];
  const start = async (line: readonly string[], awaits: string): Promise<Davecast> => {
    const one = await startDavecast(line, [awaits]);
    started.push(one);
    return one;
  };
  try {
    const encoder = await start(['encoder', ...names, '--listen', '0', '--to', middle.to], 'source');
    const edge = await start(['edge', '--http', '0', '--relay', middle.relay], 'http');
    const load = startLoad({ programme, mounts, encoders: 1, ports: [encoder.ports.get('source')!], protocol: 'icecast', shared: false });
    try {
      await load.connected;
      await sleep(1_000 * warmUpS);
      load.rate();
      const rates: number[] = [];
      const { cores, residentBytes } = await watch({ 'encoder': encoder.pid, 'relay or server': middle.pid, 'edge': edge.pid }, SPANS, SPAN_MS, () => rates.push(load.rate()));
      const costs = Object.entries(cores).map(([name, shares]) => [`${name}, µs a message`, shares.map((share, span) => (share * 1e6) / rates[span]!)] as const);
      const memory = Object.entries(residentBytes).map(([name, bytes]) => [`${name}, MB`, bytes.map((each) => each / 1e6)] as const);
      return { 'messages a second': rates, ...Object.fromEntries([...costs, ...memory]) };
    } finally {
      await load.stop();
    }
  } finally {
    await Promise.all(started.map((one) => one.stop()));
    await middle.stop();
  }
}

async function startRelay(): Promise<Middle> {
  const relay = await startDavecast(['relay', '--in', '0', '--out', '0'], ['in', 'out']);
  const at = (what: string): string => `127.0.0.1:${relay.ports.get(what)}`;
  return { pid: relay.pid, to: at('in'), relay: at('out'), stop: () => relay.stop() };
}

async function startNats(directory: string, hasHistory: boolean): Promise<Middle> {
  const config = path.join(directory, `nats-${hasHistory}.conf`);
  writeFileSync(config, `listen: "127.0.0.1:-1"\n${hasHistory ? `jetstream { store_dir: "${path.join(directory, 'store')}", max_mem: 512MB }\n` : ''}`);
  const child = spawn('nats-server', ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (text: Buffer) => (log += text.toString()));
  while (!log.includes('Server is ready')) {
    if (child.exitCode !== null) throw new Error(`nats-server has ended: ${log}`);
    await sleep(20);
  }
  const [, port] = /Listening for client connections on 127\.0\.0\.1:(\d+)/.exec(log)!;
  const url = `nats://127.0.0.1:${port}`;
  return {
    pid: child.pid!,
    to: url,
    relay: url,
    stop: async () => {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    },
  };
}
