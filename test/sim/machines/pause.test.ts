import { expect, test } from 'vitest';
import { at, station, type Fault, type Scenario } from '../../../sim/scenario.ts';
import { simulate, type Run } from '../../../sim/run/simulation.ts';

function after(...faults: Fault[]): Run {
  const scenario: Scenario = { name: 'pause', story: '', durationS: 82, topology: station(), faults, expect: [] };
  return simulate(scenario, { seed: 1 });
}

/** Timers were served before what had been waiting: ten seconds of silence, the mountpoint ended, and everybody was let go. */
test.each([2, 8, 15, 30])('an edge that stood still for %i s lets nobody go, and goes on with the same encoder', (seconds) => {
  const { listeners, violations } = after(at(20).freeze('edge'), at(20 + seconds).thaw('edge'));
  expect(violations).toEqual([]);
  expect(listeners).toMatchObject([{ disconnects: 0, isPlaying: true }]);
});

/** Both encoders were taken for faster than real time, so that nothing stood by for minutes, and seconds of what came behind were left out. */
test('an edge that stood still for 50 s has its backup when it goes on, and leaves out no more than what nobody had kept', () => {
  const { listeners, violations } = after(at(20).freeze('edge'), at(70).thaw('edge'));
  expect(violations).toEqual([]);
  expect(listeners).toMatchObject([{ disconnects: 0, isPlaying: true, switches: [{ reason: 'gap' }] }]);
});

test.each([1_000, -1_000, 37_000, -37_000, 120_000, -120_000])('nobody hears that clocks are set by %i ms', (byMs) => {
  const hosts = ['edge', 'relay-1', 'relay-2', 'enc-a', 'enc-b'];
  const { listeners, violations } = after(...hosts.map((host, index) => at(20 + 5 * index).step(host, byMs)));
  expect(violations).toEqual([]);
  expect(listeners).toMatchObject([{ disconnects: 0, silenceMs: 0, switches: [], isPlaying: true }]);
  expect(listeners[0]!.longestStallMs).toBeLessThan(120);
});

/** The edge's alarm was left where it had been set, by up to 300 ms too late: at one moment in ten, a pause of that length. */
test('and that at whatever moment', () => {
  for (let moment = 0; moment < 24; moment++) {
    const scenario: Scenario = { name: 'step', story: '', durationS: 22, topology: station(), faults: [at(20 + moment * 0.013).step('edge', 1_000)], expect: [] };
    expect(simulate(scenario, { seed: 1 }).listeners[0]!.longestStallMs).toBeLessThan(120);
  }
});
