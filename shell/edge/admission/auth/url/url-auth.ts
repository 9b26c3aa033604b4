import type { UrlAuthConfig } from '../../../../cli/mounts/listener-auth.ts';
import { urlCredentials, type Credentials } from '../../../../http/auth/basic-auth.ts';
import type { Log } from '../../../../log/log.ts';
import { networkOf } from '../../../../net/addresses/address.ts';
import type { Admitted, Authenticator, Heard, NotAdmitted, Unknown } from '../authenticator.ts';
import { loginNeeded } from '../login-needed.ts';
import { refusalReply } from '../refusal-reply.ts';
import { answered, hasHeader, limitMsOf, messageOf } from '../../../../icecast/auth-service/answer.ts';
import { Departures } from './departures.ts';
import { ListenerForms, removeForm, type KeptForm } from './form.ts';
import { Breaker } from '../../../../icecast/auth-service/breaker.ts';
import { shownUrl } from '../../../../icecast/auth-service/form.ts';
import { Crowded, Lane } from '../../../../icecast/auth-service/lane.ts';
import type { ServiceAnswer, ServiceClient } from '../../../../icecast/auth-service/service-client.ts';
import { ServiceHealth } from '../../../../icecast/auth-service/service-health.ts';

/** Listeners that a service is asked about at a time. */
const MAX_IN_FLIGHT = 32;
/** Listeners who wait until it can be asked about them; when there are more, the newest of the address that has most is told to come again. */
const MAX_WAITING = 2_048;
const FORBIDDEN = 403;

const serviceDown = refusalReply(503, 'The authentication service does not answer: try again', [['Retry-After', '10']]);
const crowded = refusalReply(503, 'Too many listeners wait to be authenticated: try again', [['Retry-After', '5']]);
const refusedByService = refusalReply(403, 'You are not allowed to listen');

export interface UrlAuthOptions {
  readonly config: UrlAuthConfig;
  readonly mount: string;
  /** For an answer; and the time that is waited at most until the service can be asked. */
  readonly timeoutMs: number;
  readonly client: ServiceClient;
  readonly log: Log;
  /** Waits before a listener who has left is told of again. */
  readonly retryMs?: readonly number[];
}

interface Memory {
  readonly kept: KeptForm;
  readonly credentials: Credentials | undefined;
}

/** Asks a web service about each listener, and tells it of each that has left: Icecast's URL authentication. */
export class UrlAuth implements Authenticator {
  readonly #options: UrlAuthOptions;
  readonly #lane = new Lane(MAX_IN_FLIGHT, MAX_WAITING);
  readonly #breaker = new Breaker();
  readonly #health: ServiceHealth;
  readonly #departures: Departures | undefined;

  constructor(options: UrlAuthOptions) {
    this.#options = options;
    const { config, mount, log, retryMs } = options;
    const { add, remove, whenDown } = config;
    this.#health = new ServiceHealth({ mount, url: shownUrl(add ?? remove), whenDown, about: 'listeners', log });
    this.#departures = remove && new Departures({
      mount,
      url: shownUrl(remove),
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
    } catch (error) {
      return this.#withoutAnswer(unknown, error as Error);
    }
    this.#health.worked();
    if (hasHeader(answer, authHeader)) return this.#admitted(forms, credentials, limitMsOf(answer, timelimitHeader));
    const why = messageOf(answer) ?? `status ${answer.status} without "${authHeader}"`;
    return { isAdmitted: false, why, refusal: 'refused by the authentication service', reply: answer.status === FORBIDDEN ? refusedByService : loginNeeded };
  }

  restore(memory: unknown): (how: Heard) => void {
    const { kept, credentials } = memory as Memory;
    return (how) => this.#departures?.send({ form: removeForm(kept, how), credentials });
  }

  async stop(limitMs: number): Promise<void> {
    await this.#departures?.stop(limitMs);
  }

  #admitted(forms: ListenerForms, credentials: Credentials | undefined, durationMs: number | undefined): Admitted {
    if (this.#departures === undefined) return { isAdmitted: true, durationMs };
    const memory: Memory = { kept: forms.kept, credentials };
    return { isAdmitted: true, durationMs, left: this.restore(memory), memory };
  }

  /** The service knows nothing of one who is admitted so, and is not told when it leaves. */
  #withoutAnswer({ isGone }: Unknown, error: Error): Admitted | NotAdmitted {
    const { message: reason } = error;
    // Many who come at once must not make a service that answers count as down: with that, somebody could get in.
    if (error instanceof Crowded && !this.#health.isDown) return { isAdmitted: false, why: 'too many wait to be authenticated', refusal: 'too many listeners wait to be authenticated', reply: crowded };
    if (!isGone()) this.#health.failed(reason);
    if (this.#options.config.whenDown === 'admit') return { isAdmitted: true };
    return { isAdmitted: false, why: `the authentication service does not answer: ${reason}`, refusal: 'the authentication service does not answer', reply: serviceDown };
  }

  /** Rejects with `Crowded` when the service was not asked. */
  #ask(url: URL, { request, credentials, isGone }: Unknown, body: string): Promise<ServiceAnswer> {
    const { client, timeoutMs } = this.#options;
    return new Promise((resolve, reject) => {
      let isOver = false;
      const late = setTimeout(() => {
        isOver = true;
        reject(new Crowded('no time for it'));
      }, timeoutMs);
      const ask = async (): Promise<ServiceAnswer> => {
        clearTimeout(late);
        if (isOver || isGone()) throw new Crowded('nobody waits for the answer');
        return await this.#breaker.run(() => client.post({ url, body, credentials: this.#loginAt(url, credentials), timeoutMs }));
      };
      this.#lane.run(networkOf(request.client.address), ask).then(resolve, reject).finally(() => clearTimeout(late));
    });
  }

  async #tell(url: URL, form: string, listener: Credentials | undefined): Promise<void> {
    const { client, timeoutMs } = this.#options;
    answered(await client.post({ url, body: form, credentials: this.#loginAt(url, listener), timeoutMs }));
  }

  /** As Icecast has it: that of the address, or that of the configuration, or what the listener has said. */
  #loginAt(url: URL, listener: Credentials | undefined): Credentials | undefined {
    return urlCredentials(url) ?? this.#options.config.login ?? listener;
  }
}
