import { describe, expect, test } from 'vitest';
import encoderDeath from '../../../../scenarios/encoder-death.ts';
import lossyUdpHeavy from '../../../../scenarios/lossy-udp-both-paths-heavy.ts';
import pathSkewFailover from '../../../../scenarios/path-skew-failover.ts';
import productionLayout from '../../../../scenarios/production-layout.ts';
import { Dice } from '../../../../sim/world/rng.ts';
import * as library from '../../../../sim/scenario.ts';
import { expectationsOf, faultsOf } from '../../../../sim/run/scenario.ts';
import { aac, at, edge, encoder, listener, mp3, station, type Plan, type Scenario } from '../../../../sim/scenario.ts';
import { asTypeScript } from '../../../../sim/swarm/shrink/as-typescript.ts';
import type { Plain } from '../../../../sim/swarm/trial.ts';

const plan: Plan = { durationS: 60, random: (purpose) => new Dice(4).stream(purpose) };

function plain(scenario: Scenario): Plain {
  return { ...scenario, faults: [...faultsOf(scenario, plan)].sort((a, b) => a.atS - b.atS) };
}

function written(scenario: Plain, origin?: string): string {
  const expectations = expectationsOf(scenario, plan);
  return asTypeScript(scenario, { library: '../sim/scenario.ts', origin, expectations, comment: ['a comment', 'that */ does not end early'] });
}

/** What a written file exports. */
function read(text: string): Scenario {
  const [, names] = /^import \{ (.*), type Scenario \} from '..\/sim\/scenario.ts';\n/.exec(text)!;
  const code = text.slice(text.indexOf('const story: Scenario')).replace(': Scenario', '').replace('export default', 'return');
  // oxlint-disable-next-line typescript/no-implied-eval
  return new Function(`{ ${names} }`, 'origin', code)(library, encoderDeath) as Scenario;
}

describe('what is written is read as the same', () => {
  test.each([encoderDeath, lossyUdpHeavy, pathSkewFailover, productionLayout])('$name', (scenario) => {
    const before = plain(scenario);
    const after = read(written(before));
    expect(after.topology).toEqual(before.topology);
    expect(after.faults).toEqual(before.faults);
    expect(expectationsOf(after, plan).map(({ says }) => says)).toEqual(expectationsOf(before, plan).map(({ says }) => says));
    expect([after.name, after.story, after.durationS]).toEqual([before.name, before.story, before.durationS]);
  });

  test('with every kind of fault, codec and quote', () => {
    const { relays } = station();
    const strange: Plain = {
      name: 'strange',
      story: 'It\'s said: "so \\ what".\nNothing.',
      durationS: 9.5,
      topology: {
        relays,
        edges: [edge('edge', ['relay-1', 'relay-2'], { policies: { 'late/night': { prefer: 'enc-a', fallback: { mount: 'live' }, settings: { returnMs: 3 } }, live: {} } })],
        encoders: [
          encoder('enc-a', ['relay-1', library.udp('relay-2')], { format: aac(64), mount: 'other', ppm: -3.5 }),
          encoder('enc-b', ['relay-1'], { format: mp3(320), framesPerWrite: 4 }),
        ],
        listeners: [listener('listener', 'edge', { bufferMs: 250 })],
        paths: [{ from: 'enc-a', to: 'relay-1', changes: { bitsPerSecond: Infinity } }],
        settings: { historyMs: 3_000 },
      },
      faults: [
        at(1).step('edge', -1_500),
        at(2).cutOneWay(['enc-a', 'enc-b'], 'relay-1'),
        at(3).healOneWay('enc-a', 'relay-1'),
        at(4).vanish('enc-b'),
        { atS: 5, kind: 'change', ways: [{ from: 'enc-a', to: 'relay-1' }], changes: { latencyMs: 1 } },
        at(5.5).silence('enc-a'),
        at(5.5).forget('relay-1', ['enc-a', 'enc-b']),
        { atS: 5.75, kind: 'recall', ways: [{ from: 'enc-a', to: 'relay-1' }] },
        { atS: 6, kind: 'cut', ways: [{ from: 'enc-a', to: 'relay-1' }, { from: 'relay-2', to: 'edge' }] },
      ],
      expect: [library.reports({ by: 'edge', kind: 'switch', times: library.within(1, 2), fields: { reason: 'stalled' } })],
    };
    const after = read(written(strange));
    expect({ ...after, expect: undefined }).toEqual({ ...strange, expect: undefined });
    expect(expectationsOf(after, plan)[0]!.says).toBe(expectationsOf(strange, plan)[0]!.says);
  });
});

test('only what differs from the builders is written', () => {
  const text = written(plain(encoderDeath));
  expect(text).toContain("import { at, atMost, edge, encoder, hears, listener, relay, reports, type Scenario } from '../sim/scenario.ts';");
  expect(text).toContain("encoders: [encoder('enc-a', ['relay-1', 'relay-2']), encoder('enc-b', ['relay-1', 'relay-2'], { startsAtS: 1 })],");
  expect(text).toContain("faults: [at(20).kill('enc-a')],");
  expect(text).toContain('hears({ longestStallMs: atMost(400), worstJumpMs: atMost(15), garbledMs: 0, playing: 1 })');
});

test('an expectation made by hand is taken from where it stands', () => {
  const [first, ...others] = expectationsOf(encoderDeath, plan);
  const { written: _, ...byHand } = first!;
  const text = written({ ...plain(encoderDeath), expect: [byHand, ...others] }, './encoder-death.ts');
  expect(text).toContain("import origin from './encoder-death.ts';");
  expect(expectationsOf(read(text), plan).map(({ says }) => says)).toEqual([first, ...others].map((each) => each!.says));
});
