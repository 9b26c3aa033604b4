/** One mountpoint in a master playlist. */
export interface Variant {
  /** Relative to the address of the playlist, encoded. */
  readonly uri: string;
  /** The most of any segment, and that of all of them, in bit/s. */
  readonly peakBps: number;
  readonly averageBps: number;
  readonly codecs: string;
}

/** The master playlist of one mountpoint, or of several with the same programme (RFC 8216, 4.3.4). Players begin with the first. */
export function masterPlaylist(variants: readonly Variant[]): string {
  const lines = variants.flatMap(({ uri, peakBps, averageBps, codecs }) => [
    `#EXT-X-STREAM-INF:BANDWIDTH=${peakBps},AVERAGE-BANDWIDTH=${averageBps},CODECS="${codecs}"`,
    uri,
  ]);
  return `${['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS', ...lines].join('\n')}\n`;
}
