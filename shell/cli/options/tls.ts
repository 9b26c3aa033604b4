import { UsageError } from '../../process/problems.ts';
import { certificatesIn, PairProblem } from '../../net/tls/pair.ts';
import type { TlsConfig } from '../../net/tls/tls-port.ts';
import { listenPort } from './arguments.ts';
import { contentOf } from '../file.ts';
import type { Given, Option } from './options.ts';

/** `serves` says what there is at the port, of which the plain one is `beside`. @param needs the options without which nobody is served. */
export function tlsOptions(serves: string, beside: string, needs?: readonly string[]): readonly Option[] {
  return [
    { name: 'https', value: 'PORT', ...(needs !== undefined && { needs }), help: `port for ${serves} by TLS 1.2 or 1.3, beside that of ${beside}; needs --tls-cert and --tls-key (default: none)` },
    { name: 'tls-cert', value: 'FILE', repeated: true, needs: ['https'], help: 'certificate of this server in PEM, followed by those that lead to its authority. Given several times, each with a --tls-key, the one for the name that a client asks for is used, and the first for all other clients. Renewed files are read by themselves, and at SIGHUP' },
    { name: 'tls-key', value: 'FILE', repeated: true, needs: ['https'], help: 'private key of the --tls-cert at the same place, in PEM and without a passphrase' },
  ];
}

/** The TLS port with its certificates; undefined when there is none. */
export function tlsOf(given: Given): TlsConfig | undefined {
  const [certs, keys] = [given.all('tls-cert'), given.all('tls-key')];
  if (!given.has('https')) return undefined;
  if (certs.length === 0) throw new UsageError('--https needs --tls-cert and --tls-key');
  if (certs.length !== keys.length) throw new UsageError(`--tls-cert is given ${times(certs.length)}, --tls-key ${times(keys.length)}: each certificate needs its key`);
  return { port: listenPort('--https', given.one('https')), certificates: certs.map((cert, at) => ({ cert, key: keys[at]! })) };
}

/** `when` it is of use. */
export function caOption(when: string): Option {
  return { name: 'ca', value: 'FILE', isRead: true, help: `with ${when}: certificates of authorities in PEM, to trust instead of those that Node.js trusts` };
}

/** The certificates that --ca names, in PEM; undefined when it is not given. */
export function authoritiesOf(given: Given): string | undefined {
  const file = given.one('ca');
  if (file === undefined) return undefined;
  const text = contentOf(file, { option: '--ca', encoding: 'latin1' });
  try {
    certificatesIn(text, file);
  } catch (error) {
    throw error instanceof PairProblem ? new UsageError(`--ca: ${error.message}`) : error;
  }
  return text;
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}
