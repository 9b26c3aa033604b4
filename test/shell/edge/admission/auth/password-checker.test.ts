import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PasswordChecker } from '../../../../../shell/edge/admission/auth/password-checker.ts';

const bcrypt = '$2b$04$6KP7QzEwGONjxMmnfTW34OjRpLCBGQlmiozmj/JmhoW/aT6aPfU5m';
const md5 = '5ebe2294ecd0e0f08eab7690d2a6ee69';

describe('passwords', () => {
  let checker: PasswordChecker;
  beforeAll(() => void (checker = new PasswordChecker()));
  afterAll(() => checker.stop());

  it('are checked in their order, those that take long by a thread', async () => {
    const check = (password: string, hash: string): Promise<string> => checker.check({ password, hash }, '192.0.2.1');
    expect(await Promise.all([check('secret', bcrypt), check('wrong', bcrypt), check('secret', md5), check('wrong', md5)])).toEqual(['right', 'wrong', 'right', 'wrong']);
  });

  it('are guessed ten times at once from one address, also by many at the same moment', async () => {
    const guesses = Array.from({ length: 14 }, (_, at) => checker.check({ password: `guess ${at}`, hash: bcrypt }, '192.0.2.9'));
    const verdicts = await Promise.all(guesses);
    expect(verdicts.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 'wrong'));
    expect(verdicts.slice(12)).toEqual(['wait', 'wait']);
    expect(await checker.check({ password: 'guess 20', hash: md5 }, '192.0.2.9')).toBe('wait');
    expect(await checker.check({ password: 'guess 20', hash: md5 }, '192.0.2.10')).toBe('wrong');
    // One that was right before is no guess.
    expect(await checker.check({ password: 'secret', hash: bcrypt }, '192.0.2.9')).toBe('right');
  });

  it('that too many wait for are to come again, and those of listeners who have gone are not looked at', async () => {
    const all = Array.from({ length: 300 }, (_, at) => checker.check({ password: `x${at}`, hash: bcrypt }, `198.51.100.${at % 250}`, () => true));
    const verdicts = await Promise.all(all);
    expect(verdicts.at(-1)).toBe('busy');
    expect(new Set(verdicts)).toEqual(new Set(['busy', ...(verdicts.includes('wrong') ? ['wrong'] : [])]));
  });
});

it('of those who wait are to come again when the process stops', async () => {
  const checker = new PasswordChecker();
  const waiting = [1, 2, 3].map((at) => checker.check({ password: `x${at}`, hash: bcrypt }, '192.0.2.1'));
  await checker.stop();
  expect(await Promise.all(waiting)).toEqual(['busy', 'busy', 'busy']);
});
