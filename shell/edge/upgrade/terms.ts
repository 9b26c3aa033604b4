import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { settingNames, type SettingName, type Settings } from '../../../core/config/settings.ts';
import { FORMAT_VERSION } from '../../../core/recording/file/format.ts';
import type { EdgeWish } from '../../../core/edge/edge.ts';
import type { EdgeConfig } from '../config.ts';

/** What a saved state of an edge is true for, and what else its successor has to know. */
export interface Terms {
  readonly stateFormat: number;
  readonly workers: number;
  /** Whether listeners that are in workers can be handed over; absent in programs that could not do that. */
  readonly givesWorkers?: boolean;
  /** As they were given, 0 for any; those that are not there are absent. */
  readonly ports: { readonly bind: string; readonly http: number; readonly https?: number | undefined };
  readonly settings: Settings;
  readonly policies: MountPolicies;
  /** Which mountpoints it takes in; all, unless given. */
  readonly wish?: EdgeWish | undefined;
  /** Streams are verified. */
  readonly verifies: boolean;
  /** How listeners of mountpoints are authenticated. */
  readonly auth: Readonly<Record<string, string>>;
  /** The mountpoints on air. */
  readonly mounts: readonly string[];
}

/** A state that was made with other values of these is as good. */
const harmless: readonly SettingName[] = ['edgeBytes', 'stopMs', 'upgradeStartMs', 'upgradeTakeMs', 'upgradeDrainMs', 'loopBlockedMs', 'loopBlockedExitMs', 'recordMs', 'recordBytes', 'hlsWindowMs', 'hlsBytes', 'hlsFileBytes'];

export function termsOf({ bind, httpPort, tls, workers = 1, settings, policies = {}, wish, verify, admission }: EdgeConfig, mounts: readonly string[]): Terms {
  const auth = [...(admission?.mounts ?? [])].flatMap(([mount, listeners]) => (listeners.auth === undefined ? [] : [[mount, `${listeners.auth.kind}${listeners.auth.onePerUser === true ? ', one per user' : ''}`]]));
  return { stateFormat: FORMAT_VERSION, workers, givesWorkers: true, ports: { bind, http: httpPort, https: tls?.port }, settings, policies, wish, verifies: verify !== undefined, auth: Object.fromEntries(auth) as Terms['auth'], mounts };
}

/** Why a process with these terms cannot take over the listeners of one with those; undefined: it can. */
export function objection(own: Terms, other: Terms): string | undefined {
  if (own.stateFormat !== other.stateFormat) return `its state has format ${other.stateFormat}, and the new program reads ${own.stateFormat}`;
  if (own.workers !== other.workers) return '--workers has changed';
  if (own.workers > 1) {
    if (other.givesWorkers !== true) return 'its listeners are in workers, and it cannot give these';
    // Of listeners by TLS, which are in no worker, the numbers are others then.
    if ((own.ports.https === undefined) !== (other.ports.https === undefined)) return '--https has been added or left out, and listeners are in workers';
  }
  // One that the other program does not know yet is no change.
  const settings = settingNames.filter((name) => !harmless.includes(name) && other.settings[name] !== undefined && own.settings[name] !== other.settings[name]);
  if (settings.length > 0) return `settings have changed: ${settings.join(', ')}`;
  if (!isSame(own.policies, other.policies)) return 'the configuration of mountpoints has changed';
  if (!isSame(own.wish, other.wish)) return 'which mountpoints are taken in has changed';
  if (own.verifies !== other.verifies) return '--verify has been added or left out';
  return isSame(own.auth, other.auth) ? undefined : 'the authentication of listeners has changed';
}

/** Whether a socket that listens there can be gone on with. */
export function hasSamePorts({ ports: own }: Terms, { ports: other }: Terms): boolean {
  return own.bind === other.bind && own.http === other.http && own.https === other.https;
}

/** Of plain data, in whatever order. */
function isSame(a: unknown, b: unknown): boolean {
  return canonical(a) === canonical(b);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => (isObject(part) ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1))) : part));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
