import type { SettingName } from '../../core/config/settings.ts';
import type { ProcessRole } from '../process/app.ts';

const none: ReadonlySet<SettingName> = new Set();

/** The settings that a running process takes other values of. */
export function liveSettings(_role: ProcessRole): ReadonlySet<SettingName> {
  return none;
}
