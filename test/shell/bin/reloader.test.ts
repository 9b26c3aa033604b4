import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Reloader, type Configuration } from '../../../shell/bin/reload/reloader.ts';

it('what is asked for before the role has started is done then', async () => {
  const first: Configuration = { config: {}, logLevel: 'info', metricsAllow: [], fleet: { members: [] }, effective: new Map() };
  let reads = 0;
  const read = (): Configuration => {
    reads++;
    return { ...first, effective: new Map([['relay', { value: 'b:1', isLive: true }]]) };
  };
  const reloader = new Reloader({ first, read, prepare: () => Promise.resolve(() => []), commit: () => undefined, setLevel: () => undefined, log: () => undefined });
  const result = reloader.reload('SIGHUP');
  await setImmediate();
  expect(reads).toBe(0);
  reloader.begin();
  expect(await result).toEqual({ isApplied: true, changed: ['relay'], needRestart: [] });
});
