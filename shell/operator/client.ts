import { codeOf, StartError } from '../process/problems.ts';

const TIMEOUT_MS = 10_000;
/** Of an answer: a hundred streams take 40 kB. */
const MAX_ANSWER_BYTES = 1_048_576;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: URL;
  readonly password: string;
}

/** Asks an edge, as its operator; resolves with its JSON. Rejects with a StartError, in the edge's words, when it refuses. */
export async function askEdge({ method, url, password }: Question): Promise<unknown> {
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const { status, text } = await fetchText(url, { method, headers: { authorization }, redirect: 'error', signal: AbortSignal.timeout(TIMEOUT_MS) });
  const answer = parse(text);
  if (answer === undefined) throw new StartError(`${url.host} answers ${status}, but not as an edge does`);
  if (status >= 400) throw new StartError(`${url.host} refused: ${messageIn(answer) ?? status}`);
  return answer;
}

async function fetchText(url: URL, init: RequestInit): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, init);
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of response.body ?? []) {
      bytes += chunk.length;
      if (bytes > MAX_ANSWER_BYTES) throw new Error('response too long');
      chunks.push(chunk);
    }
    return { status: response.status, text: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    throw new StartError(`request to ${url.host} failed: ${reasonOf(error)}`);
  }
}

/** Node says "fetch failed", and why in its cause. */
function reasonOf(error: unknown): string {
  if (error instanceof DOMException) return `no answer within ${TIMEOUT_MS / 1_000} s`;
  return codeOf(error instanceof Error ? (error.cause ?? error) : error);
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
