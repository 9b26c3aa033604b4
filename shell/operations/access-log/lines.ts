import { printable } from '../../log/printable.ts';

/** A listener that has left. */
export interface AccessEntry {
  readonly endedAt: Date;
  readonly ip: string;
  /** Who has authenticated; undefined where nobody has to. */
  readonly user?: string | undefined;
  /** Where it was last; another one than in `request` when an operator has moved it. */
  readonly mount: string;
  /** `GET /radio HTTP/1.1`, a character for each byte. */
  readonly request: string;
  /** '-' when none was said, as `agent`. */
  readonly referer: string;
  readonly agent: string;
  /** What the system has taken, head included. */
  readonly bytes: number;
  /** From the first byte of the answer to the end. */
  readonly connectedMs: number;
  readonly reason: string;
}

export const accessLogFormats = ['combined', 'json'] as const;
export type AccessLogFormat = (typeof accessLogFormats)[number];

/** One line, with its end. */
export const accessLine: Readonly<Record<AccessLogFormat, (entry: AccessEntry) => string>> = {
  /** As Icecast writes it: `192.0.2.7 - - [22/Nov/2026:12:46:56 +0000] "GET /radio HTTP/1.1" 200 4711 "-" "VLC/3.0" 60`. */
  combined: ({ endedAt, ip, user, request, referer, agent, bytes, connectedMs }) =>
    `${ip} - ${userField(user)} [${logDate(endedAt)}] "${quoted(request)}" 200 ${bytes} "${quoted(referer)}" "${quoted(agent)}" ${seconds(connectedMs)}\n`,
  json: ({ endedAt, connectedMs, ...entry }) => `${JSON.stringify({ time: endedAt.toISOString(), ...entry, status: 200, seconds: seconds(connectedMs) })}\n`,
};

/** A field of its own, whatever somebody calls himself. */
function userField(user: string | undefined): string {
  if (user === undefined || user === '') return '-';
  return /^[\w.@+-]+$/.test(user) ? user : encodeURIComponent(user);
}

function seconds(connectedMs: number): number {
  return Math.round(connectedMs / 1_000);
}

/** What strangers say must not end its field, or the line. */
function quoted(text: string): string {
  return printable(text.replace(/["\\]/g, '\\$&'));
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

/** In local time, as in all logs of this form. */
function logDate(date: Date): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const east = -date.getTimezoneOffset();
  const zone = `${east < 0 ? '-' : '+'}${two(Math.floor(Math.abs(east) / 60))}${two(Math.abs(east) % 60)}`;
  const time = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':');
  return `${two(date.getDate())}/${months[date.getMonth()]}/${date.getFullYear()}:${time} ${zone}`;
}
