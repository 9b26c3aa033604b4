import { setTimeout as sleep } from 'node:timers/promises';
import { startDavecast } from '../common/davecast.ts';
import { readOptions } from '../common/options.ts';
import { quantile } from '../common/quantiles.ts';
import { report } from '../common/report/report.ts';
import type { Contestant } from '../common/report/results.ts';
import { withDirectory } from '../common/temporary.ts';
import { startOurs } from '../ingest/networks.ts';
import { startIcecast, untilThere } from '../listeners/servers.ts';
import { readProgramme, type Frames } from '../load/frames.ts';
import { startLoad } from '../load/load.ts';
import { makeProgramme, type Programme } from '../load/programme.ts';
import { missingPrograms } from '../outages/systems.ts';
import { DelayProbe } from './delay-probe.ts';

const MOUNT = 'probe';
const ENCODERS = 2;
const RELAYS = 2;
const SPANS = 5;
const SPAN_MS = 6_000;

interface Load {
  readonly programme: Programme;
  readonly mounts: number;
  readonly warmUpS: number;
  readonly edgeArgs: readonly string[];
}

/**
 * How long a frame takes from the encoder's source to a listener, while an edge takes in all of a full load: a source that sends 128 kbit/s MP3 to
 * a `davecast encoder`, two relays, the edge, and a listener, both in this process. Icecast with as many sources is asked the same.
 *
 *     npm run bench -- latency [--mounts 250] [--warm-up-s 20] [--alone] [--json FILE] [--record] [-- OPTION OF THE EDGE…]
 */
export async function latency(args: readonly string[]): Promise<void> {
  const options = readOptions(args, { counts: { mounts: 250, warmUpS: 20 }, texts: ['json'], flags: ['alone', 'record'] });
  const { mounts, warmUpS, alone, rest } = options;
  await withDirectory('latency', async (directory) => {
    const load = { programme: await makeProgramme(directory, ENCODERS), mounts, warmUpS, edgeArgs: rest };
    const contestants: Contestant[] = [{ name: 'ours', figures: await ours(load) }];
    if (!alone && missingPrograms(['icecast2']).length === 0) contestants.push({ name: 'icecast2', figures: await icecast(load) });
    report(
      {
        bench: 'latency',
        what: [`source to listener beside ${mounts} mountpoints`, ...rest].join(', '),
        notes: [`Ours: ${ENCODERS} encoders of each mountpoint, ${RELAYS} relays; icecast2: one source each. ${SPANS} spans of ${SPAN_MS / 1_000} s.`],
        contestants,
      },
      options,
    );
  });
}

async function ours({ programme, mounts, warmUpS, edgeArgs }: Load): Promise<Contestant['figures']> {
  const network = await startOurs({ relays: RELAYS, edgeArgs });
  const load = startLoad({ programme, mounts, encoders: ENCODERS, ports: network.inPorts, protocol: 'relay', shared: false });
  const targets = network.inPorts.flatMap((port) => ['--to', `127.0.0.1:${port}`]);
  const encoder = await startDavecast(['encoder', '--mount', MOUNT, '--listen', '0', ...targets], ['source']);
  try {
    await load.connected;
    return await probe(encoder.ports.get('source')!, network.httpPort, programme, warmUpS);
  } finally {
    await encoder.stop();
    await load.stop();
    await network.stop();
  }
}

async function icecast({ programme, mounts, warmUpS }: Load): Promise<Contestant['figures']> {
  const server = await startIcecast({ listeners: 10, source: { programme, mounts } }, 'icecast2');
  try {
    return await probe(server.port, server.port, programme, warmUpS);
  } finally {
    await server.stop();
  }
}

async function probe(sourcePort: number, listenerPort: number, programme: Programme, warmUpS: number): Promise<Contestant['figures']> {
  const probe = new DelayProbe(MOUNT, readProgramme(programme)[0]![0] as Frames);
  try {
    await probe.send(sourcePort);
    await untilThere(listenerPort, MOUNT);
    probe.listen(listenerPort);
    await sleep(1_000 * warmUpS);
    probe.take();
    const spans: (readonly number[])[] = [];
    for (let span = 0; span < SPANS; span++) {
      await sleep(SPAN_MS);
      spans.push(probe.take());
    }
    const shares = { 'median': 0.5, '90 %': 0.9, '99 %': 0.99, worst: 1 };
    return {
      ...Object.fromEntries(Object.entries(shares).map(([name, share]) => [`${name}, ms`, spans.map((delays) => quantile(delays, share))])),
      'frames a second': spans.map((delays) => (delays.length * 1_000) / SPAN_MS),
    };
  } finally {
    probe.stop();
  }
}
