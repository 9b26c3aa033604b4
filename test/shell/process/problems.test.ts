import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { codeOf, inWords } from '../../../shell/process/problems.ts';

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return undefined;
}

const withCode = (code: string): Error => Object.assign(new Error('what Node.js says'), { code });

it('tells an error of the system in words, and by its code', async () => {
  expect(inWords(thrownBy(() => readFileSync('/no/such/file')))).toBe('no such file or directory (ENOENT)');
  const refused = await new Promise((told) => connect({ host: '127.0.0.1', port: 1 }).once('error', told));
  expect(inWords(refused)).toBe('connection refused (ECONNREFUSED)');
});

it.each([
  ['EADDRINUSE', 'the port is in use (EADDRINUSE)'],
  ['ENOSPC', 'no space left on device (ENOSPC)'],
  ['ENOTFOUND', 'the name is not known (ENOTFOUND)'],
  ['ERR_OSSL_BAD_DECRYPT', 'ERR_OSSL_BAD_DECRYPT'],
  ['constructor', 'constructor'],
])('of %s says %s', (code, words) => {
  expect([codeOf(withCode(code)), inWords(withCode(code))]).toEqual([code, words]);
});

it('of any other error says what it says', () => {
  expect([new Error('it is too late'), 'text'].map(inWords)).toEqual(['it is too late', 'text']);
});
