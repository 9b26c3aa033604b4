import type { MountInfo } from '../../core/edge/edge.ts';
import { element, elements, type Element } from './document.ts';
import { saidOf, sourceFigures, type Figures, type SourceFacts } from './source-figures.ts';

/** Counts of a server, since it started unless they are of now. */
export interface ServerCounts {
  /** Connections to its ports. */
  readonly connections: number;
  /** Those open now. */
  readonly clients: number;
  readonly listenerConnections: number;
  readonly sourceConnections: number;
  /** Streams that were pulled from other servers. */
  readonly relayConnections: number;
}

export interface SourceStatistics extends SourceFacts {
  readonly mount: MountInfo;
  readonly uniqueListeners: number;
  /** Its own limit, or that of the server. */
  readonly maxListeners: number;
  /** What the source on air calls itself; undefined where that is not known. */
  readonly userAgent?: string | undefined;
}

/** What `/admin/stats` answers: of the server with all of its mountpoints, then of each source that was asked for. */
export function statistics(server: Figures, { connections, clients, listenerConnections, sourceConnections, relayConnections }: ServerCounts, { all, sources }: { readonly all: readonly MountInfo[]; readonly sources: readonly SourceStatistics[] }): Element {
  const globals: Figures = {
    ...server,
    client_connections: connections,
    clients,
    connections,
    file_connections: 0,
    listener_connections: listenerConnections,
    listeners: all.reduce((sum, mount) => sum + mount.listeners, 0),
    source_client_connections: sourceConnections,
    source_relay_connections: relayConnections,
    source_total_connections: sourceConnections + relayConnections,
    sources: all.length,
    stats: 0,
    stats_connections: 0,
  };
  return element('icestats', [...elements(sorted(globals)), ...sources.map(sourceElement)]);
}

function sourceElement({ mount, uniqueListeners, maxListeners, userAgent, ...facts }: SourceStatistics): Element {
  const figures: Figures = {
    ...sourceFigures(mount, facts),
    max_listeners: maxListeners,
    public: saidOf(mount).get('icy-pub') ?? '0',
    ...(mount.liveSource !== undefined && { source_ip: mount.liveSource }),
    unique_listeners: uniqueListeners,
    ...(userAgent !== undefined && { user_agent: userAgent }),
  };
  return element('source', elements(sorted(figures)), { mount: `/${mount.name}` });
}

function sorted(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
}
