import { printable } from '../../log/printable.ts';
import type { ServiceAnswer } from './service-client.ts';

const MESSAGE_HEADER = 'icecast-auth-message';
const MAX_MESSAGE = 200;
/** A year: more is as good as no limit. */
const MAX_LIMIT_S = 31_536_000;
/** A service that answers so fails; below, it has answered. */
const SERVER_ERROR = 500;

/** Throws for an answer of a service that fails. */
export function answered(answer: ServiceAnswer): ServiceAnswer {
  if (answer.status >= SERVER_ERROR) throw new Error(`status ${answer.status}`);
  return answer;
}

/**
 * Whether an answer has a header that begins as `wanted`, in capitals or not: `icecast-auth-user: 1`. Without a colon it is the first line of the
 * answer that has to begin so: `HTTP/1.1 200`.
 */
export function hasHeader(answer: ServiceAnswer, wanted: string): boolean {
  return wanted.includes(':') ? valueOf(answer, wanted) !== undefined : isBegin(wanted.trim(), answer.firstLine);
}

/** The seconds behind a header that begins as `wanted`; undefined when there are none, or no limit. */
export function limitMsOf(answer: ServiceAnswer, wanted: string): number | undefined {
  const text = valueOf(answer, wanted);
  if (text === undefined || !/^\d+/.test(text)) return undefined;
  const seconds = Math.min(MAX_LIMIT_S, Number.parseInt(text, 10));
  return seconds === 0 ? undefined : seconds * 1_000;
}

/** Why somebody is refused, in the words of the service. */
export function messageOf(answer: ServiceAnswer): string | undefined {
  const text = valueOf(answer, `${MESSAGE_HEADER}:`);
  return text === undefined || text === '' ? undefined : printable(Buffer.from(text, 'latin1').toString('utf8').slice(0, MAX_MESSAGE));
}

/** What follows `wanted`, which is the name of a header and how its value begins. */
function valueOf({ headers }: ServiceAnswer, wanted: string): string | undefined {
  const cut = wanted.indexOf(':');
  const [name, begin] = [wanted.slice(0, cut).trim().toLowerCase(), wanted.slice(cut + 1).trim()];
  const found = headers.find(([header, value]) => header.toLowerCase() === name && isBegin(begin, value));
  return found?.[1].slice(begin.length).trim();
}

function isBegin(begin: string, text: string): boolean {
  return text.slice(0, begin.length).toLowerCase() === begin.toLowerCase();
}
