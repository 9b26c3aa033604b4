import type { Collector } from '../collector.ts';
import type { MountsCounts } from './mount-counts.ts';
import { labels, NO_LABELS } from '../scrape.ts';

/** How many segments of a mountpoint were made. */
export interface SegmentCounts {
  readonly mount: string;
  readonly programme: number;
  readonly gap: number;
}

export interface HlsToMeasure {
  readonly memoryBytes: number;
  readonly fileBytes: number;
  readonly made: Iterable<SegmentCounts>;
  /** By mountpoint. */
  readonly listeners: Iterable<readonly [mount: string, listeners: number]>;
}

/** What an edge with HLS has to tell. */
export function hlsCollector(figures: () => HlsToMeasure, counts: MountsCounts): Collector {
  return function* collect(scrape) {
    const { memoryBytes, fileBytes, made, listeners } = figures();
    scrape.add('davecast_hls_memory_bytes', NO_LABELS, memoryBytes);
    scrape.add('davecast_hls_files_bytes', NO_LABELS, fileBytes);
    for (const { mount: name, programme, gap } of made) {
      const mount = counts.label(scrape, name);
      scrape.add('davecast_hls_segments', labels({ mount, content: 'programme' }), programme);
      scrape.add('davecast_hls_segments', labels({ mount, content: 'gap' }), gap);
    }
    yield;
    for (const [name, count] of listeners) scrape.add('davecast_hls_listeners', labels({ mount: counts.label(scrape, name) }), count);
  };
}
