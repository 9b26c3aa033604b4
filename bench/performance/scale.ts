import { markdown } from '../common/report/report.ts';
import type { Result } from '../common/report/results.ts';
import { ingestWhat, listenersWhat, type IngestSize } from '../load/plan.ts';
import { BASE, costsOf, figureOf, ingestBytes, ingestCores, messagesS, relayCores, type Costs } from './model.ts';

/** What is used of a core, and of a network: the rest is for bursts of joins, and for what else the machine does. */
const PART = 0.7;
/** A listener at 128 kbit/s: four writes a second are 15 packets with 52 bytes of TCP and IP each. */
const LISTENER_BITS = 134_000;

/** The tables of docs/scale.md, in Markdown. */
export function scalePage(results: readonly Result[]): string {
  const costs = costsOf(results);
  if (costs === undefined) return 'Not measured: `npm run bench -- performance`.';
  const parts: readonly (readonly [string, string])[] = [
    ['What one costs', eachTable(costs)],
    ['The formulas against the benches', checkTable(costs, results)],
    ['What an edge carries', edgeTable(costs)],
    ['What a relay carries', relayTable(costs)],
    ['A million listeners', fleetTable(costs)],
  ];
  return parts.map(([title, table]) => `### ${title}\n\n${table}`).join('\n\n');
}

function eachTable(costs: Costs): string {
  const { edgeMessageS, relayMessageS, subscriberMessageS, listenerCores, joinS, listenerBytes, streamBytes, edgeBytes } = costs;
  const us = (seconds: number): string => `${(1e6 * seconds).toFixed(1)} µs`;
  return markdown(
    ['', 'CPU', 'memory'],
    [
      ['edge without anything', '', megabytes(edgeBytes)],
      ['edge: a message', us(edgeMessageS), ''],
      ['edge: a stream by 2 relays', `${(100 * ingestCores({ mounts: 1, encoders: 1, relays: 2 }, costs)).toFixed(3)} % of a core`, `${Math.round(streamBytes / 1e3)} kB`],
      ['edge: a listener at 128 kbit/s', `${(100 * listenerCores).toFixed(4)} % of a core`, `${(listenerBytes / 1e3).toFixed(1)} kB`],
      ['edge: a join', us(joinS), ''],
      ['relay: a message, with one subscriber', us(relayMessageS), ''],
      ['relay: a message, for each further subscriber', subscriberMessageS === undefined ? 'not measured' : us(subscriberMessageS), ''],
    ],
  );
}

const checkedIngests: readonly IngestSize[] = [
  { ...BASE, mounts: 50 }, { ...BASE, mounts: 1_000 }, { ...BASE, relays: 1 }, { ...BASE, relays: 4 }, { ...BASE, encoders: 1 }, { ...BASE, encoders: 4 },
];
const checkedListeners = [100, 2_000, 5_000, 10_000] as const;

/** The costs are those of one size; the other sizes say whether they are the same there. */
function checkTable(costs: Costs, results: readonly Result[]): string {
  const row = (what: string, formula: number, measured: number | undefined, digits: number): string[] => [
    what, formula.toFixed(digits), measured === undefined ? 'not measured' : measured.toFixed(digits), measured === undefined || measured === 0 ? '' : (formula / measured).toFixed(2),
  ];
  return markdown(
    ['', 'formula', 'measured', 'ratio'],
    [
      ...checkedIngests.flatMap((size) => {
        const what = ingestWhat(size);
        const measured = (figure: string): number | undefined => figureOf(results, 'ingest', what, figure);
        return [
          row(`${what}: edge, cores`, ingestCores(size, costs), measured('edge, cores'), 3),
          row(`${what}: edge, MB`, ingestBytes(size, costs) / 1e6, measured('edge, MB'), 0),
          row(`${what}: a relay, cores`, relayCores(size, 1, costs), measured('relay 1, cores'), 3),
        ];
      }),
      ...checkedListeners.flatMap((count) => {
        const what = listenersWhat(count, 1);
        const measured = (figure: string): number | undefined => figureOf(results, 'listeners', what, figure);
        const [withThem, without] = [measured('cores, with listeners'), measured('cores, no listeners')];
        return [
          row(`${what}: cores for them`, count * costs.listenerCores, withThem === undefined || without === undefined ? undefined : withThem - without, 3),
          row(`${what}: CPU of the joins, s`, count * costs.joinS, measured('ramp: CPU of all joins, s'), 2),
        ];
      }),
    ],
  );
}

interface Host {
  readonly name: string;
  readonly cores: number;
  readonly gigabytes: number;
  readonly gigabits: number;
}

const hosts: readonly Host[] = [
  { name: '2 cores, 4 GB, 1 Gbit/s', cores: 2, gigabytes: 4, gigabits: 1 },
  { name: '4 cores, 8 GB, 1 Gbit/s', cores: 4, gigabytes: 8, gigabits: 1 },
  { name: '8 cores, 16 GB, 10 Gbit/s', cores: 8, gigabytes: 16, gigabits: 10 },
  { name: '16 cores, 32 GB, 25 Gbit/s', cores: 16, gigabytes: 32, gigabits: 25 },
];
const ingests: readonly IngestSize[] = [{ ...BASE, mounts: 1 }, { ...BASE, mounts: 50 }, BASE];

/** What stops first, and at how many listeners. `processes`: that share the listeners. */
export function edgeLimit(size: IngestSize, { cores, gigabytes, gigabits }: Host, costs: Costs): { readonly listeners: number; readonly by: string; readonly ofOneProcess: number } {
  const ingest = ingestCores(size, costs);
  const cpu = (available: number): number => Math.max(0, Math.floor(available / costs.listenerCores));
  const memory = Math.floor(Math.max(0, PART * 1e9 * gigabytes - ingestBytes(size, costs)) / costs.listenerBytes);
  const network = Math.floor((PART * 1e9 * gigabits) / LISTENER_BITS);
  // One process is one thread: ingest and listeners share a core. In several, each core but that of the ingest is theirs.
  const ofOneProcess = Math.min(cpu(PART - ingest), memory, network);
  const limits = { CPU: cpu(PART * cores - ingest), memory, network };
  const [by, listeners] = Object.entries(limits).reduce((least, one) => (one[1] < least[1] ? one : least));
  return { listeners, by, ofOneProcess };
}

function edgeTable(costs: Costs): string {
  const rows = ingests.flatMap((size) =>
    hosts.map((host) => {
      const { listeners, by, ofOneProcess } = edgeLimit(size, host, costs);
      return [ingestWhat(size), host.name, ingestCores(size, costs).toFixed(3), rounded(ofOneProcess), rounded(listeners), by];
    }),
  );
  return markdown(['', 'machine', 'ingest, cores', 'listeners of one process', 'if all cores serve them', 'limited by'], rows);
}

/** What an edge takes in of the base, from one relay: messages of 365 bytes on average with their length, and 4 % of TCP and IP. */
const EDGE_BITS: number = (messagesS(BASE) / BASE.relays) * 8 * 380;

function relayTable(costs: Costs): string {
  const rows = ([1, 10, 50, 100] as const).map((edges) => [
    `${edges}`,
    costs.subscriberMessageS === undefined && edges > 1 ? 'not measured' : relayCores(BASE, edges, costs).toFixed(2),
    `${Math.round((edges * EDGE_BITS) / 1e6)} Mbit/s`,
  ]);
  return markdown([`edges on ${ingestWhat(BASE)}`, 'cores', 'sent'], rows);
}

function fleetTable(costs: Costs): string {
  const million = 1_000_000;
  const rows = hosts.map((host) => {
    const { listeners, by } = edgeLimit(BASE, host, costs);
    const edges = listeners === 0 ? Infinity : Math.ceil(million / listeners);
    const relaysOfTen = Math.ceil(edges / 10);
    return [host.name, rounded(listeners), by, edges.toLocaleString('en'), relaysOfTen.toLocaleString('en'), `${((edges * BASE.relays * EDGE_BITS) / 1e9).toFixed(1)} Gbit/s`, `${Math.round((million * LISTENER_BITS) / 1e9)} Gbit/s`];
  });
  return markdown(['edges', 'listeners each', 'limited by', 'edges', 'relays, of 10 edges each, twice', 'relays to edges', 'edges to listeners'], rows);
}

function rounded(count: number): string {
  return Number(count.toPrecision(2)).toLocaleString('en');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
