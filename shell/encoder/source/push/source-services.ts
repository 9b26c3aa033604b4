import { ServiceClient } from '../../../icecast/auth-service/service-client.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import { lineVoice, type Reply } from '../../../http/message/reply.ts';
import { credentialsInEither } from '../../../http/auth/guards.ts';
import { GuessLimit } from '../../../http/auth/guess-limit.ts';
import type { HttpRequest } from '../../../http/request.ts';
import type { Log } from '../../../log/log.ts';
import type { Refusals } from '../../../log/refusals.ts';
import type { HasSource, SourceMount } from './connections.ts';
import { SourceService } from './source-service.ts';

export interface SourceServicesOptions {
  readonly settings: Pick<Settings, 'listenerAuthTimeoutMs'>;
  /** Certificates of authorities in PEM, for services by https, asked for each source; those that Node.js trusts, unless given. */
  readonly ca?: (() => string | undefined) | undefined;
  readonly log: Log;
  readonly refusals: Refusals;
}

const loginNeeded = lineVoice(401, 'You need to authenticate', [['WWW-Authenticate', 'Basic realm="Davecast"']]);
const tooManyGuesses = lineVoice(429, 'Too many wrong passwords: retry in a second', [['Retry-After', '1']]);
const serviceDown = lineVoice(503, 'The authentication service does not answer: try again', [['Retry-After', '10']]);
const crowded = lineVoice(503, 'Too many sources wait to be authenticated: try again', [['Retry-After', '5']]);

/** The web services that know source clients, by mountpoint. Those of mountpoints that have none are not here. */
export class SourceServices {
  readonly #options: SourceServicesOptions;
  /** That of the certificates which are to be trusted now. */
  #client: { readonly ca: string | undefined; readonly client: ServiceClient } | undefined;
  /** With the configuration that it was made of: another one makes another. */
  readonly #services = new Map<string, { readonly text: string; readonly ca: string | undefined; readonly service: SourceService }>();
  /** Those that know of a source, or did. */
  readonly #told = new Map<string, SourceService>();
  readonly #guesses = new GuessLimit();

  constructor(options: SourceServicesOptions) {
    this.#options = options;
  }

  /** Undefined for a source client that may; otherwise what it is answered. */
  async refusal(request: HttpRequest, mount: SourceMount, isAdmin: boolean): Promise<Reply | undefined> {
    const { log, refusals } = this.#options;
    const { client: { address: ip }, from, socket } = request;
    const credentials = credentialsInEither(request, 'source');
    const guess = `${mount.name}\n${credentials?.user}:${credentials?.password}`;
    if (this.#guesses.known(ip, guess, performance.now()) === 'wait') {
      refusals.count('too many wrong passwords', from);
      return tooManyGuesses;
    }
    const verdict = await this.#of(mount)!.ask({ ip, port: socket.localPort ?? 0, credentials, isAdmin });
    if (verdict.kind === 'accepted') return undefined;
    const why = verdict.kind === 'refused' ? { code: 'by-service', reason: verdict.why } as const : { code: 'service-down', reason: verdict.why } as const;
    // libshout says nothing of itself first, also before each title: that is no source that was refused.
    const isAskedFirst = credentials === undefined && verdict.kind === 'refused';
    if (isAskedFirst && !isAdmin) log({ kind: 'source-unauthorized', from });
    if (!isAskedFirst) log({ kind: 'source-refused', mount: mount.name, from, why });
    if (verdict.kind !== 'refused') return verdict.kind === 'down' ? serviceDown : crowded;
    if (credentials !== undefined) this.#guesses.wrong(ip, guess, performance.now());
    return loginNeeded;
  }

  /** See HasSource. The service that was told of the first one is told of the end, whatever is configured by then. */
  readonly hasSource: HasSource = (mount, isThere, port = 0) => {
    const service = isThere ? this.#of(mount) : this.#told.get(mount.name);
    if (service === undefined) return;
    if (isThere) this.#told.set(mount.name, service);
    service.hasSource(isThere, port);
  };

  async stop(limitMs: number): Promise<void> {
    const all = new Set([...this.#told.values(), ...[...this.#services.values()].map(({ service }) => service)]);
    await Promise.all([...all].map((service) => service.stop(limitMs)));
    this.#client?.client.stop();
  }

  #of({ name: mount, auth: config, authTimeoutMs }: SourceMount): SourceService | undefined {
    const known = this.#services.get(mount);
    const ca = this.#options.ca?.();
    const { settings, log } = this.#options;
    const timeoutMs = authTimeoutMs ?? settings.listenerAuthTimeoutMs;
    const text = JSON.stringify([config, timeoutMs]);
    if (config === undefined || (known?.text === text && known.ca === ca)) return known?.service;
    const service = new SourceService({ config, mount, timeoutMs, client: this.#clientWith(ca), log });
    this.#services.set(mount, { text, ca, service });
    return service;
  }

  #clientWith(ca: string | undefined): ServiceClient {
    if (this.#client !== undefined && this.#client.ca === ca) return this.#client.client;
    // A service that was told of a source before still uses it to tell of its end.
    this.#client?.client.retire();
    this.#client = { ca, client: new ServiceClient(ca) };
    return this.#client.client;
  }
}
