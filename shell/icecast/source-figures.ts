import type { MountInfo } from '../../core/edge/edge.ts';

/** By Icecast's names, in alphabetical order as it has them. */
export type Figures = Readonly<Record<string, string | number>>;

export interface SourceFacts {
  readonly listenUrl: string;
  /** When its mountpoint started, by the wall clock. */
  readonly startedAt: Date;
}

/** What Icecast tells everybody of a source. */
export function sourceFigures(mount: MountInfo, { listenUrl, startedAt }: SourceFacts): Figures {
  const said = saidOf(mount);
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

/** What the stream on air says of itself, by lower-case name. */
export function saidOf(mount: MountInfo): ReadonlyMap<string, string> {
  return new Map(mount.headers.map(([name, value]) => [name.toLowerCase(), value]));
}

export function kilobits({ bitrateBps }: MountInfo): number {
  return Math.round(bitrateBps / 1_000);
}

export function audioInfo(mount: MountInfo): string {
  const { sampleRateHz, channels } = mount.format;
  return `ice-samplerate=${sampleRateHz};ice-bitrate=${kilobits(mount)};ice-channels=${channels}`;
}

/** `Sun, 22 Nov 2026 12:46:56 +0000` */
export function longDate(date: Date): string {
  return date.toUTCString().replace('GMT', '+0000');
}

/** `2026-11-22T12:46:56+0000` */
export function isoDate(date: Date): string {
  return `${date.toISOString().slice(0, 19)}+0000`;
}
