import http from 'node:http';
import https from 'node:https';
import { OPERATOR } from './allowed.ts';
import { StartError } from '../process/problems.ts';
import { connectionProblem } from '../tls/problems.ts';

const TIMEOUT_MS = 10_000;
/** Of an answer: a hundred streams take 40 kB. */
const MAX_ANSWER_BYTES = 1_048_576;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  /** What operators of the edge are called; "admin", unless given. */
  readonly user?: string | undefined;
  readonly password: string;
  /** Certificates of authorities in PEM, for https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
}

/** Asks an edge, as its operator; resolves with its JSON. Rejects with a StartError, in the edge's words, when it refuses. */
export async function askEdge(question: Question): Promise<unknown> {
  const { url } = question;
  const { status, text } = await fetchText(question);
  const answer = parse(text);
  if (answer === undefined) throw new StartError(`${url.host} answers ${status}, but not as an edge does`);
  if (status >= 400) throw new StartError(`${url.host} refused: ${messageIn(answer) ?? status}`);
  return answer;
}

/** Follows no redirects: the password is for this edge. */
async function fetchText({ method, url, user = OPERATOR, password, ca }: Question): Promise<{ readonly status: number; readonly text: string }> {
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await new Promise<http.IncomingMessage>((resolve, reject) => {
      const options = { method, auth: `${user}:${password}`, signal, ...(ca !== undefined && { ca }) };
      (url.protocol === 'https:' ? https : http).request(url, options, resolve).on('error', reject).end();
    });
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error('response too long');
      chunks.push(chunk);
    }
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    throw new StartError(`request to ${url.host} failed: ${signal.aborted ? `no answer within ${TIMEOUT_MS / 1_000} s` : connectionProblem(error)}`);
  }
}

function parse(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function messageIn(answer: object): string | undefined {
  const message = (answer as { readonly message?: unknown }).message;
  return typeof message === 'string' ? message : undefined;
}
