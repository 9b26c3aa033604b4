import { describe, expect, test } from 'vitest';
import { at } from '../../../../../sim/run/fault.ts';
import { brokenAtEnd, outagesOf } from '../../../../../sim/swarm/draw/outages/outages.ts';

const worse = { latencyMs: 300 };
const usual = { latencyMs: 10 };

describe('outagesOf', () => {
  test('puts together what breaks and what mends it', () => {
    const faults = [
      at(1).kill('a'),
      at(2).cut('a', ['b', 'c']),
      at(3).freeze('b'),
      at(4).restart('a'),
      at(5).change('a', 'b', worse),
      at(6).thaw('b'),
      at(7).heal('a', ['b', 'c']),
      at(8).change('a', 'b', usual),
      at(9).vanish('a'),
      at(10).step('a', 500),
    ];
    const byTime = outagesOf(faults).map((outage) => outage.map(({ atS }) => atS));
    expect(byTime).toEqual([[1, 4], [2, 7], [3, 6], [5, 8], [9], [10]]);
  });

  test('leaves alone what mends nothing, and what is mended by another one', () => {
    expect(outagesOf([at(1).restart('a'), at(2).cut('a', 'b'), at(3).heal('a', 'c')])).toHaveLength(3);
  });

  test('takes them in the order of time', () => {
    expect(outagesOf([at(9).restart('a'), at(2).kill('a')])).toEqual([[at(2).kill('a'), at(9).restart('a')]]);
  });
});

test('brokenAtEnd tells what nobody has mended', () => {
  const faults = [
    at(1).kill('a'),
    at(2).restart('a'),
    at(3).vanish('b'),
    at(4).freeze('c'),
    at(5).kill('c'),
    at(6).cut('a', 'b'),
    at(7).healOneWay('a', 'b'),
    at(8).change('a', 'c', worse),
  ];
  expect([...brokenAtEnd(faults)]).toEqual([
    'b is down',
    'c is down',
    'b→a is cut',
    'a→c is {"latencyMs":300}',
    'c→a is {"latencyMs":300}',
  ]);
});
