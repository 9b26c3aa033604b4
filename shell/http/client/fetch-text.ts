import http from 'node:http';
import https from 'node:https';
import { connectionProblem } from '../../net/tls/problems.ts';

export interface FetchOptions {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** `user:password`, by Basic authentication; none, unless given. */
  readonly auth?: string | undefined;
  /** Certificates of authorities in PEM, for https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  readonly timeoutMs: number;
  /** A longer answer is an error. */
  readonly maxBytes: number;
}

/** Asks a server once, and resolves with its whole answer, whatever its status. It follows no redirects: the password is for this server. Rejects with an Error whose message says in one line what is wrong. */
export async function fetchText({ method, url, auth, ca, timeoutMs, maxBytes }: FetchOptions): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const options = { method, signal, ...(auth !== undefined && { auth }), ...(ca !== undefined && { ca }) };
      (url.protocol === 'https:' ? https : http).request(url, options, resolve).on('error', reject).end();
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Error('response too long');
      chunks.push(chunk);
    }
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    throw new Error(signal.aborted ? `no answer within ${timeoutMs / 1_000} s` : connectionProblem(error), { cause: error });
  }
}
