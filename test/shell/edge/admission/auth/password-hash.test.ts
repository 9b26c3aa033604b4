import { describe, expect, it } from 'vitest';
import { hashProblem, isPassword, isSlow } from '../../../../../shell/edge/admission/auth/password-hash.ts';

/** Made by bcryptjs at cost 4, and by openssl. */
const known: readonly (readonly [kind: string, hash: string, password: string, isSlow: boolean])[] = [
  ['bcrypt', '$2b$04$6KP7QzEwGONjxMmnfTW34OjRpLCBGQlmiozmj/JmhoW/aT6aPfU5m', 'secret', true],
  ['bcrypt by htpasswd', '$2y$04$8aECb5YYa0tdDnA3IlUr6.dMIs2AYdQVA668z2sn3Ww.FxGfMefeG', 'pässword', true],
  ['$apr1$', '$apr1$r31...$WYaC092gShi.9bkdmtCtj.', 'secret', true],
  ['$apr1$ of nothing', '$apr1$x$tMwYqBfQwi3FYAr0aJc8M/', '', true],
  ['$apr1$ of a long one', '$apr1$abcdefgh$iU8On/rRnMrVctWST9v9b1', 'a much longer password than sixteen bytes: ü', true],
  ['{SHA}', '{SHA}5en6G6MezRroT3XKqkdPOmY/BfQ=', 'secret', false],
  ["Icecast's MD5", '5ebe2294ecd0e0f08eab7690d2a6ee69', 'secret', false],
  ["Icecast's MD5 in capitals", '5EBE2294ECD0E0F08EAB7690D2A6EE69', 'secret', false],
];

describe('hashes of passwords', () => {
  it.each(known)('%s: %s is of its password alone', (_, hash, password, slow) => {
    expect(hashProblem(hash)).toBeUndefined();
    expect(isSlow(hash)).toBe(slow);
    expect(isPassword(password, hash)).toBe(true);
    for (const wrong of [`${password} `, 'Secret', `x${password}`]) expect([wrong, isPassword(wrong, hash)]).toEqual([wrong, false]);
  });

  it.each(['', 'secret', 'rqXexS6ZhobKA', '$1$abcdefgh$irWbblnpmw.5z7wgBnprh0', '$6$salt$x', '$2y$10$short', '$apr1$$WYaC092gShi.9bkdmtCtj.', '{SHA}short', '{SSHA}5en6G6MezRroT3XKqkdPOmY/BfQ='])('"%s" cannot be used', (hash) => {
    expect(hashProblem(hash)).toMatch(/^must have bcrypt/);
  });

  it('of a cost that takes seconds cannot be used', () => {
    expect(hashProblem('$2y$15$8aECb5YYa0tdDnA3IlUr6.dMIs2AYdQVA668z2sn3Ww.FxGfMefeG')).toMatch(/^has a bcrypt cost of 15: at most 14/);
  });
});
