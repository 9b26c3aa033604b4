import type { TakeBytes } from '../../net/tcp.ts';

/** A chunk-size line with its extensions; a longer one is no honest client's. */
const MAX_LINE_BYTES = 256;
const LF = 10;
const CR = 13;

type State = { readonly kind: 'size' | 'after-data' | 'trailer' | 'end' } | { readonly kind: 'data'; left: number };

/** Whether a body is in chunks, by the head that stands in front of it. */
export function isChunked(headers: ReadonlyMap<string, string>): boolean {
  return /chunked$/i.test(headers.get('transfer-encoding') ?? '');
}

/** Takes the chunk sizes out of a body with `Transfer-Encoding: chunked` (RFC 9112, 7.1). */
export class Dechunker {
  readonly #take: TakeBytes;
  #state: State = { kind: 'size' };
  #line = '';

  constructor(take: TakeBytes) {
    this.#take = take;
  }

  /** The body is whole. */
  get ended(): boolean {
    return this.#state.kind === 'end';
  }

  /** Says when the bytes cannot be a chunked body; nothing more may be pushed then. */
  push(bytes: Uint8Array): 'bad chunk' | undefined {
    for (let at = 0; at < bytes.length && this.#state.kind !== 'end'; ) {
      if (this.#state.kind === 'data') {
        const end = Math.min(bytes.length, at + this.#state.left);
        this.#take(bytes.subarray(at, end));
        this.#state.left -= end - at;
        if (this.#state.left === 0) this.#state = { kind: 'after-data' };
        at = end;
        continue;
      }
      const byte = bytes[at++]!;
      if (byte === LF) {
        const next = this.#lineEnds(this.#state.kind);
        if (next === undefined) return 'bad chunk';
        this.#state = next;
        this.#line = '';
      } else if (byte !== CR) {
        if (this.#line.length === MAX_LINE_BYTES) return 'bad chunk';
        this.#line += String.fromCharCode(byte);
      }
    }
    return undefined;
  }

  #lineEnds(kind: 'size' | 'after-data' | 'trailer'): State | undefined {
    if (kind === 'after-data') return this.#line === '' ? { kind: 'size' } : undefined;
    if (kind === 'trailer') return { kind: this.#line === '' ? 'end' : 'trailer' };
    const match = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(this.#line);
    if (match === null) return undefined;
    const size = Number.parseInt(match[1]!, 16);
    return size === 0 ? { kind: 'trailer' } : { kind: 'data', left: size };
  }
}
