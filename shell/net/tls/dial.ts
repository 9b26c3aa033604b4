import { isIP } from 'node:net';
import tls from 'node:tls';
import { connectOptions, type DialOptions, type TakeBytes } from '../tcp.ts';

export interface TlsOptions extends DialOptions {
  /** Certificates of authorities in PEM, that are trusted instead of those of the system. */
  readonly ca?: string | undefined;
}

/** As `dialTcp`, by TLS: 'secureConnect' is the event to wait for. An untrusted certificate is an 'error'. */
export function dialTls({ ca, ...to }: TlsOptions, take: TakeBytes): tls.TLSSocket {
  return tls.connect({
    ...connectOptions(to, take),
    ...(isIP(to.host) === 0 && { servername: to.host }),
    ...(ca !== undefined && { ca }),
  });
}
