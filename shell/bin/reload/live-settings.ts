import { liveSettingNames } from '../../../core/config/live-settings.ts';
import type { SettingName } from '../../../core/config/settings.ts';
import type { ProcessRole } from '../../process/app.ts';

const { edge, relay, encoder } = liveSettingNames;

const ofRoles: Readonly<Record<ProcessRole, ReadonlySet<SettingName>>> = { edge: new Set(edge), relay: new Set(relay), encoder: new Set(encoder), station: new Set([...edge, ...relay, ...encoder]) };

/** The settings that a running process takes other values of. */
export function liveSettings(role: ProcessRole): ReadonlySet<SettingName> {
  return ofRoles[role];
}
