import { setTimeout as sleep } from 'node:timers/promises';
import { CHEAP_WRITES_PER_S } from '../../core/listeners/slices.ts';
import { descriptorsOf, median } from '../common/accounting.ts';
import { readOptions } from '../common/options.ts';
import { report } from '../common/report/report.ts';
import { allocatedBytes } from '../costs/core/core.ts';
import { startClient } from '../listeners/client.ts';
import { startEdge } from '../listeners/servers.ts';
import { demoProgramme, type Programme } from '../load/programme.ts';

/** What a message may allocate on the heap, by case of `core`: the figures with the demo's programme, and half as much again. */
const MOST_BYTES: Readonly<Record<string, number>> = {
  relay: 300,
  edge: 350,
  'edge with a listener each': 440,
};
const MOUNTS = 10;
const LISTENERS = 500;
const BEFORE_MS = 3_000;
const COUNT_MS = 5_000;
const LEAVE_LIMIT_MS = 10_000;

type Figures = Record<string, readonly number[]>;

/**
 * The short form of the benches, for every change: what does not depend on how busy the machine is, against bounds. Bytes that a message
 * allocates, writes a listener and second, and descriptors that are left behind when all listeners have left. Status 1 where a bound is
 * missed.
 *
 *     npm run bench -- short [--json FILE] [--record]
 */
export async function short(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { texts: ['json'], flags: ['record'] });
  const programme = demoProgramme();
  const bytes = await allocatedBytes({ programme, mounts: MOUNTS, encoders: 2, relays: 2 });
  const figures = { ...bytes, ...(await listenerFigures(programme)) };
  report(
    {
      bench: 'short',
      what: `${MOUNTS} mountpoints x 2 encoders x 2 relays; ${LISTENERS} listeners of one mountpoint`,
      notes: [`Programme: ${programme.madeBy}.`],
      contestants: [{ name: 'ours', figures }],
    },
    options,
  );
  for (const problem of problemsOf(figures)) {
    process.stderr.write(`bench: ${problem}\n`);
    process.exitCode = 1;
  }
}

async function listenerFigures(programme: Programme): Promise<Figures> {
  const server = await startEdge({ listeners: LISTENERS, source: { programme, mounts: 1 } }, [], []);
  const client = startClient({ port: server.port, mounts: 1, icy: false });
  try {
    await sleep(BEFORE_MS);
    const { open } = descriptorsOf(server.pid);
    const { failed } = await client.join(LISTENERS, 0);
    await client.restart();
    await sleep(COUNT_MS);
    const { reads, elapsedMs, gapsMs } = await client.tell();
    await client.leave();
    const until = performance.now() + LEAVE_LIMIT_MS;
    while (descriptorsOf(server.pid).open > open && performance.now() < until) await sleep(100);
    return {
      'writes a listener and second': [(1_000 * reads) / (LISTENERS * elapsedMs)],
      'listeners without audio': [failed + gapsMs.filter((gapMs) => gapMs >= elapsedMs).length],
      'descriptors left behind': [descriptorsOf(server.pid).open - open],
    };
  } finally {
    await client.stop();
    await server.stop();
  }
}

/** Bounds that are missed, and those that were not measured. */
export function problemsOf(figures: Figures): readonly string[] {
  const allocated = Object.entries(MOST_BYTES).map(([name, most]) => [`${name}, bytes allocated a message`, most] as const);
  // A burst may be written in two parts.
  const mostWrites = CHEAP_WRITES_PER_S / LISTENERS + 1;
  const bounds = [...allocated, ['writes a listener and second', mostWrites], ['listeners without audio', 0], ['descriptors left behind', 0]] as const;
  return bounds.flatMap(([name, most]) => {
    const values = figures[name];
    if (values === undefined) return [`${name}: not measured`];
    const value = median(values);
    return value > most ? [`${name}: ${value.toFixed(1)}, more than ${most}`] : [];
  });
}
