import { policyFor, settingsFor, type MountPolicies } from '../../../../core/config/mount-policy.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import type { ListenerAuth } from '../../../cli/mounts/listener-auth.ts';
import type { MountListeners } from '../../../cli/mounts/mount-listeners.ts';
import type { ReloadedFiles } from '../../../process/files/reloaded-files.ts';
import type { Log } from '../../../log/log.ts';
import type { Admitted, Authenticator, NotAdmitted, Unknown } from './authenticator.ts';
import { Htpasswd } from './htpasswd.ts';
import { OnePerUser } from './one-per-user.ts';
import { PasswordChecker } from './password-checker.ts';
import { ServiceClient } from '../../../icecast/auth-service/service-client.ts';
import { UrlAuth } from './url/url-auth.ts';

export interface AuthenticatorsOptions {
  readonly files: ReloadedFiles;
  readonly settings: Settings;
  readonly policies?: MountPolicies | undefined;
  /** Certificates of authorities in PEM, for services by https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  readonly log: Log;
}

/** Those of all mountpoints that have one. */
export class Authenticators {
  readonly #options: AuthenticatorsOptions;
  readonly #checker = new PasswordChecker();
  readonly #client: ServiceClient;
  readonly #all = new Map<string, Authenticator>();

  constructor(mounts: MountListeners, options: AuthenticatorsOptions) {
    this.#options = options;
    this.#client = new ServiceClient(options.ca);
    for (const [mount, { auth }] of mounts) if (auth !== undefined) this.#all.set(mount, auth.onePerUser === true ? new OnePerUser(this.#of(mount, auth)) : this.#of(mount, auth));
  }

  has(mount: string): boolean {
    return this.#all.has(mount);
  }

  /** To be asked where there is one. */
  admit(unknown: Unknown): Promise<Admitted | NotAdmitted> {
    return this.#all.get(unknown.mount)!.admit(unknown);
  }

  /** One that the authenticator of a mountpoint has admitted in another process. */
  restore(mount: string, memory: unknown): Admitted['left'] {
    return memory === undefined ? undefined : this.#all.get(mount)?.restore(memory);
  }

  async stop(limitMs: number): Promise<void> {
    await Promise.all([this.#checker.stop(), ...[...this.#all.values()].map((one) => one.stop(limitMs))]);
    this.#client.stop();
  }

  #of(mount: string, auth: ListenerAuth): Authenticator {
    const { files, settings, policies, log } = this.#options;
    if (auth.kind === 'htpasswd') return new Htpasswd(auth, files, this.#checker);
    const { listenerAuthTimeoutMs } = settingsFor(policyFor(mount, policies), settings);
    return new UrlAuth({ config: auth, mount, timeoutMs: listenerAuthTimeoutMs, client: this.#client, log });
  }
}
