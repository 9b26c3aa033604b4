import { describe, expect, it } from 'vitest';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import { pictureOf } from '../../../sim/replay/picture.ts';
import { ReplayLog } from '../../../sim/replay/log.ts';
import { replay, stretchesOf } from '../../../sim/replay/replay.ts';
import { whatIf } from '../../../sim/replay/what-if.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import { withSettings } from '../../../core/config/settings.ts';
import { recorderOn, Tape } from '../../core/recording/support.ts';

describe('the picture of a replay', () => {
  const tape = new Tape();
  const settings = { ...withSettings(encoderDeath.topology.settings ?? {}), recordMs: 20_000 };
  simulate(encoderDeath, { seed: 1, recorderFor: (_host, role) => (role === 'edge' ? recorderOn(tape, role, { settings, audio: 'whole' }) : undefined) });

  it.each([0, 2])('from generation %d on shows the mountpoint with its switch, the paths, and what would have been', (from) => {
    const recording = tape.recording(from);
    const log = new ReplayLog({ burstMs: 4_000 });
    const stretches = replay(recording, log);
    const outcomes = whatIf(stretchesOf(recording.generations)[0]!, { alterations: [], settings: { stallMinMs: 900, closedStallMs: 900 }, policies: {} });
    const originUs = recording.generations[0]!.head.atUs;
    const picture = pictureOf({ file: 'x', originUs, stretches, log, outcomes, focus: { mount: undefined, fromS: 0, toS: Infinity } });
    expect(picture.verdict).toEqual({ tone: 'good', text: 'identical to the recording' });
    expect(picture.lanes.map(({ group, name }) => `${group}, ${name}`)).toEqual([
      'As it was, on air: /live', 'As it was, given out: /live', 'As it was: paths, relay-2', 'As it was: paths, relay-1',
      'What if, on air: /live', 'What if, given out: /live', 'What if: paths, relay-2', 'What if: paths, relay-1',
    ]);
    for (const at of [0, 4]) {
      const streams = picture.lanes[at]!.spans.map(({ label }) => label);
      expect(streams).toEqual(['enc-a (enc-a)', 'enc-b (enc-b)']);
      expect(streams[0]).not.toBe(streams[1]);
      const bars = picture.lanes[at + 1]!.series[0]!.values.reduce<number>((sum, value) => sum + (value ?? 0), 0);
      expect(bars).toBeCloseTo([...log.air.values()][0]!.programmeUs / 1_000, 3);
    }
    const switches = picture.marks.filter(({ kind }) => kind === 'switch');
    expect(switches.map(({ who }) => who)).toEqual(['As it was', 'What if']);
    expect(switches[1]!.atMs - switches[0]!.atMs).toBeGreaterThan(400);
  });
});
