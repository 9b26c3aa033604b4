import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutations } from './table.ts';

/** The hunt itself takes long: `npm run mutations`. But that a fault no longer applies shows at once. */
test.each(mutations)('$name can be put into the code as it is', ({ file, find, replace }) => {
  const text = readFileSync(join(import.meta.dirname, '../..', file), 'utf8');
  expect(text.split(find)).toHaveLength(2);
  expect(replace).not.toBe(find);
});

test('each deliberate fault is another one', () => {
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
});
