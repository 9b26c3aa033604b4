import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { startDavecast, type Davecast } from '../common/davecast.ts';
import { freeTcpPort } from '../common/free-port.ts';

/** Relays and an edge that are to be measured. */
export interface Network {
  /** By role: 'edge', 'relay 1' and so on. */
  readonly pids: Readonly<Record<string, number>>;
  /** Where the relays take in encoders. */
  readonly inPorts: readonly number[];
  /** Where edges subscribe to them. */
  readonly outPorts: readonly number[];
  readonly httpPort: number;
  stop(): Promise<unknown>;
}

export interface OurOptions {
  readonly relays: number;
  readonly edgeArgs?: readonly string[];
  readonly nodeArgs?: readonly string[];
}

/** Of the edge's user "admin". */
export const ADMIN_PASSWORD = 'bench';

export async function startOurs({ relays: count, edgeArgs = [], nodeArgs = [] }: OurOptions): Promise<Network> {
  const env = { DAVECAST_ADMIN_PASSWORD: ADMIN_PASSWORD };
  const started: Davecast[] = [];
  const start = async (args: readonly string[], awaits: readonly string[]): Promise<Davecast> => {
    const process = await startDavecast(args, awaits, { nodeArgs, env });
    started.push(process);
    return process;
  };
  const stop = (): Promise<unknown> => Promise.all(started.map((process) => process.stop()));
  try {
    const relays: Davecast[] = [];
    for (let i = 0; i < count; i++) relays.push(await start(['relay', '--in', '0', '--out', '0'], ['in', 'out']));
    const edge = await start(['edge', '--http', '0', ...relays.flatMap(({ ports }) => ['--relay', `127.0.0.1:${ports.get('out')}`]), ...edgeArgs], ['http']);
    return {
      pids: { edge: edge.pid, ...Object.fromEntries(relays.map((relay, index) => [`relay ${index + 1}`, relay.pid])) },
      inPorts: relays.map((relay) => relay.ports.get('in')!),
      outPorts: relays.map((relay) => relay.ports.get('out')!),
      httpPort: edge.ports.get('http')!,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * The original takes its ports by position, and its edge does nothing for its first four seconds. Built with Go 1.14 or
 * newer its C socket reads are interrupted by the scheduler's signals, which it takes for the end of the connection.
 */
export async function startOriginal(file: string, relays: number): Promise<Network> {
  const [http, ...ports] = (await Promise.all(Array.from({ length: 2 * relays + 1 }, freeTcpPort))) as [number, ...number[]];
  const start = (...args: string[]): ChildProcess => spawn(file, args, { stdio: 'ignore', env: { ...process.env, GODEBUG: 'asyncpreemptoff=1' } });
  const [inPorts, outPorts] = [ports.slice(0, relays), ports.slice(relays)];
  const children = inPorts.map((inPort, index) => start('-r', `${inPort}`, `${outPorts[index]}`));
  await sleep(500);
  children.push(start(`${http}`, ...outPorts.map((port) => `127.0.0.1:${port}`)));
  await sleep(5_000);
  const pids = children.map((child, index) => [index < relays ? `relay ${index + 1}` : 'edge', child.pid!] as const);
  return {
    pids: Object.fromEntries(pids.toReversed()),
    inPorts,
    outPorts,
    httpPort: http,
    stop: async () => {
      for (const child of children) child.kill('SIGTERM');
    },
  };
}
