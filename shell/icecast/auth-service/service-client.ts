import http from 'node:http';
import https from 'node:https';
import { basicAuthorization, withoutCredentials, type Credentials } from '../../http/auth/basic-auth.ts';
import { version } from '../../process/version.ts';
import { connectionProblem } from '../../net/tls/problems.ts';

/** Of the body of an answer nothing is of use; a longer one costs its connection. */
const MAX_BODY_BYTES = 65_536;
const MAX_HEAD_BYTES = 16_384;

export interface ServiceRequest {
  readonly url: URL;
  /** A form, percent-encoded. */
  readonly body: string;
  readonly credentials: Credentials | undefined;
  /** For the whole answer. */
  readonly timeoutMs: number;
}

export interface ServiceAnswer {
  readonly status: number;
  /** `HTTP/1.1 200 OK` */
  readonly firstLine: string;
  /** In their order, as they were sent. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** Posts forms to a web service, by connections that are kept open. */
export class ServiceClient {
  readonly #http = new http.Agent({ keepAlive: true });
  readonly #https: https.Agent;
  #asking = 0;
  #isRetired = false;

  /** @param ca certificates of authorities in PEM; those that Node.js trusts, unless given. */
  constructor(ca?: string) {
    this.#https = new https.Agent({ keepAlive: true, ...(ca !== undefined && { ca }) });
  }

  /** Resolves with the head of the answer; rejects with an Error that says why there is none. */
  async post(request: ServiceRequest): Promise<ServiceAnswer> {
    this.#asking++;
    try {
      return await this.#post(request);
    } catch (error) {
      // The service has closed a connection that was kept open: it has not seen the request.
      if (error instanceof ServiceProblem && error.isStale) return await this.#post(request);
      throw error;
    } finally {
      this.#asking--;
      if (this.#isRetired && this.#asking === 0) this.stop();
    }
  }

  /** Another one takes its place. Who still has it can ask, but from now on no connection is kept open for longer than somebody waits for its answer. */
  retire(): void {
    this.#isRetired = true;
    if (this.#asking === 0) this.stop();
  }

  stop(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  #post({ url, body, credentials, timeoutMs }: ServiceRequest): Promise<ServiceAnswer> {
    const isTls = url.protocol === 'https:';
    const headers = {
      'User-Agent': `Davecast/${version}`,
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': Buffer.byteLength(body),
      ...(credentials !== undefined && { Authorization: basicAuthorization(credentials) }),
    };
    return new Promise((resolve, reject) => {
      // Scripts that Icecast understands end lines with LF alone, say both of how long they are, or send control characters: nothing of it is passed on.
      const options = { method: 'POST', headers, agent: isTls ? this.#https : this.#http, maxHeaderSize: MAX_HEAD_BYTES, insecureHTTPParser: true };
      // User and password are sent as a header, decoded.
      const request = (isTls ? https : http).request(withoutCredentials(url), options);
      const late = setTimeout(() => request.destroy(new Error('no answer in time')), timeoutMs);
      request.on('close', () => clearTimeout(late));
      request.on('error', (error) => {
        const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
        reject(new ServiceProblem(connectionProblem(error), isStale));
      });
      request.on('response', (response) => {
        discard(response);
        resolve(answerOf(response));
      });
      request.end(body);
    });
  }
}

class ServiceProblem extends Error {
  override readonly name = 'ServiceProblem';
  readonly isStale: boolean;

  constructor(message: string, isStale: boolean) {
    super(message);
    this.isStale = isStale;
  }
}

function discard(response: http.IncomingMessage): void {
  let bytes = 0;
  response.on('error', () => undefined);
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) response.destroy();
  });
}

function answerOf({ statusCode = 0, statusMessage = '', httpVersion, rawHeaders }: http.IncomingMessage): ServiceAnswer {
  const headers: (readonly [string, string])[] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) headers.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  return { status: statusCode, firstLine: `HTTP/${httpVersion} ${statusCode} ${statusMessage}`, headers };
}
