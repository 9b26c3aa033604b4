import { expect, it } from 'vitest';
import { defaultSettings, settingNames, type Settings } from '../../../../core/config/settings.ts';
import { urlAuthDefaults } from '../../../../shell/cli/mounts/listener-auth.ts';
import type { EdgeConfig } from '../../../../shell/edge/config.ts';
import { hasSamePorts, objection, termsOf, type Terms } from '../../../../shell/edge/upgrade/terms.ts';

const config: EdgeConfig = {
  bind: '::',
  httpPort: 8000,
  tls: { port: 8443, certificates: [] },
  relays: [],
  settings: defaultSettings,
  policies: { radio: { prefer: 'a', settings: { stallMinMs: 1, returnMs: 2 } } } as EdgeConfig['policies'] & object,
  admission: { mounts: new Map([['radio', { auth: { ...urlAuthDefaults, onePerUser: true } }]]) },
};
/** As they come from another process. */
const there = (changed: Partial<EdgeConfig> = {}): Terms => JSON.parse(JSON.stringify(termsOf({ ...config, ...changed }, ['radio']))) as Terms;
const here = termsOf(config, []);

it('the listeners of another process can be taken over when it is configured in the same way, in whatever order', () => {
  expect(objection(here, there())).toBeUndefined();
  expect(objection(here, there({ policies: { radio: { settings: { returnMs: 2, stallMinMs: 1 }, prefer: 'a' } } as EdgeConfig['policies'] & object }))).toBeUndefined();
  expect(objection(here, there({ relays: [{ transport: 'tcp', host: 'other', port: 1 }], adminPassword: 'other' }))).toBeUndefined();
  expect(hasSamePorts(here, there())).toBe(true);
});

it.each<readonly [string, Terms]>([
  ['its state has format 0, and the new program reads ', { ...there(), stateFormat: 0 }],
  ['--workers has changed', there({ workers: 2 })],
  ['settings have changed: icyIntervalBytes, burstMs', there({ settings: { ...defaultSettings, icyIntervalBytes: 1, burstMs: 1 } })],
  ['the configuration of mountpoints has changed', there({ policies: {} })],
  ['the authentication of listeners has changed', there({ admission: undefined })],
  ['which mountpoints are taken in has changed', there({ wish: { mounts: ['radio'] } })],
  ['the authentication of listeners has changed', there({ admission: { mounts: new Map([['radio', { auth: urlAuthDefaults }]]) } })],
])('and not when %s', (why, terms) => {
  const found = objection(here, terms);
  expect(found).toContain(why.split(':')[0]);
  for (const name of why.split(': ')[1]?.split(', ') ?? []) expect(found).toContain(name);
});

it('listeners in workers can be taken over by as many workers, of a program that can give them, and with TLS or without it in both', () => {
  const workers = { workers: 2 };
  const own = termsOf({ ...config, ...workers }, []);
  expect(objection(own, there(workers))).toBeUndefined();
  expect(objection(own, there({ workers: 3 }))).toBe('--workers has changed');
  const { givesWorkers: _, ...former } = there(workers);
  expect(objection(own, former)).toBe('its listeners are in workers, and it cannot give these');
  expect(objection(own, there({ ...workers, tls: undefined }))).toBe('--https has been added or left out, and listeners are in workers');
});

it('settings that have no part in the state may change, and so may those that only one of the programs knows', () => {
  const others: Partial<Record<string, number>> = { ...defaultSettings, upgradeDrainMs: 7, edgeBytes: 7, stopMs: 7 };
  delete others['burstMs'];
  expect(settingNames).toContain('burstMs');
  expect(objection(here, there({ settings: others as unknown as Settings }))).toBeUndefined();
});

it.each([{ bind: '127.0.0.1' }, { httpPort: 8001 }, { tls: undefined }])('ports are others when they are configured otherwise: %j', (changed) => {
  expect(hasSamePorts(here, there(changed))).toBe(false);
});
