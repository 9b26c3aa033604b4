import { mountSettingNames } from '../../core/config/mount-policy.ts';
import type { SettingName } from '../../core/config/settings.ts';
import type { ProcessRole } from '../process/app.ts';

const ofMounts: ReadonlySet<SettingName> = new Set<SettingName>(mountSettingNames);
const none: ReadonlySet<SettingName> = new Set();

/** The settings that a running process takes other values of: those that single mountpoints can have of their own. */
export function liveSettings(role: ProcessRole): ReadonlySet<SettingName> {
  return role === 'edge' || role === 'station' ? ofMounts : none;
}
