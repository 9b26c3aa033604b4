import { expect, it } from 'vitest';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { StationMounts } from '../../../shell/station/station-mounts.ts';

it('the service of a mountpoint has the time that is wanted of that at present', () => {
  const wanted: { policies?: MountPolicies } = {};
  const way = { open: () => expect.unreachable() as never };
  const mounts = new StationMounts({ sources: { title: '', headers: [], mounts: new Map() }, policies: () => wanted.policies, way: way as never, settings: defaultSettings, log: () => undefined });
  expect(mounts.find('/radio')).toMatchObject({ name: 'radio', authTimeoutMs: undefined });
  wanted.policies = { radio: { settings: { listenerAuthTimeoutMs: 700 } }, jazz: { settings: { maxListeners: 3 } } };
  expect(['radio', 'jazz', 'constructor'].map((name) => mounts.find(name)!.authTimeoutMs)).toEqual([700, undefined, undefined]);
});
