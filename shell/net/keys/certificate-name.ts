import type { X509Certificate } from 'node:crypto';
import { keyNameProblem } from './file/line.ts';

/**
 * What a peer is called that shows this certificate: the first DNS name of its subject alternative names (RFC 5280, 4.2.1.6), in small letters, or, where it has none, the common name
 * of its subject. Undefined when that is no name of a peer. Whoever shows it and whoever looks at it come to the same name without asking each other.
 */
export function peerNameOf({ subjectAltName, subject }: Pick<X509Certificate, 'subjectAltName' | 'subject'>): string | undefined {
  const names = namesIn(subjectAltName ?? '');
  const dns = names?.find(({ type }) => type === 'DNS');
  const name = dns !== undefined ? dns.text.toLowerCase() : names && /(?:^|\n)CN=([^\n]*)/.exec(subject)?.[1];
  return name !== undefined && keyNameProblem(name) === undefined ? name : undefined;
}

/** Names as Node.js writes them: `DNS:a.example, URI:"with, a comma", IP Address:192.0.2.1`. Undefined when they cannot be read. */
function namesIn(text: string): readonly { readonly type: string; readonly text: string }[] | undefined {
  const one = /([A-Za-z][A-Za-z ]*):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;
  const names: { readonly type: string; readonly text: string }[] = [];
  while (one.lastIndex < text.length) {
    const found = one.exec(text);
    if (found === null) return undefined;
    names.push({ type: found[1]!, text: found[2]! });
  }
  return names;
}
