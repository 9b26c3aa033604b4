import { presentName, renamedNote } from '../../../core/config/former-names.ts';
import { mountSettingNames, type MountPolicy, type MountSettingName } from '../../../core/config/mount-policy.ts';
import { settingNames, settingProblem, type SettingName, type Settings } from '../../../core/config/settings.ts';
import type { Wanted } from '../../replay/wanted.ts';
import { UsageError } from './options.ts';

/** Reads what `--set` was given: `NAME=VALUE`, `MOUNT/NAME=VALUE` and `MOUNT/prefer=ORIGIN`. A former name of a setting is accepted, with a line in `notes`. */
export function readSet(texts: readonly string[], notes: string[] = []): Wanted {
  const settings: Partial<Record<SettingName, number>> = {};
  const policies = new Map<string, MountPolicy>();
  for (const text of texts) {
    const match = /^(?:\/?(.+?)\/)?([A-Za-z]+)=(.*)$/.exec(text);
    const [mount, written, value] = [match?.[1], match?.[2] ?? '', match?.[3] ?? ''];
    const name = presentName(written);
    if (name !== written) notes.push(renamedNote(`--set: ${written}`, name));
    if (mount === undefined) settings[settingIn(text, name, settingNames)] = valueOf(name, value);
    else {
      const policy = policies.get(mount) ?? {};
      if (name === 'prefer' && value !== '') policies.set(mount, { ...policy, prefer: value });
      else policies.set(mount, { ...policy, settings: { ...policy.settings, [settingIn(text, name, mountSettingNames)]: valueOf(name, value) } });
    }
  }
  return { settings: settings satisfies Partial<Settings>, policies: Object.fromEntries(policies) };
}

function settingIn<Name extends SettingName | MountSettingName>(text: string, name: string, names: readonly Name[]): Name {
  const found = names.find((each) => each === name);
  if (found !== undefined) return found;
  throw new UsageError(`--set must be the name of a setting and its value, such as stallMinMs=500, or radio/mountEndMs=500 for one mountpoint, not ${text}`);
}

function valueOf(name: string, value: string): number {
  const problem = settingProblem(name as SettingName, /^\d+$/.test(value) ? Number(value) : value);
  if (problem !== undefined) throw new UsageError(`--set: ${problem}`);
  return Number(value);
}
