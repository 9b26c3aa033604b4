import { version } from '../process/version.ts';
import { isoDate, longDate, type Figures } from './source-figures.ts';

export interface StatusOptions {
  /** Of each mountpoint. */
  readonly sources: readonly Figures[];
  /** Names of mountpoints that start when a listener asks: they have no figures. */
  readonly startable: readonly string[];
  readonly startedAt: Date;
  readonly host: string;
}

/**
 * What Icecast answers to `/status-json.xsl`. Clients depend on its shape: `source` is absent when there is none, an
 * object when there is one, an array of objects when there are more. `on_demand` is ours: Icecast has no such field.
 */
export function statusJson({ sources, startable, startedAt, host }: StatusOptions): string {
  return JSON.stringify({
    icestats: {
      ...serverFigures(startedAt, host),
      ...(startable.length > 0 && { on_demand: startable.map((name) => `/${name}`) }),
      ...(sources.length === 0 ? {} : { source: sources.length === 1 ? sources[0] : sources }),
    },
  });
}

/** Of the server itself. */
export function serverFigures(startedAt: Date, host: string): Figures {
  return {
    admin: '',
    host,
    location: '',
    server_id: `Davecast/${version}`,
    server_start: longDate(startedAt),
    server_start_iso8601: isoDate(startedAt),
  };
}
