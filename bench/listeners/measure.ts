import { setTimeout as sleep } from 'node:timers/promises';
import { descriptorsOf, median, usageOf } from '../common/accounting.ts';
import { quantile } from '../common/quantiles.ts';
import { watch } from '../common/spans.ts';
import type { Client } from './client.ts';
import type { Joined } from './orders.ts';

const IDLE_SPANS = 3;
const SPANS = 4;
const SPAN_MS = 4_000;
/** After the joins: players' first seconds are over. */
const SETTLE_MS = 5_000;
/** After all have left. */
const AFTER_MS = 3_000;

/** What a server's listeners cost and get, by figure: one round of a ramp, a while with all of them, and a storm. */
export async function measureListeners(pid: number, client: Client, { count, rampMs }: { readonly count: number; readonly rampMs: number }): Promise<Record<string, readonly number[]>> {
  const before = descriptorsOf(pid).open;
  const idle = await watch({ server: pid }, IDLE_SPANS, SPAN_MS / 2);
  const idleCores = median(idle.cores['server']!);
  const ramp = await measureJoins(pid, client, count, rampMs);
  await sleep(SETTLE_MS);
  await client.restart();
  const { cores, residentBytes, otherCores } = await watch({ server: pid, client: client.pid }, SPANS, SPAN_MS);
  const { reads, bytes, elapsedMs, gapsMs, lost } = await client.tell();
  await client.leave();
  await sleep(AFTER_MS);
  const leftBehind = descriptorsOf(pid).open - before;
  const storm = await measureJoins(pid, client, count, 0);
  await client.leave();
  await sleep(AFTER_MS);
  const eachSecond = 1_000 / (count * elapsedMs);
  return {
    'cores, no listeners': idle.cores['server']!,
    'cores, with listeners': cores['server']!,
    'cores per 1,000 listeners': cores['server']!.map((share) => ((share - idleCores) * 1_000) / count),
    'MB, no listeners': [idle.residentBytes['server']!.at(-1)! / 1e6],
    'MB, with listeners': residentBytes['server']!.map((resident) => resident / 1e6),
    'kB a listener': residentBytes['server']!.map((resident) => (resident - idle.residentBytes['server']!.at(-1)!) / (1e3 * count)),
    'writes a listener and second': [reads * eachSecond],
    'kbit/s a listener': [(8 * bytes * eachSecond) / 1_000],
    'largest gap, median listener, ms': [quantile(gapsMs, 0.5)],
    'largest gap, 99 %, ms': [quantile(gapsMs, 0.99)],
    'largest gap, worst, ms': [quantile(gapsMs, 1)],
    ...joinFigures('ramp', ramp, count),
    ...joinFigures('storm', storm, count),
    'listeners that failed': [ramp.failed + storm.failed + lost],
    'descriptors left behind': [leftBehind],
    'client, cores': cores['client']!,
    'everything else, cores': otherCores,
  };
}

interface Joins extends Joined {
  readonly cpuMs: number;
}

/** What the server used from the first connection until the last had its audio. */
async function measureJoins(pid: number, client: Client, count: number, overMs: number): Promise<Joins> {
  const before = usageOf(pid).cpuMs;
  const joined = await client.join(count, overMs);
  return { ...joined, cpuMs: usageOf(pid).cpuMs - before };
}

function joinFigures(name: string, { cpuMs, firstAudioMs }: Joins, count: number): Record<string, readonly number[]> {
  return {
    [`${name}: CPU of all joins, s`]: [cpuMs / 1_000],
    [`${name}: CPU of a join, ms`]: [cpuMs / count],
    [`${name}: first audio, median, ms`]: [quantile(firstAudioMs, 0.5)],
    [`${name}: first audio, 99 %, ms`]: [quantile(firstAudioMs, 0.99)],
    [`${name}: first audio, last, ms`]: [quantile(firstAudioMs, 1)],
  };
}
