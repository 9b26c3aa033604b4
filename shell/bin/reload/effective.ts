import { readFileSync } from 'node:fs';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { MOUNTS_KEY, optionsInFiles } from '../../cli/config/config-file.ts';
import { settingNamesOf, type GivenWithFile } from '../../cli/config/config.ts';
import type { Option } from '../../cli/options/options.ts';
import { keyOf } from '../../cli/options/renamed.ts';
import type { IcecastConfig } from '../../icecast/config/icecast-config.ts';
import type { ProcessRole } from '../../process/app.ts';
import { keyText } from '../../cli/yaml/document.ts';
import { liveSettings } from './live-settings.ts';
import type { Effective } from './reloader.ts';

export interface EffectiveOptions {
  readonly role: ProcessRole;
  readonly given: GivenWithFile;
  readonly options: readonly Option[];
  readonly settings: Settings;
  readonly icecast?: IcecastConfig | undefined;
}

/** Of an icecast.xml: passwords, lists of addresses, the access log and what is said of mountpoints change as those of a configuration file do. */
const liveOfIcecast: ReadonlySet<string> = new Set<keyof IcecastConfig>(['sourcePassword', 'adminUser', 'adminPassword', 'trustedProxies', 'allow', 'deny', 'accessLog', 'mounts', 'policies', 'listeners', 'pulled', 'logLevel']);

/** All that is configured otherwise than by default, by key. */
export function effectiveOf({ role, given, options, settings, icecast }: EffectiveOptions): ReadonlyMap<string, Effective> {
  const entries: [string, Effective][] = [];
  for (const option of optionsInFiles(options)) {
    const texts = given.all(option.name);
    if (texts.length > 0) entries.push([keyOf(option.name), { value: JSON.stringify([...texts, ...(option.isRead === true ? texts.map(contentOf) : [])]), isLive: option.isLive === true }]);
  }
  for (const name of settingNamesOf(role)) {
    if (settings[name] !== defaultSettings[name]) entries.push([name, { value: String(settings[name]), isLive: liveSettings(role).has(name) }]);
  }
  if (given.file !== undefined && role !== 'relay') {
    const { policies, sources, listeners } = given.file;
    const names = new Set([...Object.keys(policies), ...sources.keys(), ...listeners.keys()]);
    for (const name of names) {
      const said = [...(role === 'encoder' ? [] : [Object.hasOwn(policies, name) && policies[name], listeners.get(name)]), ...(role === 'edge' ? [] : [sources.get(name)])];
      entries.push([keyText(MOUNTS_KEY, name), { value: JSON.stringify(said), isLive: true }]);
    }
  }
  for (const [key, value] of Object.entries(icecast ?? {})) {
    if (key !== 'settings' && key !== 'notes') entries.push([`icecastConfig.${key}`, { value: JSON.stringify(value instanceof Map ? [...value] : value), isLive: liveOfIcecast.has(key) }]);
  }
  return new Map(entries);
}

/** Of a file whose content counts. What is wrong with it is said where it is used. */
function contentOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
