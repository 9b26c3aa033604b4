import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { families, type Family } from '../../../../shell/operations/metrics/families.ts';
import { bounds } from '../../../../shell/operations/metrics/scrape.ts';
import { manualTable } from './manual.ts';

const manual = readFileSync(join(import.meta.dirname, '../../../../docs/metrics.md'), 'utf8').split('\n');

it('has every metric in the manual, as the code has it', () => {
  const from = manual.indexOf(manualTable()[0]!);
  expect(manual.slice(from, manual.indexOf('', from))).toEqual(manualTable());
});

it('has the limits in the manual', () => {
  for (const [label, most] of Object.entries(bounds)) expect(manual.some((line) => line.startsWith(`| \`${label}\` | ${most.toLocaleString('en')}`)), label).toBe(true);
});

it.each(Object.entries(families) as [string, Family][])('names %s by the rules of OpenMetrics', (name, { unit, labels, help }) => {
  expect(name).toMatch(/^(davecast|process)(_[a-z]+)+$/);
  expect(name).not.toMatch(/_(total|info|created|count|sum|bucket)$/);
  const ending = /_(seconds|bytes|ratio)$/.exec(name)?.[1];
  expect(ending).toBe(unit);
  for (const label of labels) expect(label).toMatch(/^[a-z]+$/);
  expect(help).not.toMatch(/\.$/);
});
