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
}

export interface SourceStatistics extends SourceFacts {
  readonly mount: MountInfo;
  readonly uniqueListeners: number;
  /** A mountpoint has no limit of its own: that of the server. */
  readonly maxListeners: number;
}

/** What `/admin/stats` answers: of the server, then of each source. */
export function statistics(server: Figures, { connections, clients, listenerConnections, sourceConnections }: ServerCounts, sources: readonly SourceStatistics[]): Element {
  const globals: Figures = {
    ...server,
    client_connections: connections,
    clients,
    connections,
    listener_connections: listenerConnections,
    listeners: sources.reduce((sum, { mount }) => sum + mount.listeners, 0),
    source_client_connections: sourceConnections,
    sources: sources.length,
    stats: 0,
  };
  return element('icestats', [...elements(sorted(globals)), ...sources.map(sourceElement)]);
}

function sourceElement({ mount, uniqueListeners, maxListeners, ...facts }: SourceStatistics): Element {
  const figures: Figures = {
    ...sourceFigures(mount, facts),
    max_listeners: maxListeners,
    public: saidOf(mount).get('icy-pub') ?? '0',
    ...(mount.liveSource !== undefined && { source_ip: mount.liveSource }),
    unique_listeners: uniqueListeners,
  };
  return element('source', elements(sorted(figures)), { mount: `/${mount.name}` });
}

function sorted(figures: Figures): Figures {
  return Object.fromEntries(Object.entries(figures).sort(([a], [b]) => (a < b ? -1 : 1)));
}
