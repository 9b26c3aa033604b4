/** One segment as a playlist tells of it. */
export interface Listed {
  readonly number: number;
  readonly uri: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly isGap: boolean;
  readonly isDiscontinuity: boolean;
  /** Discontinuities up to here, with its own. */
  readonly discontinuities: number;
}

/** Reads a media playlist of ours. Throws where it is none. */
export function readPlaylist(text: string): readonly Listed[] {
  if (!text.startsWith('#EXTM3U\n')) throw new Error(`no playlist: ${text.slice(0, 80)}`);
  const valueOf = (tag: string): string | undefined => new RegExp(`^#${tag}:(.+)$`, 'm').exec(text)?.[1];
  const listed: Listed[] = [];
  let number = Number(valueOf('EXT-X-MEDIA-SEQUENCE'));
  let discontinuities = Number(valueOf('EXT-X-DISCONTINUITY-SEQUENCE'));
  let tags: string[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('#')) tags.push(line);
    if (line === '' || line.startsWith('#')) continue;
    const of = (tag: string): string | undefined => tags.find((one) => one.startsWith(`#${tag}`))?.slice(tag.length + 2);
    const isDiscontinuity = tags.includes('#EXT-X-DISCONTINUITY');
    if (isDiscontinuity) discontinuities++;
    listed.push({
      number: number++,
      uri: line,
      startMs: Date.parse(of('EXT-X-PROGRAM-DATE-TIME') ?? ''),
      durationMs: 1_000 * Number.parseFloat(of('EXTINF') ?? ''),
      isGap: tags.includes('#EXT-X-GAP'),
      isDiscontinuity,
      discontinuities,
    });
    tags = [];
  }
  return listed;
}
