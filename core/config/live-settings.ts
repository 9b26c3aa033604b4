import { mountSettingNames } from './mount-policy.ts';
import type { Role, SettingName, Settings } from './settings.ts';

/** What a running relay takes other values of. */
export type RelaySettings = Partial<Pick<Settings, RelaySettingName>>;

export type RelaySettingName = 'maxPaths' | 'maxPathsPerAddress' | 'firstMessageMs' | 'maxSubscribers' | 'maxSubscribersPerAddress' | 'subscriberCutMs' | 'historyMs' | 'ownerIdleMs';

export const relaySettingNames: readonly RelaySettingName[] = ['maxPaths', 'maxPathsPerAddress', 'firstMessageMs', 'maxSubscribers', 'maxSubscribersPerAddress', 'subscriberCutMs', 'historyMs', 'ownerIdleMs'];

/** The settings that a running process of a role takes other values of; all others are read when something is made of them, mostly at start. */
export const liveSettingNames: Readonly<Record<Role, readonly SettingName[]>> = {
  edge: [...mountSettingNames, 'stopMs'],
  relay: [...relaySettingNames, 'stopMs'],
  encoder: ['maxSources', 'sourceIdleMs', 'sourceTakeOverMs', 'sourceAheadMs', 'noFrameMs', 'answerTimeoutMs', 'firstFrameMs', 'listenerAuthTimeoutMs', 'announceMs', 'targetKeepMs', 'targetKeepBytes', 'targetInFlightBytes', 'targetStuckMs', 'drainMs', 'stopMs'],
};

/** Those of these names that `next` has another value of. */
export function changedSettings<Name extends SettingName>(names: readonly Name[], before: Settings, next: Settings): Partial<Pick<Settings, Name>> {
  return Object.fromEntries(names.filter((name) => next[name] !== before[name]).map((name) => [name, next[name]])) as Partial<Pick<Settings, Name>>;
}
