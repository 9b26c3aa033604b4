import { describe, expect, test } from 'vitest';
import type { Gauge } from '../../../sim/world/gauge.ts';
import { at, station, type Scenario } from '../../../sim/scenario.ts';
import { simulate, type Run } from '../../../sim/run/simulation.ts';

const story: Scenario = {
  name: 'probed',
  story: 'Enough goes wrong for all buffers to hold something.',
  durationS: 24,
  topology: station({ to: [{ relay: 'relay-1', transport: 'udp' }, { relay: 'relay-2', transport: 'tcp' }] }),
  faults: [
    at(9).change(['enc-a', 'enc-b'], ['relay-1', 'relay-2'], { loss: { share: 0.05, burst: 4 }, reordered: 0.1 }),
    at(12).change('edge', 'listener', { bitsPerSecond: 60_000 }),
    at(14).kill('enc-a'),
    at(18).freeze('edge'),
    at(19).thaw('edge'),
  ],
  expect: [],
};

interface Sample extends Gauge {
  readonly atMs: number;
  readonly host: string;
}

function probed(everyMs: number): { run: Run; samples: Sample[] } {
  const samples: Sample[] = [];
  const take = (atMs: number, host: string, gauges: readonly Gauge[]): void => void samples.push(...gauges.map((gauge) => ({ atMs, host, ...gauge })));
  return { run: simulate(story, { seed: 3, probe: { everyMs, take } }), samples };
}

describe('a probe', () => {
  const plain = simulate(story, { seed: 3 });
  const { run, samples } = probed(100);
  const of = (host: string, kind: string): Sample[] => samples.filter((sample) => sample.host === host && sample.kind === kind);

  test.each([7, 100, 2_500])('every %d ms changes nothing', (everyMs) => {
    expect(probed(everyMs).run.traceHash).toBe(plain.traceHash);
  });

  test('sees the buffers of edges and players', () => {
    expect(run.notes).toEqual(plain.notes);
    expect(Math.max(...of('edge', 'early').map(({ value }) => value))).toBeGreaterThan(0);
    expect(Math.max(...of('edge', 'backlog').map(({ value }) => value))).toBeGreaterThan(10_000);
    const rings = of('edge', 'ring').filter(({ atMs }) => atMs === 13_900);
    expect(rings.map(({ of }) => of).sort()).toEqual(['enc-a#1', 'enc-b#1']);
    for (const { value } of rings) expect(value).toBeGreaterThan(9_900);
    const dry = of('listener', 'player').filter(({ atMs }) => atMs > 20_000).map(({ value }) => value);
    expect(Math.min(...dry)).toBe(0);
  });

  test('sees a dead stream fall behind the listeners', () => {
    const ahead = (stream: string, atMs: number): number | undefined => of('edge', 'ahead').find((sample) => sample.of === stream && sample.atMs === atMs)?.value;
    expect(Math.abs(ahead('enc-b#1', 13_900)!)).toBeLessThan(60);
    // Its ring is kept, and what it has is past.
    expect(ahead('enc-a#1', 17_000)!).toBeLessThan(-2_000);
    expect(ahead('enc-b#1', 17_000)).toBe(0);
  });
});
