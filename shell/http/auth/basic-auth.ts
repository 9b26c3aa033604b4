import { createHash, timingSafeEqual } from 'node:crypto';
import { percentDecodeText } from '../message/text.ts';

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** User and password of an Authorization header, undefined when it is none of the Basic kind. */
export function basicCredentials(header: string | undefined): Credentials | undefined {
  const match = /^basic +([a-z0-9+/=_-]+)$/i.exec(header ?? '');
  if (match === null) return undefined;
  const text = Buffer.from(match[1]!, 'base64').toString('utf8');
  const cut = text.indexOf(':');
  return cut < 0 ? undefined : { user: text.slice(0, cut), password: text.slice(cut + 1) };
}

/** An Authorization header of the Basic kind. */
export function basicAuthorization({ user, password }: Credentials): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

/** User and password of a URL, decoded; undefined when it has neither. */
export function urlCredentials({ username, password }: URL): Credentials | undefined {
  return username === '' && password === '' ? undefined : { user: percentDecodeText(username), password: percentDecodeText(password) };
}

/** A copy of a URL without user and password. */
export function withoutCredentials(url: URL): URL {
  const copy = new URL(url);
  copy.username = '';
  copy.password = '';
  return copy;
}

/** Takes as long for a wrong password as for the right one. */
export function samePassword(given: string, expected: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
