import { policyFor, type MountPolicies, type MountPolicy } from '../../core/config/mount-policy.ts';
import type { Head } from '../../core/recording/file/format.ts';
import type { Settings } from '../../core/config/settings.ts';

/** Settings and policies that are to have been others. */
export interface Wanted {
  readonly settings: Partial<Settings>;
  /** Of single mountpoints, and only what is to be another there. */
  readonly policies: MountPolicies;
}

/** Those of a recording, with that changed. What is wanted of all mountpoints goes before what single ones had of their own. */
export function withWanted({ settings, policies = {} }: Pick<Head, 'settings' | 'policies'>, wanted: Wanted): Required<Pick<Head, 'settings' | 'policies'>> {
  const names = new Set([...Object.keys(policies), ...Object.keys(wanted.policies)]);
  const changed = Array.from(names, (name): readonly [string, MountPolicy] => {
    const had = policyFor(name, policies) ?? {};
    const wants = policyFor(name, wanted.policies) ?? {};
    const kept = Object.entries(had.settings ?? {}).filter(([setting]) => !Object.hasOwn(wanted.settings, setting));
    return [name, { ...had, ...wants, settings: { ...Object.fromEntries(kept), ...wants.settings } }];
  });
  return { settings: { ...settings, ...wanted.settings }, policies: Object.fromEntries(changed) };
}
