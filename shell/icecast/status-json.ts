import type { MountInfo } from '../../core/edge/edge.ts';
import { audioInfo, kilobits } from './stream-head.ts';
import { version } from '../process/version.ts';

export interface StatusOptions {
  readonly mounts: readonly MountInfo[];
  readonly startedAt: Date;
  /** When a mountpoint started, by the wall clock. */
  readonly wallTimeOf: (mount: MountInfo) => Date;
  readonly urlOf: (mount: MountInfo) => string;
  readonly host: string;
}

/**
 * What Icecast answers to `/status-json.xsl`. Clients depend on its shape: `source` is absent when there is none, an
 * object when there is one, an array of objects when there are more.
 */
export function statusJson({ mounts, startedAt, wallTimeOf, urlOf, host }: StatusOptions): string {
  const sources = mounts.map((mount) => sourceOf(mount, urlOf(mount), wallTimeOf(mount)));
  return JSON.stringify({
    icestats: {
      admin: '',
      host,
      location: '',
      server_id: `Davecast/${version}`,
      server_start: longDate(startedAt),
      server_start_iso8601: isoDate(startedAt),
      ...(sources.length === 0 ? {} : { source: sources.length === 1 ? sources[0] : sources }),
    },
  });
}

function sourceOf(mount: MountInfo, listenUrl: string, startedAt: Date): object {
  const said = new Map(mount.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return {
    audio_info: audioInfo(mount),
    bitrate: kilobits(mount),
    channels: mount.format.channels,
    genre: said.get('icy-genre') ?? 'various',
    'ice-bitrate': kilobits(mount),
    'ice-channels': mount.format.channels,
    'ice-samplerate': mount.format.sampleRateHz,
    listener_peak: mount.listenerPeak,
    listeners: mount.listeners,
    listenurl: listenUrl,
    samplerate: mount.format.sampleRateHz,
    server_description: said.get('icy-description') ?? 'Unspecified description',
    server_name: said.get('icy-name') ?? 'Unspecified name',
    server_type: mount.contentType,
    server_url: said.get('icy-url') ?? '',
    slow_listeners: mount.slowListeners,
    stream_start: longDate(startedAt),
    stream_start_iso8601: isoDate(startedAt),
    title: mount.title,
    total_bytes_read: mount.bytesIn,
    total_bytes_sent: mount.bytesOut,
  };
}

/** `Sun, 22 Nov 2026 12:46:56 +0000` */
function longDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** `2026-11-22T12:46:56+0000` */
function isoDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}+0000`;
}
