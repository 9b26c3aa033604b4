import type { Codec } from '../codec/format/format.ts';
import type { Settings } from './settings.ts';

/** What an operator wants of one mountpoint, besides the settings of the edge. Plain data. */
export interface MountPolicy {
  /** The origin that its encoder announces, or the address that a relay takes it from: listeners return to it. */
  readonly prefer?: string;
  /** Whose streams are believed to carry its programme: those whose content says so, or all that announce its name. 'content' unless given. */
  readonly trust?: 'content' | 'all';
  /** Only streams of this codec are heard; most of them decide unless given. */
  readonly codec?: Codec;
  /** What listeners hear when no stream is left. */
  readonly fallback?: Fallback;
  /** They hear it also instead of a stream that has been silent or has repeated itself for its time, when no other one carries programme. */
  readonly fallbackOnSilence?: boolean;
  /** A file of whole frames that each new listener hears first. */
  readonly intro?: string;
  /** Whether its streams have to be signed, and what is done until they are verified; as the keys of encoders say unless given: 'switch' where one is for this mountpoint. */
  readonly verify?: 'off' | 'switch' | 'hold';
  readonly settings?: MountSettings;
}

/** Another mountpoint of the same edge, without its leading slash, or a file of whole frames that is played again and again. */
export type Fallback = { readonly mount: string } | { readonly file: string };

/** By the names of mountpoints, without their leading slash. */
export type MountPolicies = Readonly<Record<string, MountPolicy>>;

/** Those of a mountpoint, or of all that have none of their own. */
export type MountSettings = Partial<Pick<Settings, MountSettingName>>;

/** The settings that a mountpoint can have of its own. */
export const mountSettingNames: readonly MountSettingName[] = [
  'silentSwitchMs',
  'frozenSwitchMs',
  'returnMs',
  'fallbackMs',
  'fallbackLeaveMs',
  'slowerWaitMs',
  'lossySwitchMs',
  'behindSwitchMs',
  'behindSettleMs',
  'resumeGraceMs',
  'mountEndMs',
  'maxListeners',
  'maxListenersPerAddress',
  'listenerDurationMs',
  'listenerAuthTimeoutMs',
];

export type MountSettingName =
  | 'silentSwitchMs'
  | 'frozenSwitchMs'
  | 'returnMs'
  | 'fallbackMs'
  | 'fallbackLeaveMs'
  | 'slowerWaitMs'
  | 'lossySwitchMs'
  | 'behindSwitchMs'
  | 'behindSettleMs'
  | 'resumeGraceMs'
  | 'mountEndMs'
  | 'maxListeners'
  | 'maxListenersPerAddress'
  | 'listenerDurationMs'
  | 'listenerAuthTimeoutMs';

/** What is wanted of one mountpoint. Its name comes from the network, and may be that of something every object has. */
export function policyFor(mount: string, policies: MountPolicies | undefined): MountPolicy | undefined {
  return policies !== undefined && Object.hasOwn(policies, mount) ? policies[mount] : undefined;
}

/**
 * Mountpoints whose fallbacks come back to where they began, the first of them again at the end; undefined when there are none.
 * @param from mountpoints to begin with.
 */
export function fallbackLoop(from: Iterable<string>, policyOf: (mount: string) => MountPolicy | undefined): readonly string[] | undefined {
  for (const first of from) {
    const way: string[] = [];
    for (let at: string | undefined = first; at !== undefined; at = fallbackMountOf(policyOf(at))) {
      const isBack = way.includes(at);
      way.push(at);
      if (isBack) return way.slice(way.indexOf(at));
    }
  }
  return undefined;
}

/** The mountpoint that is wanted as a fallback; undefined: none is. */
export function fallbackMountOf(policy: MountPolicy | undefined): string | undefined {
  return policy?.fallback !== undefined && 'mount' in policy.fallback ? policy.fallback.mount : undefined;
}

/** The file that is wanted as a fallback; undefined: none is. */
export function fallbackFileOf({ fallback }: MountPolicy): string | undefined {
  return fallback !== undefined && 'file' in fallback ? fallback.file : undefined;
}

/** The settings of one mountpoint. */
export function settingsFor(policy: MountPolicy | undefined, settings: Settings): Settings {
  return policy?.settings === undefined ? settings : { ...settings, ...policy.settings };
}
