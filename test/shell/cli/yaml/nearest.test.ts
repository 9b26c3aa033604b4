import { expect, it } from 'vitest';
import { didYouMean, nearest } from '../../../../shell/cli/yaml/nearest.ts';

const words = ['http', 'https', 'trustedProxy', 'stallMinMs', 'stallMaxMs', 'in', 'out'];

it.each([
  ['htpp', 'http'],
  ['trustedProxies', 'trustedProxy'],
  ['trustedproxy', 'trustedProxy'],
  ['stalMinMs', 'stallMinMs'],
  ['stallMs', undefined],
  ['ni', 'in'],
  ['recording', undefined],
  ['', undefined],
  ['x', undefined],
])('%s was meant to be %s', (word, meant) => {
  expect(nearest(word, words)).toBe(meant);
});

it('is asked at the end of an error, or not', () => {
  expect([didYouMean('htpp', words), didYouMean('zzzzzz', words), didYouMean('htpp', words, ['none', 'out'])]).toEqual([': did you mean http?', '', ': did you mean out?']);
});
