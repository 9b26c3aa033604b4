import { expect, it } from 'vitest';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { RefusalReports } from '../../../../core/links/paths/refusal-reports.ts';

const at = (seconds: number): Micros => ms(1_000 * seconds) as Micros;

it('tells of a peer and reason at once, and then once a minute of all that came since', () => {
  const reports = new RefusalReports();
  expect(reports.add(at(0), 'not-allowed a')).toEqual({ messages: 1, given: 0 });
  expect(reports.add(at(1), 'not-allowed a')).toBeUndefined();
  expect(reports.add(at(59.9), 'not-allowed a', 2)).toBeUndefined();
  expect(reports.add(at(60), 'not-allowed a', 1)).toEqual({ messages: 3, given: 3 });
  expect(reports.add(at(61), 'not-allowed a')).toBeUndefined();
});

it('tells of each peer and each reason by itself', () => {
  const reports = new RefusalReports();
  expect(reports.add(at(0), 'not-allowed a')).toBeDefined();
  expect(reports.add(at(0), 'not-allowed b')).toBeDefined();
  expect(reports.add(at(0), 'not-owner a')).toBeDefined();
});

it('forgets the one that was told of the longest ago where there are too many', () => {
  const reports = new RefusalReports();
  for (let peer = 0; peer <= 512; peer++) reports.add(at(peer / 512), `not-allowed ${peer}`);
  expect(reports.add(at(2), 'not-allowed 1')).toBeUndefined();
  expect(reports.add(at(2), 'not-allowed 0')).toEqual({ messages: 1, given: 0 });
});
