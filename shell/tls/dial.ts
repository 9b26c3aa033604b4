import { isIP, type TcpSocketConnectOpts } from 'node:net';
import tls from 'node:tls';
import { readInto, type DialOptions, type TakeBytes } from '../net/tcp.ts';

export interface TlsOptions extends DialOptions {
  /** Certificates of authorities in PEM, that are trusted instead of those of the system. */
  readonly ca?: string | undefined;
}

/** As `dialTcp`, by TLS: 'secureConnect' is the event to wait for. An untrusted certificate is an 'error'. */
export function dialTls({ host, port, keepAliveMs, ca }: TlsOptions, take: TakeBytes): tls.TLSSocket {
  const options: tls.ConnectionOptions & TcpSocketConnectOpts = {
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    onread: readInto(take),
    ...(isIP(host) === 0 && { servername: host }),
    ...(ca !== undefined && { ca }),
  };
  return tls.connect(options);
}
