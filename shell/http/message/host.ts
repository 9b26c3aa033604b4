import type { RequestHead } from './head.ts';

/** Of those who have always asked without it: source clients, and scripts that read the figures or set the titles of a Shoutcast, `GET /7.html HTTP/1.1` and the like. */
const spared = /^\/(?:7\.html|admin\.cgi|admin\/metadata)(?:\?|$)/;
const ofListeners: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST']);

/** Whether a request lacks the Host that HTTP/1.1 asks for (RFC 9112, section 3.2). HTTP/1.0 and ICE/1.0 know of none. */
export function lacksHost({ version, method, target, headers }: Pick<RequestHead, 'version' | 'method' | 'target' | 'headers'>): boolean {
  return version === 'HTTP/1.1' && ofListeners.has(method) && !headers.has('host') && !spared.test(target);
}
