import { constants } from 'node:crypto';
import type tls from 'node:tls';
import type { Log } from '../../log/log.ts';
import { Certificates } from '../tls/certificates.ts';
import { PairProblem, type PairFiles } from '../tls/pair.ts';
import { peerNameOf } from './certificate-name.ts';
import { tlsOfKeys } from './dial.ts';

/** Files in PEM: the certificate of this process, as a server and as a client, its key, and the authorities of those at the other ends. */
export interface LinkFiles extends PairFiles {
  readonly ca: string;
}

/** The certificates of links: both ends show one, and trust those of their authorities alone. They are read again at SIGHUP, and when they have changed. */
export function linkCertificates(files: LinkFiles, log: Log): Certificates {
  return new Certificates({
    files: [files],
    log,
    context: linkContext,
    check: ({ certificate }) => {
      if (peerNameOf(certificate) === undefined) throw new PairProblem(`${files.cert}: has no name: the first DNS name of its subject alternative names, or else its common name, must have 1 to 64 letters, digits, dots, dashes or underscores`);
    },
  });
}

/** TLS 1.3, and no sessions to go on with: whoever does that shows neither key nor certificate. */
export const linkContext: tls.SecureContextOptions = {
  ...tlsOfKeys,
  secureOptions: constants.SSL_OP_NO_TICKET,
  // OpenSSL takes a key for such a session, too, and refuses them all without a context where certificates are asked for.
  sessionIdContext: 'davecast links',
};

/** Why the certificate that a client has shown is not good: OpenSSL's word, or that there is none; undefined when it is. */
export function verifyProblem(socket: tls.TLSSocket): string | undefined {
  // Node.js asks that of connections that servers of its own have made, and those alone have `authorized`.
  const handle = (socket as unknown as { readonly _handle?: { verifyError?(): { readonly code: string } | null } })._handle;
  if (typeof handle?.verifyError !== 'function') return 'cannot be verified';
  if (socket.getPeerX509Certificate() === undefined) return 'no certificate';
  return handle.verifyError()?.code;
}
