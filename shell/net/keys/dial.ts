import { isIP } from 'node:net';
import tls from 'node:tls';
import type { Dialled } from '../hosts/dial.ts';
import { connectOptions, type DialOptions, type TakeBytes } from '../tcp.ts';
import { codeOf, inWords } from '../../process/problems.ts';
import type { LinkSecret } from './file/entry.ts';

/**
 * TLS 1.3 with a key that both know and an exchange of keys of its own (RFC 8446, 2.2: psk_dhe_ke): who gets hold of a key later cannot read what was recorded
 * before. OpenSSL takes a key that comes from outside by these two, which both hash by SHA-256.
 */
export const tlsOfKeys: Pick<tls.SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'> = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3', ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256' };

const NO_TLS = 'the other end has no keys file';
const NOT_KNOWN = 'the other end does not know this key';
const UNANSWERED = 'the other end does not answer TLS: it has no keys file, or is no relay';

/** A connection to somebody who knows our key; who shows anything else, such as a certificate, is an 'error'. */
export function dialKeyed(to: DialOptions, { identity, psk }: LinkSecret, take: TakeBytes): Dialled {
  const socket = tls.connect({
    ...tlsOfKeys,
    ...connectOptions(to, take),
    // No authority is trusted: a certificate is good for nothing here.
    ca: [],
    checkServerIdentity: () => new Error(NOT_KNOWN),
    pskCallback: () => ({ identity, psk }),
  });
  // A connection by our key counts as one that goes on with an earlier one; any other does not.
  socket.prependOnceListener('secureConnect', () => {
    if (!socket.isSessionReused()) socket.destroy(new Error(NOT_KNOWN));
  });
  return { socket, opened: 'secureConnect', reasonOf, keyed: { unanswered: UNANSWERED, isRefusal: (reason) => refusals.has(reason) } };
}

function reasonOf(error: Error): string {
  const code = codeOf(error);
  if (/WRONG_VERSION|UNKNOWN_PROTOCOL|PACKET_LENGTH/.test(code)) return NO_TLS;
  return /ALERT|CERT|VERIFY|ISSUER|BINDER/.test(code) ? NOT_KNOWN : inWords(error);
}

const NO_CERTIFICATES = 'the other end has no --link-cert';
const NOT_TRUSTED = 'the certificate of the other end is from none of the authorities in --link-ca';
const NOT_ACCEPTED = 'the other end does not accept this certificate';
const OTHER_HOST = 'the certificate of the other end is for another host';
const EXPIRED = 'the certificate of the other end has expired';
const refusals: ReadonlySet<string> = new Set([NO_TLS, NOT_KNOWN, UNANSWERED, NO_CERTIFICATES, NOT_TRUSTED, NOT_ACCEPTED, OTHER_HOST, EXPIRED]);

/** A connection to somebody who has a certificate of one of our authorities for this host, and shows ours. */
export function dialCertified(to: DialOptions, context: tls.SecureContext, host: string, take: TakeBytes): Dialled {
  const socket = tls.connect({
    ...connectOptions(to, take),
    secureContext: context,
    ...(isIP(host) === 0 && { servername: host }),
    // We connect to an address, and the certificate is for the name that it was found by.
    checkServerIdentity: (_, certificate) => tls.checkServerIdentity(host, certificate),
  });
  return { socket, opened: 'secureConnect', reasonOf: reasonOfCertified, keyed: { unanswered: UNANSWERED, isRefusal: (reason) => refusals.has(reason) } };
}

function reasonOfCertified(error: Error): string {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return OTHER_HOST;
  if (code === 'CERT_HAS_EXPIRED') return EXPIRED;
  if (/WRONG_VERSION|UNKNOWN_PROTOCOL|PACKET_LENGTH|NO_SUITABLE_KEY_SHARE|HANDSHAKE_FAILURE/.test(code)) return NO_CERTIFICATES;
  if (/ALERT/.test(code)) return NOT_ACCEPTED;
  return /CERT|VERIFY|ISSUER/.test(code) ? NOT_TRUSTED : inWords(error);
}
