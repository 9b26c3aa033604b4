import type { Settings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import type { MountFigures, StreamFigures } from '../../../../core/edge/mountpoint/figures.ts';
import type { EdgeMachine } from '../../../../core/recording/recorded-edge.ts';
import type { Upstream } from '../../../net/ingress/subscriptions.ts';
import type { Collector } from '../collector.ts';
import type { MountsCounts } from './mount-counts.ts';
import { tellPaths } from './paths.ts';
import { labels, NO_LABELS, OTHERS, type Labels, type Scrape } from '../scrape.ts';

export interface EdgeToMeasure {
  readonly machine: Pick<EdgeMachine, 'mountNames' | 'figuresOf' | 'startable' | 'peers' | 'stats'>;
  /** The machine's. */
  readonly now: () => Micros;
  readonly upstreams: () => readonly Upstream[];
  readonly settings: Pick<Settings, 'edgeBytes'>;
}

/** What an edge has to tell, a mountpoint at a time. */
export function edgeCollector({ machine, now, upstreams, settings }: EdgeToMeasure, counts: MountsCounts): Collector {
  return function* collect(scrape) {
    const { streams, countedBytes } = machine.stats;
    scrape.add('davecast_edge_streams', NO_LABELS, streams);
    scrape.add('davecast_edge_startable_mounts', NO_LABELS, machine.startable(now()).length);
    scrape.add('davecast_edge_memory_bytes', NO_LABELS, countedBytes);
    scrape.add('davecast_edge_memory_limit_bytes', NO_LABELS, settings.edgeBytes);
    yield* tellPaths(scrape, 'edge', machine.peers, upstreams());
    for (const name of machine.mountNames) {
      const figures = machine.figuresOf(now(), name);
      // It may have ended since its name was told.
      if (figures !== undefined) tellMount(scrape, figures, counts);
      yield;
    }
  };
}

function tellMount(scrape: Scrape, figures: MountFigures, counts: MountsCounts): void {
  const { name, state, experience, silencedUs, redundancyLostUs, audience, bytesOut, streams } = figures;
  const mount = counts.label(scrape, name);
  const of = labels({ mount });
  scrape.add('davecast_mount_on_air', of, state === 'live' || state === 'fallback' ? 1 : 0);
  scrape.add('davecast_mount_fallback', of, state === 'fallback' ? 1 : 0);
  scrape.add('davecast_mount_streams', of, streams.length);
  scrape.add('davecast_mount_standing_by', of, streams.filter(({ isStandingBy }) => isStandingBy).length);
  for (const reason of ['switch', 'skipped'] as const) {
    const because = labels({ mount, reason });
    scrape.add('davecast_mount_missing_seconds', because, seconds(experience.missingUs[reason]));
    scrape.add('davecast_mount_repeated_seconds', because, seconds(experience.repeatedUs[reason]));
  }
  scrape.add('davecast_mount_garbled_seconds', of, seconds(silencedUs));
  scrape.add('davecast_mount_stalls', of, experience.stalls);
  scrape.add('davecast_mount_stalled_seconds', of, seconds(experience.stalledUs));
  scrape.add('davecast_mount_bytes', of, bytesOut);
  scrape.add('davecast_listeners', of, audience.listeners);
  scrape.add('davecast_listeners_peak', of, audience.listenerPeak);
  scrape.add('davecast_listeners_slow', of, audience.slowListeners);
  scrape.add('davecast_listeners_sent_bytes', of, audience.bytesOut);
  counts.seen(name);
  // Of several mountpoints together these would say nothing.
  if (mount !== OTHERS) {
    const fault = streams.find(({ isOnAir }) => isOnAir)?.contentFault;
    if (fault === 'silent' || fault === 'frozen') scrape.add('davecast_mount_fault', labels({ mount, fault }), 1);
    scrape.add('davecast_mount_buffer_seconds', of, seconds(experience.bufferedUs));
    if (redundancyLostUs !== undefined) scrape.add('davecast_mount_redundancy_lost_seconds', of, seconds(redundancyLostUs));
  }
  for (const stream of streams) tellStream(scrape, mount, stream);
}

function tellStream(scrape: Scrape, itsMount: string, figures: StreamFigures): void {
  const { id, origin, source, format, isOnAir, isHealthy, isStandingBy, aheadMs, matchedBy, agreement, earlyMessages } = figures;
  const stream = scrape.bounded('stream', id);
  const isOther = stream === OTHERS;
  const mount = isOther ? OTHERS : itsMount;
  const of = labels({ mount, stream });
  scrape.add('davecast_stream_on_air', of, isOnAir ? 1 : 0);
  scrape.add('davecast_stream_healthy', of, isHealthy ? 1 : 0);
  scrape.add('davecast_stream_standing_by', of, isStandingBy ? 1 : 0);
  scrape.add('davecast_stream_early_messages', of, earlyMessages);
  if (matchedBy !== undefined) scrape.add('davecast_stream_matched', labels({ mount, stream, by: matchedBy }), 1);
  if (isOther) return;
  scrape.add('davecast_stream', labels({ mount, stream, origin: origin ?? '', source: source ?? '', codec: format?.codec ?? '' }), 1);
  if (aheadMs !== undefined) scrape.add('davecast_stream_ahead_seconds', of, aheadMs / 1_000);
  if (agreement !== undefined) tellAgreement(scrape, of, agreement);
}

function tellAgreement(scrape: Scrape, of: Labels, { errorUs, confidence }: NonNullable<StreamFigures['agreement']>): void {
  scrape.add('davecast_stream_alignment_error_seconds', of, seconds(errorUs));
  scrape.add('davecast_stream_alignment_confidence_ratio', of, confidence);
}

/** To the microsecond. */
function seconds(us: number): number {
  return Math.round(us) / 1_000_000;
}
