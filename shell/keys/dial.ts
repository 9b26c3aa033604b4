import type { TcpSocketConnectOpts } from 'node:net';
import tls from 'node:tls';
import type { Dialled } from '../net/dial.ts';
import { readInto, type DialOptions, type TakeBytes } from '../net/tcp.ts';
import { codeOf } from '../process/problems.ts';
import type { LinkSecret } from './entry.ts';

/**
 * TLS 1.3 with a key that both know and an exchange of keys of its own (RFC 8446, 2.2: psk_dhe_ke): who gets hold of a key later cannot read what was recorded
 * before. OpenSSL takes a key that comes from outside by these two, which both hash by SHA-256.
 */
export const tlsOfKeys: Pick<tls.SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'> = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256' };

const NO_TLS = 'the other end has no keys file';
const NOT_KNOWN = 'the other end does not know this key';

/** A connection to somebody who knows our key; who shows anything else, such as a certificate, is an 'error'. */
export function dialKeyed({ host, port, keepAliveMs }: DialOptions, { identity, psk }: LinkSecret, take: TakeBytes): Dialled {
  const options: tls.ConnectionOptions & TcpSocketConnectOpts = {
    ...tlsOfKeys,
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: keepAliveMs,
    onread: readInto(take),
    // No authority is trusted: a certificate is good for nothing here.
    ca: [],
    checkServerIdentity: () => new Error(NOT_KNOWN),
    pskCallback: () => ({ identity, psk }),
  };
  const socket = tls.connect(options);
  // A connection by our key counts as one that goes on with an earlier one; any other does not.
  socket.prependOnceListener('secureConnect', () => {
    if (!socket.isSessionReused()) socket.destroy(new Error(NOT_KNOWN));
  });
  return { socket, opened: 'secureConnect', reasonOf };
}

function reasonOf(error: Error): string {
  const code = codeOf(error);
  if (/WRONG_VERSION|UNKNOWN_PROTOCOL|PACKET_LENGTH/.test(code)) return NO_TLS;
  return /ALERT|CERT|VERIFY|ISSUER|BINDER/.test(code) ? NOT_KNOWN : code;
}
