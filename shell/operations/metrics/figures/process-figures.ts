import { readdir, readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { ProcessRole } from '../../../process/app.ts';
import { version } from '../../../process/version.ts';
import type { LoopLag } from './loop-lag.ts';
import { labels, NO_LABELS, type Scrape } from '../scrape.ts';

export interface ProcessToMeasure {
  readonly role: ProcessRole;
  readonly lag: LoopLag;
  readonly droppedLines: () => number;
}

/** What there is to tell of the process, whatever it is. */
export function tellProcess(scrape: Scrape, { role, lag, droppedLines }: ProcessToMeasure): void {
  const { rss, heapUsed, heapTotal, external, arrayBuffers } = process.memoryUsage();
  const { user, system } = process.cpuUsage();
  const { mean, longest } = lag.figures;
  scrape.add('process_cpu_seconds', NO_LABELS, (user + system) / 1e6);
  scrape.add('process_resident_memory_bytes', NO_LABELS, rss);
  scrape.add('process_start_time_seconds', NO_LABELS, Math.round(performance.timeOrigin) / 1_000);
  for (const [kind, bytes] of Object.entries({ used: heapUsed, total: heapTotal, external, array_buffers: arrayBuffers })) scrape.add('davecast_heap_bytes', labels({ kind }), bytes);
  scrape.add('davecast_heap_limit_bytes', NO_LABELS, getHeapStatistics().heap_size_limit);
  scrape.add('davecast_event_loop_lag_mean_seconds', NO_LABELS, mean);
  scrape.add('davecast_event_loop_lag_max_seconds', NO_LABELS, longest);
  scrape.add('davecast_event_loop_active_seconds', NO_LABELS, performance.eventLoopUtilization().active / 1_000);
  scrape.add('davecast_log_lines_dropped', NO_LABELS, droppedLines());
  scrape.add('davecast_build', labels({ version, role, node: process.version.slice(1) }), 1);
}

/** Of Linux: elsewhere they are not told. */
export async function tellDescriptors(scrape: Scrape): Promise<void> {
  const [open, limits] = await Promise.all([readdir('/proc/self/fd').catch(() => undefined), readFile('/proc/self/limits', 'latin1').catch(() => '')]);
  if (open !== undefined) scrape.add('process_open_fds', NO_LABELS, open.length);
  const limit = /^Max open files +(\d+)/m.exec(limits)?.[1];
  if (limit !== undefined) scrape.add('process_max_fds', NO_LABELS, Number(limit));
}
