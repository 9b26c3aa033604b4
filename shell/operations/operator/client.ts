import { fetchText } from '../../http/client/fetch-text.ts';
import { OPERATOR } from './allowed.ts';
import { StartError } from '../../process/problems.ts';

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
  const { status, text } = await answerTo(question);
  const answer = parse(text);
  if (answer === undefined) throw new StartError(`${url.host} answers ${status}, but not as an edge does`);
  if (status >= 400) throw new StartError(`${url.host} refused: ${messageIn(answer) ?? status}`);
  return answer;
}

async function answerTo({ method, url, user = OPERATOR, password, ca }: Question): Promise<{ readonly status: number; readonly text: string }> {
  try {
    return await fetchText({ method, url, auth: `${user}:${password}`, ca, timeoutMs: TIMEOUT_MS, maxBytes: MAX_ANSWER_BYTES });
  } catch (error) {
    throw new StartError(`request to ${url.host} failed: ${(error as Error).message}`);
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
