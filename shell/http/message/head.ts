import { hasControl, readHeadLines, type HeadLines } from './head-lines.ts';

/** Icecast's own clients stay far below; what is longer is no request for us. */
export const MAX_HEAD_BYTES = 8_192;

/** The lines before a body, of a request or a response. */
export interface Head extends HeadLines {
  /** A character for each byte: what it is text in, its parts know. */
  readonly firstLine: string;
}

export interface RequestHead extends Head {
  readonly method: string;
  /** As sent: still percent-encoded, with its query; a character for each byte. */
  readonly target: string;
  readonly version: string;
}

export type HeadProblem = 'head too long' | 'bad head' | 'TLS on the plain port';

const methods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'SOURCE', 'POST']);

/** Doubled until it is MAX_HEAD_BYTES: most heads fit, and those who only connect cost little. */
const FIRST_BYTES = 512;
const LF = 10;
const CR = 13;

/**
 * Collects a head from any chunking of bytes.
 *
 * A line ends with CR LF or LF alone (DarkIce), or CR CR LF (a client that writes in text mode), the head with an empty line. Empty lines in front are skipped, as
 * RFC 9112 asks of a robust server. Nothing is looked at twice, and at most MAX_HEAD_BYTES are held.
 */
export class HeadReader {
  #bytes: Uint8Array = new Uint8Array(FIRST_BYTES);
  #length = 0;
  /** Bytes of the current line, without CR. */
  #lineBytes = 0;

  /** Once the head is whole: how much of the chunk belongs to it. */
  push(chunk: Uint8Array): number | 'more' | 'head too long' {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (byte === LF && this.#lineBytes === 0) {
        if (!this.#isBlank()) return at + 1;
        this.#length = 0;
        continue;
      }
      if (this.#length === MAX_HEAD_BYTES) return 'head too long';
      if (this.#length === this.#bytes.length) this.#grow();
      this.#bytes[this.#length++] = byte;
      if (byte === LF) this.#lineBytes = 0;
      else if (byte !== CR) this.#lineBytes++;
    }
    return 'more';
  }

  /** What has come so far; borrowed. */
  get held(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  /** The head, once it is whole. */
  parse(): Head | 'bad head' {
    const [first, ...lines] = linesOf(this.#bytes.subarray(0, this.#length));
    const firstLine = Buffer.from(first!).toString('latin1').replace(/\r+$/, '');
    return hasControl(firstLine) ? 'bad head' : { firstLine, ...readHeadLines(lines) };
  }

  #grow(): void {
    const larger = new Uint8Array(2 * this.#bytes.length);
    larger.set(this.#bytes);
    this.#bytes = larger;
  }

  #isBlank(): boolean {
    return this.#length === 0 || (this.#length === 1 && this.#bytes[0] === CR);
  }
}

/** Reads the first line as that of a request: `GET /mount HTTP/1.0`. Clients that encode nothing of a title have blanks behind a question mark. */
export function requestOf(head: Head): RequestHead | 'bad head' | 'bad method' {
  const match = /^([A-Za-z]+) +([^ \t?]+(?:\?(?:[^\t]*[^ \t])?)?) +((?:HTTP|ICE)\/1\.[01]) *$/.exec(head.firstLine);
  if (match === null || head.isUnclear || !/^(chunked|identity)?$/i.test(head.headers.get('transfer-encoding') ?? '')) return 'bad head';
  const [, method = '', target = '', version = ''] = match;
  return methods.has(method) ? { ...head, method, target, version } : 'bad method';
}

/** The status in a response's first line: `HTTP/1.0 200 OK`, or `ICY 200 OK` as Shoutcast has it. */
export function statusOf(head: Head): number | undefined {
  const match = /^(?:HTTP\/1\.[01]|ICY) +(\d{3})(?: |$)/.exec(head.firstLine);
  return match === null ? undefined : Number(match[1]);
}

function linesOf(bytes: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const lf = bytes.indexOf(LF, from);
    const end = lf < 0 ? bytes.length : lf;
    lines.push(bytes.subarray(from, end > from && bytes[end - 1] === CR ? end - 1 : end));
    from = end + 1;
  }
  return lines;
}
