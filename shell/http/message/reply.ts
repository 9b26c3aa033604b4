import type net from 'node:net';
import { version } from '../../process/version.ts';

/** How long a client gets to read an answer before its connection is destroyed. */
const LINGER_MS = 2_000;

const reasons: Readonly<Record<number, string>> = {
  200: 'OK',
  202: 'Accepted',
  204: 'No Content',
  206: 'Partial Content',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Authentication Required',
  403: 'Forbidden',
  404: 'File Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export function reasonOf(status: number): string {
  return reasons[status] ?? 'OK';
}

export type HeaderLines = readonly (readonly [name: string, value: string])[];

/** What may be read of a listener's stream by a web page of another site. */
export const corsLines: HeaderLines = [
  ['Access-Control-Allow-Origin', '*'],
  ['Access-Control-Expose-Headers', 'icy-description, icy-genre, icy-name, icy-pub, icy-url, icy-br, icy-metaint, ice-audio-info'],
];

/** The head of every answer, as Icecast has it; `more` comes after what never changes. */
export function responseHead(status: number, contentType: string | undefined, more: readonly string[] = []): string {
  return [
    `HTTP/1.0 ${status} ${reasonOf(status)}`,
    `Server: Davecast/${version}`,
    'Connection: Close',
    `Date: ${new Date().toUTCString()}`,
    ...(contentType === undefined ? [] : [`Content-Type: ${contentType}`]),
    'Cache-Control: no-cache, no-store',
    'Expires: Mon, 26 Jul 1997 05:00:00 GMT',
    'Pragma: no-cache',
    ...more,
    '\r\n',
  ].join('\r\n');
}

export interface Reply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: HeaderLines;
  readonly body?: string;
}

/** A whole answer. To HEAD the same without its body. */
export function formatReply({ status, contentType, headers = [], body = '' }: Reply, method = 'GET'): string {
  const length: HeaderLines = status === 204 ? [] : [['Content-Length', String(Buffer.byteLength(body))]];
  const lines = [...headers, ...length].map(([name, value]) => `${name}: ${value}`);
  return responseHead(status, contentType, lines) + (method === 'HEAD' ? '' : body);
}

/** What a person sees who opens the wrong address in a browser. */
export function htmlReply(status: number, text: string, headers: HeaderLines = []): Reply {
  return {
    status,
    contentType: 'text/html; charset=utf-8',
    headers,
    body: `<html><head><title>Error ${status}</title></head><body><b>${status} - ${text}</b></body></html>\r\n`,
  };
}

export function textReply(status: number, body: string, headers: HeaderLines = []): Reply {
  return { status, contentType: 'text/plain; charset=utf-8', headers, body };
}

export function jsonReply(status: number, value: object, headers: HeaderLines = []): Reply {
  return { status, contentType: 'application/json; charset=UTF-8', headers, body: `${JSON.stringify(value)}\n` };
}

/** How a refusal is written for those who read it. `htmlReply` is one, for people. */
export type Voice = (status: number, text: string, headers?: HeaderLines) => Reply;

/** For source clients, some of which show it. */
export const lineVoice: Voice = (status, text, headers) => textReply(status, `${text}\r\n`, headers);

/** For programs. */
export const jsonVoice: Voice = (status, message, headers) => jsonReply(status, { message }, headers);

/** Sends the last bytes of a connection, and lets it end; the client gets so long to read them. */
export function finish(socket: net.Socket, bytes: string | Uint8Array, lingerMs: number = LINGER_MS): void {
  socket.end(bytes);
  // What the client still sends is read, or the system would answer it with a reset that overtakes our bytes.
  socket.resume();
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.on('close', () => clearTimeout(timer));
}
