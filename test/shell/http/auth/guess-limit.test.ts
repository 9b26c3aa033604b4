import { describe, expect, it } from 'vitest';
import { GuessLimit } from '../../../../shell/http/auth/guess-limit.ts';

const isRight = (password: string): boolean => password === 'right';
const never = (): boolean => {
  throw new Error('it is not to be looked at');
};

/** Ten different wrong ones at once. */
function exhaust(limit: GuessLimit, ip: string, nowMs = 0): void {
  for (let i = 0; i < 10; i++) expect(limit.check(ip, `guess ${i}`, nowMs, isRight)).toBe('wrong');
}

describe('whoever guesses passwords', () => {
  it('waits after ten at once, also for the right one, and then has one a second', () => {
    const limit = new GuessLimit();
    exhaust(limit, '10.0.0.1');
    expect(limit.check('10.0.0.1', 'right', 999, never)).toBe('wait');
    expect(limit.check('10.0.0.1', 'one more', 1_000, isRight)).toBe('wrong');
    expect(limit.check('10.0.0.1', 'right', 1_500, never)).toBe('wait');
    expect(limit.check('10.0.0.1', 'right', 2_000, isRight)).toBe('right');
    expect(limit.check('10.0.0.1', 'right', 2_000, isRight)).toBe('right');
  });

  it('does not hold up others', () => {
    const limit = new GuessLimit();
    exhaust(limit, '10.0.0.1');
    expect(limit.check('10.0.0.2', 'right', 0, isRight)).toBe('right');
  });

  it('cannot go on from another address of the same network of IPv6', () => {
    const limit = new GuessLimit();
    exhaust(limit, '2001:db8:0:1::1');
    expect(limit.check('2001:db8::1:ffff:0:0:2', 'x', 0, never)).toBe('wait');
    expect(limit.check('2001:0db8:0000:0001::2%eth0', 'x', 0, never)).toBe('wait');
    expect(limit.check('2001:db8:0:2::1', 'x', 0, isRight)).toBe('wrong');
  });

  it('is not somebody who says the same wrong one for ever, and locks nobody out at that address', () => {
    const limit = new GuessLimit();
    for (let i = 0; i < 1_000; i++) expect(limit.check('10.0.0.1', 'set up wrongly', 0, isRight)).toBe('wrong');
    expect(limit.check('10.0.0.1', 'right', 0, isRight)).toBe('right');
  });

  it('is forgotten when thousands of others come', () => {
    const limit = new GuessLimit();
    exhaust(limit, '10.0.0.1');
    for (let i = 0; i < 4_096; i++) limit.check(`10.1.${i >> 8}.${i & 255}`, 'x', 0, isRight);
    expect(limit.check('10.0.0.1', 'x', 0, isRight)).toBe('wrong');
  });
});
