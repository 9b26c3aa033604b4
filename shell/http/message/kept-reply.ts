import { version } from '../../process/version.ts';
import { reasonOf, type HeaderLines } from './reply.ts';

/** An answer by HTTP/1.1 behind which the client may ask again. What caches may do with it is in its headers. */
export interface KeptReply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: HeaderLines;
  /** Kept until it is written: it must not change. */
  readonly bytes?: Uint8Array;
  readonly isKept: true;
}

/** The parts of an answer, one behind the other. To HEAD the same without its body. */
export function formatKept({ status, contentType, headers = [], bytes }: KeptReply, { method, isLast, isOld = false }: { readonly method: string; readonly isLast: boolean; readonly isOld?: boolean }): readonly (string | Uint8Array)[] {
  const hasNoBody = status === 304 || status === 204;
  const lines = [
    `HTTP/1.1 ${status} ${reasonOf(status)}`,
    `Server: Davecast/${version}`,
    `Date: ${new Date().toUTCString()}`,
    ...(isLast ? ['Connection: close'] : isOld ? ['Connection: keep-alive'] : []),
    ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(hasNoBody ? [] : [`Content-Length: ${bytes?.length ?? 0}`]),
    '\r\n',
  ].join('\r\n');
  return bytes === undefined || bytes.length === 0 || hasNoBody || method === 'HEAD' ? [lines] : [lines, bytes];
}
