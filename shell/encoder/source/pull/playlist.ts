/** A longer playlist is none of a station. */
const MAX_BYTES = 65_536;

/** Whether a response is a playlist, by its type, or by the name of what was asked for where the type says only that it is text. */
export function isPlaylist(contentType: string | undefined, path: string): boolean {
  const type = (contentType ?? '').split(';')[0]!.trim().toLowerCase();
  if (/mpegurl|scpls|pls\+xml|x-pls/.test(type)) return true;
  return (type === '' || type === 'text/plain' || type === 'application/octet-stream') && /\.(m3u8?|pls)$/i.test(path);
}

/** Collects a playlist, M3U or PLS, and finds the streams in it. */
export class PlaylistReader {
  readonly #base: URL;
  readonly #pieces: Buffer[] = [];
  #length = 0;

  /** @param base what relative addresses are relative to. */
  constructor(base: URL) {
    this.#base = base;
  }

  /** Bytes in any chunking, borrowed for the call; says when there are too many. */
  push(bytes: Uint8Array): string | undefined {
    this.#length += bytes.length;
    if (this.#length > MAX_BYTES) return 'playlist too long';
    this.#pieces.push(Buffer.from(bytes));
    return undefined;
  }

  /** The addresses in it, in their order, or what is wrong with it. */
  entries(): readonly URL[] | string {
    const text = Buffer.concat(this.#pieces).toString('utf8').replace(/^\uFEFF/, '');
    if (/^#EXT-X-/m.test(text)) return 'sends HLS, which is not supported';
    const lines = text.split(/\r\n|\r|\n/).map((line) => line.trim());
    const addresses = lines.some((line) => /^\[playlist\]$/i.test(line)) ? filesOf(lines) : lines.filter((line) => line !== '' && !line.startsWith('#'));
    const urls = addresses.filter((address) => URL.canParse(address, this.#base.href)).map((address) => new URL(address, this.#base));
    const usable = urls.filter(({ protocol }) => protocol === 'http:' || protocol === 'https:');
    return usable.length === 0 ? 'playlist has no http or https address' : usable;
  }
}

/** `File1=…` of a PLS, in the order of the numbers. */
function filesOf(lines: readonly string[]): string[] {
  const files = lines.flatMap((line) => {
    const match = /^File(\d+)\s*=\s*(.+)$/i.exec(line);
    return match === null ? [] : [{ number: Number(match[1]), address: match[2]! }];
  });
  return files.sort((one, other) => one.number - other.number).map(({ address }) => address);
}
