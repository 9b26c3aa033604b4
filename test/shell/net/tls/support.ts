import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import type { PairFiles } from '../../../../shell/net/tls/pair.ts';
import { RawClient } from '../../support/support.ts';

/** Made by `make.sh` there. All but `stranger` are of the authority of `ca.crt`, for localhost and 127.0.0.1, but for `one`. */
export type PairName = 'local' | 'renewed' | 'one' | 'expired' | 'stranger';

export const serials: Readonly<Record<PairName, string>> = { local: '1001', renewed: '1002', one: '1003', expired: '1004', stranger: '1005' };

export function certificateFile(name: string): string {
  return join(import.meta.dirname, 'certificates', name);
}

export function pairOf(name: PairName): PairFiles {
  return { cert: certificateFile(`${name}.crt`), key: certificateFile(`${name}.key`) };
}

/** The same for a server of Node's own. */
export function serverOptions(name: PairName): tls.TlsOptions {
  const { cert, key } = pairOf(name);
  return { cert: readFileSync(cert), key: readFileSync(key) };
}

export const ca: string = readFileSync(certificateFile('ca.crt'), 'utf8');

/** A client that trusts the authority of the tests; its certificate errors are in `socket.authorizationError`. */
export function secureClient(port: number, options: tls.ConnectionOptions = {}): RawClient & { readonly socket: tls.TLSSocket } {
  const socket = tls.connect({ port, host: '127.0.0.1', ca, allowHalfOpen: true, ...options } as tls.ConnectionOptions);
  return new RawClient(port, socket) as RawClient & { readonly socket: tls.TLSSocket };
}

/** Sends a request by TLS and gives the whole answer of a connection that the server closes. */
export async function askSecurely(port: number, request: string, options: tls.ConnectionOptions = {}): Promise<string> {
  const client = secureClient(port, options);
  client.write(request);
  await client.closed;
  return client.text;
}

/** The serial number of the certificate that a client of this name gets. */
export async function serialFor(port: number, servername: string): Promise<string> {
  const client = secureClient(port, { servername, rejectUnauthorized: false });
  await new Promise((resolve) => client.socket.once('secureConnect', resolve));
  const { serialNumber } = client.socket.getPeerCertificate();
  client.socket.destroy();
  return serialNumber;
}
