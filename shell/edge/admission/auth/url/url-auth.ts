import type { UrlAuthConfig } from '../../../../cli/listener-auth.ts';
import type { Credentials } from '../../../../http/basic-auth.ts';
import { htmlReply } from '../../../../http/reply.ts';
import { percentDecodeText } from '../../../../http/text.ts';
import type { Log } from '../../../../log/log.ts';
import type { Admitted, Authenticator, NotAdmitted, Unknown } from '../authenticator.ts';
import { loginNeeded } from '../login-needed.ts';
import { hasHeader, limitMsOf, messageOf } from './answer.ts';
import { Departures } from './departures.ts';
import { ListenerForms } from './form.ts';
import { Lane } from './lane.ts';
import type { ServiceAnswer, ServiceClient } from './service-client.ts';
import { ServiceHealth } from './service-health.ts';

/** Listeners that a service is asked about at a time. */
const MAX_IN_FLIGHT = 32;
/** Listeners who wait until it can be asked about them; for further ones the service counts as down. */
const MAX_WAITING = 2_048;
/** A service that fails in this way is down; below, it has answered. */
const SERVER_ERROR = 500;
const FORBIDDEN = 403;

const serviceDown = htmlReply(503, 'The authentication service does not answer: try again', [['Retry-After', '10']]);
const refusedByService = htmlReply(403, 'You are not allowed to listen');

export interface UrlAuthOptions {
  readonly config: UrlAuthConfig;
  readonly mount: string;
  /** For an answer, with the time that is waited until the service can be asked. */
  readonly timeoutMs: number;
  readonly client: ServiceClient;
  readonly log: Log;
  /** Waits before a listener who has left is told of again. */
  readonly retryMs?: readonly number[];
}

/** Asks a web service about each listener, and tells it of each that has left: Icecast's URL authentication. */
export class UrlAuth implements Authenticator {
  readonly #options: UrlAuthOptions;
  readonly #lane = new Lane(MAX_IN_FLIGHT, MAX_WAITING);
  readonly #health: ServiceHealth;
  readonly #departures: Departures | undefined;

  constructor(options: UrlAuthOptions) {
    this.#options = options;
    const { config, mount, log, retryMs } = options;
    const { add, remove, whenDown } = config;
    this.#health = new ServiceHealth({ mount, url: shown(add ?? remove), whenDown, log });
    this.#departures = remove && new Departures({
      mount,
      url: shown(remove),
      tell: ({ form, credentials }) => this.#tell(remove, form, credentials),
      log,
      ...(retryMs !== undefined && { retryMs }),
    });
  }

  async admit(unknown: Unknown): Promise<Admitted | NotAdmitted> {
    const { config } = this.#options;
    const { add, authHeader, timelimitHeader } = config;
    const { credentials } = unknown;
    const forms = new ListenerForms(unknown, config);
    if (add === undefined) return this.#admitted(forms, credentials, undefined);
    let answer: ServiceAnswer;
    try {
      answer = await this.#ask(add, unknown, forms.add);
      if (answer.status >= SERVER_ERROR) throw new Error(`status ${answer.status}`);
    } catch (error) {
      return this.#withoutAnswer(unknown, (error as Error).message);
    }
    this.#health.worked();
    if (hasHeader(answer, authHeader)) return this.#admitted(forms, credentials, limitMsOf(answer, timelimitHeader));
    const why = messageOf(answer) ?? `status ${answer.status} without "${authHeader}"`;
    return { isAdmitted: false, why, refusal: 'refused by the authentication service', reply: answer.status === FORBIDDEN ? refusedByService : loginNeeded };
  }

  async stop(limitMs: number): Promise<void> {
    await this.#departures?.stop(limitMs);
  }

  #admitted(forms: ListenerForms, credentials: Credentials | undefined, durationMs: number | undefined): Admitted {
    if (this.#departures === undefined) return { isAdmitted: true, durationMs };
    return { isAdmitted: true, durationMs, left: (how) => this.#departures!.send({ form: forms.remove(how), credentials }) };
  }

  /** The service knows nothing of one who is admitted so, and is not told when it leaves. */
  #withoutAnswer({ isGone }: Unknown, reason: string): Admitted | NotAdmitted {
    if (!isGone()) this.#health.failed(reason);
    if (this.#options.config.whenDown === 'admit') return { isAdmitted: true };
    return { isAdmitted: false, why: `the authentication service does not answer: ${reason}`, refusal: 'the authentication service does not answer', reply: serviceDown };
  }

  async #ask(url: URL, unknown: Unknown, body: string): Promise<ServiceAnswer> {
    const { client, timeoutMs } = this.#options;
    const untilMs = performance.now() + timeoutMs;
    let isLate = false;
    const asked = this.#lane.run(async () => {
      // Nobody waits for the answer: it is not even asked.
      if (isLate || unknown.isGone()) throw new Error('the listener has gone');
      const leftMs = Math.max(1, untilMs - performance.now());
      return await client.post({ url, body, credentials: this.#loginAt(url, unknown.credentials), timeoutMs: leftMs });
    });
    if (asked === undefined) throw new Error(`${MAX_WAITING} listeners wait for it`);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        isLate = true;
        reject(new Error('no answer in time'));
      }, timeoutMs);
    });
    try {
      return await Promise.race([asked, late]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #tell(url: URL, form: string, listener: Credentials | undefined): Promise<void> {
    const { client, timeoutMs } = this.#options;
    const { status } = await client.post({ url, body: form, credentials: this.#loginAt(url, listener), timeoutMs });
    if (status >= SERVER_ERROR) throw new Error(`status ${status}`);
  }

  /** As Icecast has it: that of the address, or that of the configuration, or what the listener has said. */
  #loginAt({ username, password }: URL, listener: Credentials | undefined): Credentials | undefined {
    if (username !== '' || password !== '') return { user: percentDecodeText(username), password: percentDecodeText(password) };
    const { login } = this.#options.config;
    return login ?? listener;
  }
}

function shown(url: URL | undefined): string {
  return url === undefined ? '' : `${url.origin}${url.pathname}`;
}
