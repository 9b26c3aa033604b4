import { expect, it } from 'vitest';
import { Breaker } from '../../../../shell/icecast/auth-service/breaker.ts';
import type { ServiceAnswer } from '../../../../shell/icecast/auth-service/service-client.ts';

const answer = (status: number) => (): Promise<ServiceAnswer> => Promise.resolve({ status, firstLine: '', headers: [] });
const down = (): Promise<ServiceAnswer> => Promise.reject(new Error('ECONNREFUSED'));

it('leaves a service alone that does not answer five times in a row, and asks once in ten seconds until it does', async () => {
  let nowMs = 0;
  let asked = 0;
  const breaker = new Breaker(() => nowMs);
  const ask = (post: () => Promise<ServiceAnswer>): Promise<ServiceAnswer> => breaker.run(() => {
    asked++;
    return post();
  });
  for (let count = 0; count < 4; count++) await expect(ask(answer(503))).rejects.toThrow('status 503');
  // One that is answered is enough.
  expect(await ask(answer(401))).toMatchObject({ status: 401 });
  for (let count = 0; count < 5; count++) await expect(ask(down)).rejects.toThrow('ECONNREFUSED');
  expect(asked).toBe(10);
  nowMs = 9_999;
  await expect(ask(answer(200))).rejects.toThrow('ECONNREFUSED');
  expect(asked).toBe(10);

  nowMs = 10_000;
  let fail: (error: Error) => void = () => undefined;
  const trial = ask(() => new Promise((_, reject) => (fail = reject)));
  await expect(ask(answer(200))).rejects.toThrow('ECONNREFUSED');
  fail(new Error('no answer in time'));
  await expect(trial).rejects.toThrow('no answer in time');
  await expect(ask(answer(200))).rejects.toThrow('no answer in time');
  expect(asked).toBe(11);

  nowMs = 20_000;
  expect(await ask(answer(200))).toMatchObject({ status: 200 });
  expect(await ask(answer(200))).toMatchObject({ status: 200 });
  expect(asked).toBe(13);
});
