import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../common/accounting.ts';
import { readOptions } from '../common/options.ts';
import { report } from '../common/report/report.ts';
import type { Contestant } from '../common/report/results.ts';
import { watch } from '../common/spans.ts';
import { withDirectory } from '../common/temporary.ts';
import { startLoad } from '../load/load.ts';
import { ingestWhat, mountName, type LoadPlan } from '../load/plan.ts';
import { makeProgramme } from '../load/programme.ts';
import { ADMIN_PASSWORD, startOriginal, startOurs, type Network } from './networks.ts';
import { joinEach } from './joins.ts';
import { subscribe } from './subscribers.ts';

const SPANS = 5;
const SPAN_MS = 4_000;

/**
 * Mountpoints × encoders × relays through relay processes into an edge process, from a load process of its own that plays a real
 * programme, each mountpoint from a place of its own. Prints each process's share of a core (median of five spans of 4 s, from the operating system's accounting) and its
 * memory, once the histories are full and the streams are aligned.
 *
 *     npm run bench -- ingest [--mounts 250] [--encoders 2] [--relays 2] [--subscribers 1] [--wanted 0] [--warm-up-s 60] [--joins 0]
 *                             [--shared-connections] [--original FILE] [--node OPTION] [--json FILE] [--record] [-- OPTION OF THE EDGE…]
 *
 * --joins: then so many listeners ask, one after the other, each for a mountpoint of its own, and go when they have heard a second of it.
 * --subscribers: of each relay, the edge among them; the others read and throw away. --wanted: so many mountpoints are all that these others want; 0: everything. --original: a built `davecast` of the original, measured first. --shared-connections: the encoders of all mountpoints, the first of each, then the
 * second, have one connection to each relay. --node: an option of Node for relays and edge, such as --cpu-prof.
 */
export async function ingest(args: readonly string[]): Promise<void> {
  const options = readOptions(args, {
    counts: { mounts: 250, encoders: 2, relays: 2, subscribers: 1, warmUpS: 60, joins: 0, wanted: 0 },
    texts: ['original', 'node', 'json'],
    flags: ['sharedConnections', 'record'],
  });
  const { mounts, encoders, relays, subscribers, warmUpS, joins, wanted, original, node, sharedConnections, rest } = options;
  await withDirectory('ingest', async (directory) => {
    const programme = await makeProgramme(directory, encoders);
    const plan = { programme, mounts, encoders, protocol: 'relay', shared: sharedConnections } as const;
    const how = { plan, subscribers, warmUpS, joins, wanted };
    const theirs = original === undefined ? [] : [await measure('the original', how, await startOriginal(original, relays))];
    const nodeArgs = node === undefined ? [] : [node];
    const ours = await measure('ours', how, await startOurs({ relays, edgeArgs: rest, nodeArgs }));
    const extra = [...(subscribers === 1 ? [] : [`${subscribers} subscribers of each relay${wanted === 0 ? '' : ` that want ${wanted} mountpoints`}`]), ...(sharedConnections ? ['shared connections'] : []), ...nodeArgs, ...rest];
    report(
      {
        bench: 'ingest',
        what: [ingestWhat({ mounts, encoders, relays }), ...extra].join(', '),
        notes: [`Programme: ${programme.madeBy}. Warmed up for ${warmUpS} s; ${SPANS} spans of ${SPAN_MS / 1_000} s.`],
        contestants: [ours, ...theirs],
      },
      options,
    );
  });
}

interface How {
  readonly plan: Omit<LoadPlan, 'ports'>;
  readonly subscribers: number;
  readonly warmUpS: number;
  readonly joins: number;
  readonly wanted: number;
}

async function measure(name: string, { plan, subscribers, warmUpS, joins, wanted }: How, network: Network): Promise<Contestant> {
  const names = (count: number): readonly string[] => Array.from({ length: count }, (_, mount) => mountName(mount));
  const others = await subscribe(network.outPorts, subscribers - 1, wanted === 0 ? undefined : names(wanted));
  const load = startLoad({ ...plan, ports: network.inPorts });
  try {
    await load.connected;
    await sleep(1_000 * warmUpS);
    const pids = { ...network.pids, load: load.pid };
    const rates: number[] = [];
    load.rate();
    const { cores, residentBytes, otherCores } = await watch(pids, SPANS, SPAN_MS, () => rates.push(load.rate()));
    const figures: Record<string, readonly number[]> = {};
    for (const role of Object.keys(pids)) {
      figures[`${role}, cores`] = cores[role]!;
      figures[`${role}, MB`] = residentBytes[role]!.map((bytes) => bytes / 1e6);
    }
    figures['everything else, cores'] = otherCores;
    const joined = joins === 0 ? {} : await joinEach(network.httpPort, names(joins));
    const onAir = await mountCount(network.httpPort);
    const content = name === 'ours' ? { 'backups matched by content, %': [await matchedShare(network.httpPort, plan.mounts)] } : {};
    const usPerMessage = cores['edge']!.map((share) => (1e6 * share) / median(rates));
    return { name, figures: { 'messages/s': rates, ...figures, 'edge, µs a message': usPerMessage, ...joined, 'mountpoints on air': [onAir], ...content } };
  } finally {
    others.stop();
    await load.stop();
    await network.stop();
  }
}

async function mountCount(port: number): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/admin/streamlist.txt`);
  return (await response.text()).split(/\r?\n/).filter((line) => line !== '').length;
}

/** Of all streams that are not on air, those whose place the edge knows by what is in them. */
async function matchedShare(port: number, mounts: number): Promise<number> {
  let [matched, backups] = [0, 0];
  const headers = { authorization: `Basic ${Buffer.from(`admin:${ADMIN_PASSWORD}`).toString('base64')}` };
  for (let mount = 0; mount < mounts; mount++) {
    const response = await fetch(`http://127.0.0.1:${port}/admin/sources?mount=/${mountName(mount)}`, { headers });
    if (!response.ok) continue;
    const { sources } = (await response.json()) as { readonly sources: readonly { readonly onAir: boolean; readonly matchedBy: string | null }[] };
    for (const { matchedBy } of sources.filter(({ onAir }) => !onAir)) {
      backups++;
      if (matchedBy === 'content') matched++;
    }
  }
  return backups === 0 ? 0 : (100 * matched) / backups;
}
