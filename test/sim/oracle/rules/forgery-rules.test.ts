import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { ForgeryRules } from '../../../../sim/oracle/rules/forgery-rules.ts';
import { Oracle } from '../../../../sim/oracle/oracle.ts';
import { Programme } from '../../../../sim/programme/programme.ts';
import { mp3, MAX_MODEL_FRAME_BYTES } from '../../../../sim/programme/model-frame.ts';
import { World } from '../../../../sim/world/world.ts';

/** What is said of frames that are given out at these times, by whom they are. */
function judged(verify: 'off' | 'switch' | 'hold', frames: readonly (readonly [atMs: number, isForged: boolean])[], relays = 1): readonly string[] {
  const world = new World();
  const oracle = new Oracle(world);
  const programme = new Programme();
  const streams = [false, true].map((isForged) => programme.newStream({ name: isForged ? 'forger' : 'enc-a', mount: 'live', format: mp3(), beginsAtUs: 0, ppm: 0, isForged }));
  const rules = new ForgeryRules(world, programme, oracle, defaultSettings, () => verify, relays);
  const into = new Uint8Array(MAX_MODEL_FRAME_BYTES);
  for (const [atMs, isForged] of frames) {
    world.at(ms(atMs) as Micros, () => rules.gaveOut('live', into.subarray(0, streams[isForged ? 1 : 0]!.make(into))));
  }
  world.run(ms(60_000) as Micros);
  return oracle.violations.map(({ atMs, what }) => `${atMs}: ${what}`);
}

describe('forged audio', () => {
  it('may be given out for the time of two signatures, and no longer', () => {
    expect(judged('switch', [[1_000, false], [5_000, true], [6_000, true], [8_400, true], [20_000, false]])).toEqual([]);
    expect(judged('switch', [[5_000, true], [8_600, true]])).toEqual(['8600: forger frame 1 at live, 3600 ms behind the first']);
  });

  it('may be given out anew by another relay', () => {
    expect(judged('switch', [[5_000, true], [8_600, true], [12_000, true]], 2)).toEqual([]);
    expect(judged('switch', [[5_000, true], [8_600, true], [12_200, true]], 2)).toEqual(['12200: forger frame 2 at live, 3600 ms behind the first']);
  });

  it('is never given out where audio is held', () => {
    expect(judged('hold', [[1_000, false], [5_000, true]])).toEqual(['5000: forger frame 0 at live, which holds what is not verified']);
  });

  it.each(['switch', 'hold'] as const)('is never given out as a stream that nobody has signed: %s', (verify) => {
    const world = new World();
    const oracle = new Oracle(world);
    const programme = new Programme();
    const stranger = programme.newStream({ name: 'stranger', mount: 'live', format: mp3(), beginsAtUs: 0, ppm: 0, isForeign: true, isStranger: true });
    const into = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    new ForgeryRules(world, programme, oracle, defaultSettings, () => verify, 1).gaveOut('live', into.subarray(0, stranger.make(into)));
    expect(oracle.violations.map(({ what }) => what)).toEqual(['stranger frame 0 at live']);
  });

  it('is of no concern where nothing is verified', () => {
    expect(judged('off', [[5_000, true], [9_000, true]])).toEqual([]);
  });
});
