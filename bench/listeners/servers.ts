import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { inRepository } from '../common/repository.ts';
import { until } from '../common/until.ts';
import { startOurs } from '../ingest/networks.ts';
import { startLoad, type Load } from '../load/load.ts';
import { mountName, type LoadPlan } from '../load/plan.ts';
import { IcecastServer } from '../rigs/icecast-server.ts';

/** A server with listeners' mountpoints on air. */
export interface Server {
  readonly pid: number;
  readonly port: number;
  stop(): Promise<void>;
}

export interface ServerOptions {
  readonly listeners: number;
  readonly source: Omit<LoadPlan, 'ports' | 'protocol' | 'encoders' | 'shared'>;
}

/** For what is no listener: pages, sources, files. */
const SPARE = 300;
const START_MS = 20_000;

/** An edge, behind a relay. */
export async function startEdge({ listeners, source }: ServerOptions, edgeArgs: readonly string[], nodeArgs: readonly string[]): Promise<Server> {
  const network = await startOurs({ relays: 1, edgeArgs: ['--max-listeners', `${listeners + SPARE}`, '--max-listeners-per-address', `${listeners + SPARE}`, ...edgeArgs], nodeArgs });
  return onAir(startLoad({ ...source, encoders: 1, shared: false, protocol: 'relay', ports: network.inPorts }), source.mounts, {
    pid: network.pids['edge']!,
    port: network.httpPort,
    stop: async () => void (await network.stop()),
  });
}

const configuration = inRepository('bench/listeners/icecast.xml');

/** An Icecast, or what reads its configuration. */
export async function startIcecast({ listeners, source }: ServerOptions, program: string): Promise<Server> {
  const limits = { clients: listeners + source.mounts + SPARE, sources: source.mounts + 1 };
  const icecast = await IcecastServer.start(icecastConfiguration(limits), program);
  return onAir(startLoad({ ...source, encoders: 1, shared: false, protocol: 'icecast', ports: [icecast.port] }), source.mounts, icecast);
}

/** With so many clients and sources at the most. */
export function icecastConfiguration(limits: { readonly clients: number; readonly sources: number }): string {
  return Object.entries(limits).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, `${value}`), readFileSync(configuration, 'utf8'));
}

/** Resolves when a mountpoint is there. */
export async function untilThere(port: number, mount: string): Promise<void> {
  await until(`${mount} at port ${port}`, () => isThere(port, mount), { withinMs: START_MS, everyMs: 200 });
}

/** Resolves when all mountpoints are there. */
async function onAir(load: Load, mounts: number, server: Server): Promise<Server> {
  const stop = async (): Promise<void> => {
    await load.stop();
    await server.stop();
  };
  try {
    await load.connected;
    for (let mount = 0; mount < mounts; mount++) await untilThere(server.port, mountName(mount));
    return { pid: server.pid, port: server.port, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function isThere(port: number, mount: string): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: `/${mount}`, agent: false }, (response) => {
      resolve(response.statusCode === 200);
      request.destroy();
    });
    request.on('error', () => resolve(false));
  });
}
