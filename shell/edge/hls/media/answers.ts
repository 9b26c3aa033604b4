import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { KeptReply } from '../../../http/message/kept-reply.ts';
import type { HeaderLines } from '../../../http/message/reply.ts';
import type { RequestHead } from '../../../http/message/head.ts';

/** Players of other sites read all of it. */
const cors: HeaderLines = [['Access-Control-Allow-Origin', '*'], ['Access-Control-Expose-Headers', 'Content-Length, Content-Range, Date, ETag']];

/** Of MP4 that has sound alone. */
export const FRAGMENT_TYPE = 'audio/mp4';
const PLAYLIST_TYPE = 'application/vnd.apple.mpegurl';
/** A year, as long as RFC 9111 thinks of. */
const FOREVER_S = 31_536_000;
/** A shorter text does not get smaller. */
const LEAST_GZIP_BYTES = 256;

/** A playlist, made once for all who ask for it. */
export class PlaylistText {
  readonly #bytes: Uint8Array;
  readonly etag: string;
  readonly #changedMs: number;
  #gzipped: Uint8Array | undefined;

  /** @param changedMs since when it says that, in milliseconds since 1970. */
  constructor(text: string, changedMs: number) {
    this.#bytes = Buffer.from(text);
    this.etag = `"${createHash('sha256').update(this.#bytes).digest('base64url').slice(0, 22)}"`;
    this.#changedMs = changedMs;
  }

  /** @param cache what may be done with it: `public, max-age=3`. */
  reply({ headers }: Pick<RequestHead, 'headers'>, cache: string): KeptReply {
    const isGzipped = this.#bytes.length >= LEAST_GZIP_BYTES && acceptsGzip(headers.get('accept-encoding'));
    // Two forms of it are two things to a cache (RFC 9110, 8.8.3).
    const etag = isGzipped ? this.etag.replace(/"$/, '-gzip"') : this.etag;
    const common: HeaderLines = [...validators(etag, this.#changedMs), ['Cache-Control', cache], ['Vary', 'Accept-Encoding'], ...cors];
    if (isNotModified(headers, etag, this.#changedMs)) return { status: 304, headers: common, isKept: true };
    if (!isGzipped) return { status: 200, contentType: PLAYLIST_TYPE, headers: common, bytes: this.#bytes, isKept: true };
    this.#gzipped ??= gzipSync(this.#bytes);
    return { status: 200, contentType: PLAYLIST_TYPE, headers: [...common, ['Content-Encoding', 'gzip']], bytes: this.#gzipped, isKept: true };
  }
}

export interface SegmentReplyOptions {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  readonly etag: string;
  /** When its programme was over, in milliseconds since 1970: the same at every edge, unlike the time at which an edge had it. */
  readonly endMs: number;
  /** Whether a cache may give it to others. */
  readonly isPublic: boolean;
}

/** A segment, or the part of it that is asked for: it never changes. */
export function segmentReply({ headers }: Pick<RequestHead, 'headers'>, { bytes, contentType, etag, endMs, isPublic }: SegmentReplyOptions): KeptReply {
  const common: HeaderLines = [...validators(etag, endMs), ['Cache-Control', `${isPublic ? 'public' : 'private'}, max-age=${FOREVER_S}, immutable`], ['Accept-Ranges', 'bytes'], ...cors];
  if (isNotModified(headers, etag, endMs)) return { status: 304, headers: common, isKept: true };
  const range = isRangeFor(headers, etag, endMs) ? rangeOf(headers.get('range'), bytes.length) : undefined;
  if (range === undefined) return { status: 200, contentType, headers: common, bytes, isKept: true };
  if (range === 'none') return { status: 416, headers: [['Content-Range', `bytes */${bytes.length}`], ...cors], isKept: true };
  const [from, to] = range;
  return { status: 206, contentType, headers: [...common, ['Content-Range', `bytes ${from}-${to}/${bytes.length}`]], bytes: bytes.subarray(from, to + 1), isKept: true };
}

/** What is not there, or not yet, or cannot be: no cache keeps that. */
export function missingReply(status: 400 | 404 | 503, text: string, retryAfterS?: number): KeptReply {
  const retry: HeaderLines = retryAfterS === undefined ? [] : [['Retry-After', String(retryAfterS)]];
  return { status, contentType: 'text/plain; charset=utf-8', headers: [['Cache-Control', 'no-store'], ...retry, ...cors], bytes: Buffer.from(`${text}\n`), isKept: true };
}

function validators(etag: string, changedMs: number): HeaderLines {
  return [['ETag', etag], ['Last-Modified', new Date(changedMs).toUTCString()]];
}

/** RFC 9110, 13.1: the time counts only where no tags are given. */
function isNotModified(headers: RequestHead['headers'], etag: string, changedMs: number): boolean {
  const tags = headers.get('if-none-match');
  if (tags !== undefined) return tags.trim() === '*' || tags.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
  const since = Date.parse(headers.get('if-modified-since') ?? '');
  return Number.isFinite(since) && Math.floor(changedMs / 1_000) * 1_000 <= since;
}

/** RFC 9110, 13.1.5: a part counts only of the thing that the client has another part of. */
function isRangeFor(headers: RequestHead['headers'], etag: string, changedMs: number): boolean {
  const condition = headers.get('if-range');
  if (condition === undefined) return true;
  return condition.startsWith('"') ? condition.trim() === etag : Date.parse(condition) === Math.floor(changedMs / 1_000) * 1_000;
}

/** The first and the last byte; undefined: the whole of it is given, as of ranges that we do not know, or several (RFC 9110, 14.2). */
function rangeOf(range: string | undefined, length: number): readonly [number, number] | 'none' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/i.exec(range?.trim() ?? '');
  if (match === null || length === 0) return undefined;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return undefined;
  if (first === '') return last === '0' || Number(last) === 0 ? 'none' : [Math.max(0, length - Number(last)), length - 1];
  const from = Number(first);
  if (last !== '' && Number(last) < from) return undefined;
  return from >= length ? 'none' : [from, last === '' ? length - 1 : Math.min(length - 1, Number(last))];
}

/** RFC 9110, 12.5.3: `gzip;q=0` refuses it. */
function acceptsGzip(header: string | undefined): boolean {
  return (header ?? '').split(',').some((part) => /^\s*(?:x-)?gzip\s*(?:;\s*q\s*=\s*(?:1(?:\.0*)?|0?\.\d*[1-9]\d*)\s*)?$/i.test(part));
}
