import { wellFormed } from '../../http/message/text.ts';

export type Field = readonly [name: string, value: string];

/** The body of a POST, percent-encoded. */
export function formOf(fields: readonly Field[]): string {
  return fields.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(wellFormed(value))}`).join('&');
}

/** What a service is called in the log: without user and password, and without what its address says besides. */
export function shownUrl(url: URL | undefined): string {
  return url === undefined ? '' : `${url.origin}${url.pathname}`;
}
