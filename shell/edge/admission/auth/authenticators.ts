import type { MountListeners } from '../../../cli/mount-listeners.ts';
import type { ReloadedFiles } from '../../../files/reloaded-files.ts';
import type { Admitted, Authenticator, NotAdmitted, Unknown } from './authenticator.ts';
import { Htpasswd } from './htpasswd.ts';
import { PasswordChecker } from './password-checker.ts';

export interface AuthenticatorsOptions {
  readonly files: ReloadedFiles;
}

/** Those of all mountpoints that have one. */
export class Authenticators {
  readonly #checker = new PasswordChecker();
  readonly #all = new Map<string, Authenticator>();

  constructor(mounts: MountListeners, { files }: AuthenticatorsOptions) {
    for (const [mount, { auth }] of mounts) if (auth !== undefined) this.#all.set(mount, new Htpasswd(auth, files, this.#checker));
  }

  has(mount: string): boolean {
    return this.#all.has(mount);
  }

  /** To be asked where there is one. */
  admit(unknown: Unknown): Promise<Admitted | NotAdmitted> {
    return this.#all.get(unknown.mount)!.admit(unknown);
  }

  async stop(limitMs: number): Promise<void> {
    await Promise.all([this.#checker.stop(), ...[...this.#all.values()].map((one) => one.stop(limitMs))]);
  }
}
