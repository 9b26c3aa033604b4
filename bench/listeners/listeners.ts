import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descriptorsOf } from '../common/accounting.ts';
import { BadOption, readOptions } from '../common/options.ts';
import { report } from '../common/report/report.ts';
import type { Contestant } from '../common/report/results.ts';
import { withDirectory } from '../common/temporary.ts';
import { listenersWhat } from '../load/plan.ts';
import { makeProgramme } from '../load/programme.ts';
import { missingPrograms } from '../outages/systems.ts';
import { startClient } from './client.ts';
import { measureListeners } from './measure.ts';
import { startEdge, startIcecast, type Server } from './servers.ts';

const BEFORE_MS = 6_000;
/** For what a server has open besides its listeners. */
const SPARE_DESCRIPTORS = 600;

/**
 * What listeners cost, side by side: an edge of ours, Debian's icecast2 if it is installed, and any program that reads Icecast's configuration.
 * Each has the same mountpoints on air from the same load process, half of them 128 kbit/s MP3 (one mountpoint is that), and the same listeners, in a process of their own that counts
 * and throws away. They join evenly over a while (the ramp), are watched, leave, and join again all at once (the storm).
 *
 *     npm run bench -- listeners [--listeners 1000] [--mounts 1] [--ramp-ms 4000] [--rounds 1] [--icy] [--alone] [--peer FILE]
 *                                [--node OPTION] [--json FILE] [--record] [-- OPTION OF THE EDGE…]
 *
 * --alone: only ours. --icy: listeners that ask for metadata. --node: an option of Node for relay and edge.
 */
export async function listeners(args: readonly string[]): Promise<void> {
  const options = readOptions(args, {
    counts: { listeners: 1_000, mounts: 1, rampMs: 4_000, rounds: 1 },
    texts: ['peer', 'node', 'json'],
    flags: ['icy', 'alone', 'record'],
  });
  const { listeners: count, mounts, rampMs, rounds, peer, node, icy, alone, rest } = options;
  const { most } = descriptorsOf(process.pid);
  if (count + SPARE_DESCRIPTORS > most) throw new BadOption(`--listeners ${count}: a process may have ${most} files open here (ulimit -n)`);
  await withDirectory('listeners', async (directory) => {
    const serverOptions = { listeners: count, source: { programme: await makeProgramme(directory, 1), mounts } };
    const nodeArgs = node === undefined ? [] : [node];
    const servers: (readonly [name: string, start: () => Promise<Server>])[] = [['ours', () => startEdge(serverOptions, rest, nodeArgs)]];
    if (!alone && missingPrograms(['icecast2']).length === 0) servers.push(['icecast2', () => startIcecast(serverOptions, 'icecast2')]);
    if (peer !== undefined) servers.push([path.basename(peer), () => startIcecast(serverOptions, peer)]);
    const contestants: Contestant[] = [];
    for (const [name, start] of servers) contestants.push({ name, figures: await measure(await start(), { count, mounts, rampMs, rounds, icy }) });
    const extra = [...(rampMs === 4_000 ? [] : [`joined in ${rampMs} ms`]), ...(icy ? ['with metadata'] : []), ...nodeArgs, ...rest];
    report(
      {
        bench: 'listeners',
        what: [listenersWhat(count, mounts), ...extra].join(', '),
        notes: [`A process may have ${most} files open. Programme: ${serverOptions.source.programme.madeBy}.`],
        contestants,
      },
      options,
    );
  });
}

interface Round {
  readonly count: number;
  readonly mounts: number;
  readonly rampMs: number;
  readonly rounds: number;
  readonly icy: boolean;
}

async function measure(server: Server, { count, mounts, rampMs, rounds, icy }: Round): Promise<Contestant['figures']> {
  const client = startClient({ port: server.port, mounts, icy });
  try {
    // What is sent at once to a new listener has to have come in.
    await sleep(BEFORE_MS);
    const figures: Record<string, number[]> = {};
    for (let round = 0; round < rounds; round++) {
      const found = await measureListeners(server.pid, client, { count, rampMs });
      for (const [name, values] of Object.entries(found)) (figures[name] ??= []).push(...values);
    }
    return figures;
  } finally {
    await client.stop();
    await server.stop();
  }
}
