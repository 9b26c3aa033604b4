import { hostname } from 'node:os';
import { answered, hasHeader, messageOf } from '../../../icecast/auth-service/answer.ts';
import { Breaker } from '../../../icecast/auth-service/breaker.ts';
import { formOf, shownUrl, type Field } from '../../../icecast/auth-service/form.ts';
import { Crowded, Lane } from '../../../icecast/auth-service/lane.ts';
import { MountNews } from '../../../icecast/auth-service/mount-news.ts';
import type { ServiceClient } from '../../../icecast/auth-service/service-client.ts';
import { ServiceHealth } from '../../../icecast/auth-service/service-health.ts';
import type { SourceAuthConfig } from '../../../icecast/auth-service/source-auth.ts';
import { urlCredentials, type Credentials } from '../../../http/auth/basic-auth.ts';
import type { Log } from '../../../log/log.ts';
import { networkOf } from '../../../net/addresses/address.ts';

/** Requests about source clients at a time, and those that wait until they can be made. */
const MAX_IN_FLIGHT = 8;
const MAX_WAITING = 256;

export interface SourceServiceOptions {
  readonly config: SourceAuthConfig;
  /** Without its leading slash. */
  readonly mount: string;
  /** For an answer. */
  readonly timeoutMs: number;
  readonly client: ServiceClient;
  readonly log: Log;
  readonly retryMs?: readonly number[];
}

/** Who asks to be a source, or sends a title as one. */
export interface SourceUnknown {
  /** Its address. */
  readonly ip: string;
  /** Of this server, that it has connected to. */
  readonly port: number;
  /** What it says of itself; undefined when it says nothing. */
  readonly credentials: Credentials | undefined;
  /** It does not send a source, but asks a page about one. */
  readonly isAdmin: boolean;
}

export type SourceVerdict = { readonly kind: 'accepted' } | { readonly kind: 'refused' | 'down' | 'crowded'; readonly why: string };

/** The web service that knows the source clients of one mountpoint. */
export class SourceService {
  readonly #options: SourceServiceOptions;
  readonly #lane = new Lane(MAX_IN_FLIGHT, MAX_WAITING);
  readonly #breaker = new Breaker();
  readonly #health: ServiceHealth;
  readonly #news: MountNews;
  #port = 0;

  constructor(options: SourceServiceOptions) {
    const { config, mount, log, retryMs } = options;
    this.#options = options;
    this.#health = new ServiceHealth({ mount, url: shownUrl(config.streamAuth ?? config.mountAdd ?? config.mountRemove), whenDown: 'refuse', about: 'sources', log });
    this.#news = new MountNews({ tell: (isThere) => this.#tell(isThere), ...(retryMs !== undefined && { retryMs }) });
  }

  /** Does not reject. To be asked where there is a `streamAuth`. */
  async ask({ ip, port, credentials, isAdmin }: SourceUnknown): Promise<SourceVerdict> {
    const { config: { streamAuth, authHeader }, client, timeoutMs } = this.#options;
    const user: readonly Field[] = [['user', credentials?.user ?? ''], ['pass', credentials?.password ?? '']];
    const body = formOf([['action', 'stream_auth'], ['mount', `/${this.#options.mount}`], ['ip', ip], ...this.#server(port), ...user, ...(isAdmin ? [['admin', '1'] as const] : [])]);
    try {
      const answer = await this.#lane.run(networkOf(ip), () => this.#breaker.run(() => client.post({ url: streamAuth!, body, credentials: this.#loginAt(streamAuth!, credentials), timeoutMs })));
      this.#health.worked();
      if (hasHeader(answer, authHeader)) return { kind: 'accepted' };
      return { kind: 'refused', why: messageOf(answer) ?? `status ${answer.status} without "${authHeader}"` };
    } catch (error) {
      const { message: why } = error as Error;
      if (error instanceof Crowded && !this.#health.isDown) return { kind: 'crowded', why };
      this.#health.failed(why);
      return { kind: 'down', why };
    }
  }

  /** The mountpoint has its first source, which has connected to this port; or it has none any more. */
  hasSource(isThere: boolean, port: number): void {
    if (isThere) this.#port = port;
    this.#news.set(isThere);
  }

  async stop(limitMs: number): Promise<void> {
    await this.#news.stop(limitMs);
  }

  async #tell(isThere: boolean): Promise<void> {
    const { config: { mountAdd, mountRemove }, client, timeoutMs, mount } = this.#options;
    const url = isThere ? mountAdd : mountRemove;
    if (url === undefined) return;
    const body = formOf([['action', isThere ? 'mount_add' : 'mount_remove'], ['mount', `/${mount}`], ...this.#server(this.#port)]);
    try {
      answered(await client.post({ url, body, credentials: this.#loginAt(url, undefined), timeoutMs }));
    } catch (error) {
      this.#health.failed((error as Error).message);
      throw error;
    }
    this.#health.worked();
  }

  #server(port: number): readonly Field[] {
    return [['server', this.#options.config.server ?? hostname()], ['port', String(port)]];
  }

  #loginAt(url: URL, source: Credentials | undefined): Credentials | undefined {
    return urlCredentials(url) ?? this.#options.config.login ?? source;
  }
}
