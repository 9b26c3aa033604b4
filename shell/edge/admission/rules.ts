import { policyFor, type MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { MountListeners } from '../../cli/mounts/mount-listeners.ts';
import type { Log } from '../../log/log.ts';
import { AddressRules, type AddressFiles } from '../../net/address-lists/address-rules.ts';
import { ReloadedFiles } from '../../process/files/reloaded-files.ts';
import type { Admitted, NotAdmitted, Unknown } from './auth/authenticator.ts';
import { Authenticators } from './auth/authenticators.ts';

/** Who may listen: at all mountpoints, and at single ones. */
export interface AdmissionConfig extends AddressFiles {
  readonly mounts?: MountListeners | undefined;
  /** Certificates of authorities in PEM, for authentication services by https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
}

export interface AdmissionRulesOptions {
  readonly settings: Settings;
  /** What is wanted of single mountpoints. */
  readonly policies: () => MountPolicies | undefined;
  readonly log: Log;
}

/** What one configuration says of who may listen, with its files. */
export class AdmissionRules {
  readonly files: ReloadedFiles;
  readonly #authenticators: Authenticators;
  readonly #all: AddressRules;
  readonly #mounts: ReadonlyMap<string, AddressRules>;
  /** Listeners of whom it is being found out who they are. */
  #unknown = 0;
  /** Others decide from now on: the last one of whom it is being found out ends it. */
  #end: (() => void) | undefined;

  constructor({ allow, deny, mounts = new Map(), ca }: AdmissionConfig, { settings, policies, log }: AdmissionRulesOptions) {
    this.files = new ReloadedFiles(log);
    this.#all = new AddressRules({ allow, deny }, this.files);
    this.#mounts = new Map([...mounts].map(([mount, files]) => [mount, new AddressRules(files, this.files)]));
    this.#authenticators = new Authenticators(mounts, { files: this.files, settings, policies: policies(), ca, log });
  }

  admit(address: string, mount: string): boolean {
    return this.#all.admit(address) && this.#mounts.get(mount)?.admit(address) !== false;
  }

  /** Whether listeners of a mountpoint have to say who they are. */
  asks(mount: string): boolean {
    return this.#authenticators.has(mount);
  }

  /** See Authenticators. */
  restore(mount: string, memory: unknown): Admitted['left'] {
    return this.#authenticators.restore(mount, memory);
  }

  async identify(unknown: Unknown): Promise<Admitted | NotAdmitted> {
    this.#unknown++;
    try {
      return await this.#authenticators.admit(unknown);
    } finally {
      this.#unknown--;
      if (this.#unknown === 0) this.#end?.();
    }
  }

  /** Nobody new comes. */
  retire(limitMs: number): void {
    this.#end = () => void this.stop(limitMs);
    this.files.stop();
    if (this.#unknown === 0) this.#end();
  }

  async stop(limitMs: number): Promise<void> {
    this.files.stop();
    await this.#authenticators.stop(limitMs);
  }
}

/** All that decides who may listen, as a text to compare. */
export function admissionText({ allow, deny, mounts = new Map(), ca }: AdmissionConfig, policies: MountPolicies): string {
  const timeouts = [...mounts.keys()].map((mount) => policyFor(mount, policies)?.settings?.listenerAuthTimeoutMs);
  return JSON.stringify([allow, deny, ca, timeouts, [...mounts].toSorted(([one], [other]) => (one < other ? -1 : 1))]);
}
