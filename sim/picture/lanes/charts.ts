import type { GaugeKind } from '../../world/gauge.ts';
import type { PictureBuilder } from '../builder.ts';
import type { HueOf } from './mounts.ts';
import type { Sampler } from './sampler.ts';

interface Chart {
  readonly kind: GaugeKind;
  readonly name: string;
  readonly unit: string;
  readonly perUnit?: number;
  readonly least?: number;
}

/** A stream that is further behind the listeners is no backup: it would only make the others too small to be seen. */
const MOST_BEHIND_MS = 1_000;

/** An edge's buffers, from where messages come in to where they go out. */
const charts: readonly Chart[] = [
  { kind: 'early', name: 'early messages, held', unit: 'messages' },
  { kind: 'ring', name: 'ring of each stream', unit: 'ms' },
  { kind: 'ahead', name: 'ahead of the listeners', unit: 'ms', least: -MOST_BEHIND_MS },
  { kind: 'backlog', name: 'slowest listener is behind', unit: 'kB', perUnit: 1000 },
];

export function chartsOf(builder: PictureBuilder, group: string, edge: string, sampler: Sampler, hueOf: HueOf): void {
  for (const { kind, name, ...look } of charts) {
    builder.lane({ kind: 'buffer', group, name }).series.push(...sampler.seriesOf(edge, kind, { ...look, hueOf }));
  }
}
