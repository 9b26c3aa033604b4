import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import tls from 'node:tls';
import { readSmallFile } from '../../process/files/small-file.ts';
import { inWords } from '../../process/problems.ts';

/** Files in PEM. */
export interface PairFiles {
  /** The server's certificate, and behind it those that lead to its authority. */
  readonly cert: string;
  /** The private key of the first certificate, without a passphrase. */
  readonly key: string;
  /** Certificates of the authorities of those at the other end; undefined: they are not asked for any, or those that Node.js trusts. */
  readonly ca?: string | undefined;
}

/** A certificate with its key, checked. */
export interface Pair {
  readonly files: PairFiles;
  readonly certificate: X509Certificate;
  /** What new connections are made with. */
  readonly context: tls.SecureContext;
}

/** Why files are no pair; the message names the file. */
export class PairProblem extends Error {
  override readonly name = 'PairProblem';
}

/** A chain of ten certificates takes 20 kB. */
const MAX_FILE_BYTES = 1_048_576;

/** What connections of a server are made with, besides its certificate. */
const serverContext: tls.SecureContextOptions = { minVersion: 'TLSv1.2', honorCipherOrder: true };

/** Rejects with a PairProblem. */
export async function readPair(files: PairFiles, context: tls.SecureContextOptions = serverContext): Promise<Pair> {
  const [cert, key, ca] = [await textOf(files.cert), await textOf(files.key), files.ca === undefined ? undefined : await textOf(files.ca)];
  if (ca !== undefined) certificatesIn(ca, files.ca!);
  const certificate = certificatesIn(cert, files.cert)[0]!;
  if (!certificate.checkPrivateKey(keyOf(key, files.key))) throw new PairProblem(`${files.key}: is not the key of the certificate in ${files.cert}`);
  try {
    return { files, certificate, context: tls.createSecureContext({ ...context, cert, key, ...(ca !== undefined && { ca }) }) };
  } catch (error) {
    throw new PairProblem(`${files.cert}: cannot be used: ${inWords(error)}`);
  }
}

/** What a certificate is for: `radio.example`, `*.radio.example`. */
export function namesOf({ subjectAltName, subject }: X509Certificate): string {
  return subjectAltName?.replaceAll('DNS:', '').replaceAll('IP Address:', '') ?? subject;
}

/** The last moment at which it is valid. */
export function endOf({ validTo }: X509Certificate): Date {
  return new Date(validTo);
}

function textOf(file: string): Promise<string> {
  return readSmallFile(file, { maxBytes: MAX_FILE_BYTES, encoding: 'latin1', problem: (message) => new PairProblem(message) });
}

/** All of a file, in their order, at least one. Throws a PairProblem; a file that is half written ends within one. */
export function certificatesIn(text: string, file: string): readonly X509Certificate[] {
  const begun = text.match(/-----BEGIN [A-Z0-9 ]*CERTIFICATE-----/g) ?? [];
  const whole = text.match(/-----BEGIN ([A-Z0-9 ]*CERTIFICATE)-----[^-]+-----END \1-----/g) ?? [];
  if (begun.length === 0) throw new PairProblem(`${file}: has no certificate in PEM`);
  if (whole.length < begun.length) throw new PairProblem(`${file}: ends within a certificate`);
  try {
    return whole.map((pem) => new X509Certificate(pem));
  } catch (error) {
    throw new PairProblem(`${file}: has a certificate that cannot be read: ${inWords(error)}`);
  }
}

function keyOf(text: string, file: string): KeyObject {
  if (/ENCRYPTED/.test(text)) throw new PairProblem(`${file}: is protected by a passphrase; a key without one is needed`);
  try {
    return createPrivateKey(text);
  } catch {
    throw new PairProblem(`${file}: has no whole private key in PEM`);
  }
}
