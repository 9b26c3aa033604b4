import type { SettingName } from './settings.ts';

/** Settings that were renamed: former name → present name. Command lines, configuration files and recordings may have the former ones. */
export const formerSettingNames: ReadonlyMap<string, SettingName> = new Map<string, SettingName>([
  ['lateMs', 'maxTimerLagMs'],
  ['loopStandsMs', 'loopBlockedMs'],
  ['loopEndMs', 'loopBlockedExitMs'],
  ['sourceSilentMs', 'sourceIdleMs'],
  ['ownerSilentMs', 'ownerIdleMs'],
  ['rhythmSpanMs', 'cadenceSpanMs'],
  ['pathSilenceMinMs', 'pathIdleMinMs'],
  ['pathSilenceMaxMs', 'pathIdleMaxMs'],
]);

/** The present name of a setting. Any other name is returned unchanged. */
export function presentName(name: string): string {
  return formerSettingNames.get(name) ?? name;
}

/** One line for the user of a former name. */
export function renamedNote(former: string, present: string): string {
  return `${former} is now called ${present}`;
}

/** The same settings, with former names replaced. */
export function withPresentNames<T extends object>(settings: T): T {
  return Object.fromEntries(Object.entries(settings).map(([name, value]) => [presentName(name), value])) as T;
}
