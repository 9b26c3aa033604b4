import { expect, it } from 'vitest';
import { Departures, type Departure } from '../../../../../../shell/edge/admission/auth/url/departures.ts';
import { CapturedLog } from '../../../../support/support.ts';

interface Rig {
  readonly departures: Departures;
  readonly told: CapturedLog;
  readonly forms: string[];
}

/** A service that fails for the first attempts. */
function rig(failures: number, retryMs: readonly number[] = [1, 1]): Rig {
  const [told, forms] = [new CapturedLog(), [] as string[]];
  let left = failures;
  const tell = ({ form }: Departure): Promise<void> => {
    forms.push(form);
    left--;
    return left >= 0 ? Promise.reject(new Error('ECONNREFUSED')) : Promise.resolve();
  };
  return { departures: new Departures({ mount: 'one', url: 'http://auth/', tell, log: told.log, retryMs }), told, forms };
}

const departure = (form: string): Departure => ({ form, credentials: undefined });

it('are told of again when the service does not answer, some times', async () => {
  const { departures, told, forms } = rig(2);
  departures.send(departure('a'));
  await expect.poll(() => forms).toEqual(['a', 'a', 'a']);
  await departures.stop(1_000);
  expect(told.events).toEqual([]);
});

it('are given up then, and counted', async () => {
  const { departures, told, forms } = rig(99);
  departures.send(departure('a'));
  departures.send(departure('b'));
  await expect.poll(() => forms.toSorted()).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
  await departures.stop(1_000);
  expect(told.all('auth-service-not-told')).toEqual([{ kind: 'auth-service-not-told', mount: 'one', url: 'http://auth/', reason: 'ECONNREFUSED', listeners: 2 }]);
});

it('are told of as long as there is time when the process stops, but not again', async () => {
  const { departures, told, forms } = rig(1, [60_000]);
  for (let at = 0; at < 20; at++) departures.send(departure(`${at}`));
  await departures.stop(1_000);
  expect(new Set(forms).size).toBe(20);
  expect(told.all('auth-service-not-told')).toMatchObject([{ listeners: 1 }]);
});

it('of which the service says nothing are given up with the process', async () => {
  const told = new CapturedLog();
  const departures = new Departures({ mount: 'one', url: 'http://auth/', tell: () => new Promise(() => undefined), log: told.log });
  departures.send(departure('a'));
  await departures.stop(1);
  expect(told.all('auth-service-not-told')).toMatchObject([{ reason: 'the process has stopped before it answered', listeners: 1 }]);
});

it('are kept up to a bound', async () => {
  const told = new CapturedLog();
  const departures = new Departures({ mount: 'one', url: 'http://auth/', tell: () => new Promise(() => undefined), log: told.log });
  for (let at = 0; at < 16_384 + 3; at++) departures.send(departure('a'));
  await departures.stop(1);
  expect(told.all('auth-service-not-told')).toMatchObject([{ listeners: 16_387 }]);
});
