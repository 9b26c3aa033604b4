import { codeOf, inWords } from '../../process/problems.ts';

const notTrusted = 'the certificate of the server is from no trusted authority; a private one is named with --ca';

/** OpenSSL's word for an answer without TLS: in the code of an error, or, where that is EPROTO, in its message. */
const noTls = /wrong.version.number|packet.length.too.long/i;

const sentences: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate of the server has expired',
  CERT_NOT_YET_VALID: 'the certificate of the server is not valid yet, or the clock here is wrong',
  DEPTH_ZERO_SELF_SIGNED_CERT: notTrusted,
  SELF_SIGNED_CERT_IN_CHAIN: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT: notTrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: notTrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: notTrusted,
};

/** Why a connection to a server has failed: a sentence where it is its certificate, TLS or an answer that is not HTTP, else what the system said. */
export function connectionProblem(error: unknown): string {
  const code = codeOf(error);
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return otherHost(error as Error & { readonly host?: string; readonly cert?: { readonly subjectaltname?: string } });
  if (noTls.test(code === 'EPROTO' ? String(error) : code)) return 'the server does not speak TLS at this port: use http';
  // Node.js's parser of HTTP.
  if (code === 'HPE_HEADER_OVERFLOW') return 'the head of the answer is too long';
  if (code.startsWith('HPE_')) return 'the answer is not HTTP';
  return sentences[code] ?? inWords(error);
}

function otherHost({ host, cert }: { readonly host?: string; readonly cert?: { readonly subjectaltname?: string } }): string {
  // What the certificate says can be anything; what is no name is not repeated.
  const names = (cert?.subjectaltname ?? '').split(', ').map((name) => name.replace(/^(DNS|IP Address):/, '')).filter((name) => /^[\w.*:-]+$/.test(name));
  return `the certificate of the server is for ${names.slice(0, MOST_NAMES).join(', ') || 'another name'}, and not for ${host ?? 'this one'}`;
}

const MOST_NAMES = 10;
