import { Dechunker, isChunked } from '../../../http/message/dechunker.ts';
import type { Head } from '../../../http/message/head.ts';
import type { ReadBody } from './connections.ts';

/** What of a body came right behind the head. */
export function beginningOf({ headers }: Pick<Head, 'headers'>, rest: Uint8Array): Uint8Array {
  if (!isChunked(headers)) return rest;
  let beginning = rest.subarray(0, 0);
  new Dechunker((bytes) => {
    if (beginning.length === 0) beginning = bytes;
  }).push(rest);
  return beginning;
}

/** Gives on what a body has in it; says why when it is over. @param take says why when it wants no more. */
export function bodyReader({ headers }: Pick<Head, 'headers'>, take: (bytes: Uint8Array) => string | undefined): ReadBody {
  let unsupported: string | undefined;
  if (isChunked(headers)) {
    const dechunker = new Dechunker((audio) => void (unsupported ??= take(audio)));
    return (bytes) => dechunker.push(bytes) ?? unsupported ?? (dechunker.ended ? 'end of body' : undefined);
  }
  let left = Number(headers.get('content-length') ?? Number.NaN);
  // Some clients say 0, or a huge number, when they mean "until I stop".
  if (!(left > 0)) left = Number.POSITIVE_INFINITY;
  return (bytes) => {
    unsupported ??= take(bytes.subarray(0, Math.min(bytes.length, left)));
    left -= bytes.length;
    return unsupported ?? (left <= 0 ? 'end of body' : undefined);
  };
}
