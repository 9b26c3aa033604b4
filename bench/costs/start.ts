import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { usageOf } from '../common/accounting.ts';
import { startDavecast, type Davecast } from '../common/davecast.ts';
import { freeTcpPort } from '../common/free-port.ts';
import { readOptions } from '../common/options.ts';
import { report, type ReportOptions } from '../common/report/report.ts';
import type { Contestant } from '../common/report/results.ts';
import { withDirectory } from '../common/temporary.ts';
import { until } from '../common/until.ts';
import { startOurs } from '../ingest/networks.ts';
import { icecastConfiguration } from '../listeners/servers.ts';
import { startLoad } from '../load/load.ts';
import { mountName } from '../load/plan.ts';
import { makeProgramme } from '../load/programme.ts';
import { missingPrograms } from '../outages/systems.ts';
import { IcecastServer } from '../rigs/icecast-server.ts';

const RETRY_MS = 2;
const LIMIT_MS = 20_000;
const WARM_UP_MS = 8_000;

/**
 * How long it takes from the start of a process to its first byte: an edge's answer to GET /healthz, its first audio where a relay has the
 * mountpoint already, a relay that accepts, and the answer of Icecast to GET /. By turns, each so many times.
 *
 *     npm run bench -- start [--rounds 7] [--json FILE] [--record]
 */
export async function start(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { counts: { rounds: 7 }, texts: ['json'], flags: ['record'] });
  await withDirectory('start', (directory) => measure(options, directory));
}

async function measure(options: ReportOptions & { readonly rounds: number }, directory: string): Promise<void> {
  const network = await startOurs({ relays: 1 });
  const load = startLoad({ programme: await makeProgramme(directory, 1), mounts: 1, encoders: 1, ports: network.inPorts, protocol: 'relay', shared: false });
  try {
    await load.connected;
    await sleep(WARM_UP_MS);
    const ours: Record<string, number[]> = {};
    const theirs: Record<string, number[]> = {};
    const add = (into: Record<string, number[]>, figures: Readonly<Record<string, number>>): void => {
      for (const [name, value] of Object.entries(figures)) (into[name] ??= []).push(value);
    };
    for (let round = 0; round < options.rounds; round++) {
      add(ours, await startEdge(network.outPorts[0]!));
      add(ours, await startRelay());
      if (missingPrograms(['icecast2']).length === 0) add(theirs, await startIcecast());
    }
    const contestants: Contestant[] = [{ name: 'ours', figures: ours }, ...(Object.keys(theirs).length > 0 ? [{ name: 'icecast2', figures: theirs }] : [])];
    report({ bench: 'start', what: 'a process until its first byte', notes: [`${options.rounds} rounds.`], contestants }, options);
  } finally {
    await load.stop();
    await network.stop();
  }
}

async function startEdge(relayPort: number): Promise<Readonly<Record<string, number>>> {
  const port = await freeTcpPort();
  const startMs = performance.now();
  const starting = startDavecast(['edge', '--http', `${port}`, '--relay', `127.0.0.1:${relayPort}`], []);
  const [answerMs, audioMs] = await Promise.all([untilAnswered(port, '/healthz'), untilAnswered(port, `/${mountName(0)}`)]);
  return stopped(await starting, { 'first answer, ms': answerMs - startMs, 'first audio, ms': audioMs - startMs }, 'CPU of an edge until then, ms');
}

async function startRelay(): Promise<Readonly<Record<string, number>>> {
  const startMs = performance.now();
  const relay = await startDavecast(['relay', '--in', '0', '--out', '0'], ['in', 'out']);
  return stopped(relay, { 'relay, ms': performance.now() - startMs }, 'CPU of a relay until then, ms');
}

async function stopped(process: Davecast, figures: Readonly<Record<string, number>>, cpu: string): Promise<Readonly<Record<string, number>>> {
  const { cpuMs } = usageOf(process.pid);
  await process.stop();
  return { ...figures, [cpu]: cpuMs };
}

async function startIcecast(): Promise<Readonly<Record<string, number>>> {
  const text = icecastConfiguration({ clients: 10, sources: 2 });
  const startMs = performance.now();
  const server = await IcecastServer.start(text);
  const answerMs = await untilAnswered(server.port, '/status-json.xsl');
  await server.stop();
  return { 'first answer, ms': answerMs - startMs };
}

/** When the first byte behind the head of an answer with 200 came. It is asked for until then. */
async function untilAnswered(port: number, at: string): Promise<number> {
  return await until(`an answer to ${at}`, async () => (await answers(port, at)) && performance.now(), { withinMs: LIMIT_MS, everyMs: RETRY_MS });
}

function answers(port: number, at: string): Promise<boolean> {
  return new Promise((resolve) => {
    let text = '';
    const socket = createConnection(port, '127.0.0.1', () => socket.write(`GET ${at} HTTP/1.0\r\n\r\n`));
    const done = (answered: boolean): void => {
      socket.destroy();
      resolve(answered);
    };
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString('latin1');
      if (!/^HTTP\/1\.[01] 200/.test(text)) return done(false);
      if (/\r\n\r\n[^]/.test(text)) done(true);
    });
    socket.on('error', () => done(false)).on('end', () => done(false));
  });
}
