import { describe, expect, it } from 'vitest';
import type { MountPolicies } from '../../../core/config/mount-policy.ts';
import { withSettings } from '../../../core/config/settings.ts';
import type { Recording } from '../../../core/recording/file/read.ts';
import doubleRelayLoss from '../../../scenarios/double-relay-loss.ts';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import { readAlteration } from '../../../sim/replay/alteration.ts';
import { compareMounts, type Fare } from '../../../sim/replay/compare.ts';
import { stretchesOf } from '../../../sim/replay/replay.ts';
import { whatIf, type Outcomes } from '../../../sim/replay/what-if.ts';
import type { Scenario } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import { recorderOn, Tape } from '../../core/recording/support.ts';

/** What happened to the edge of a scenario. */
function edgeOf(scenario: Scenario, recordMs: number): Tape {
  const tape = new Tape();
  const settings = { ...withSettings(scenario.topology.settings ?? {}), recordMs };
  simulate(scenario, { seed: 1, recorderFor: (_host, role) => (role === 'edge' ? recorderOn(tape, role, { settings, audio: 'whole' }) : undefined) });
  return tape;
}

function play({ generations }: Recording, alterations: readonly string[], settings: object = {}, policies: MountPolicies = {}): Outcomes {
  return whatIf(stretchesOf(generations)[0]!, { alterations: alterations.map((text) => readAlteration(text)!), settings, policies });
}

const everything = { mount: undefined, fromS: 0, toS: Infinity };

function onlyMount(outcomes: Outcomes): readonly [Fare, Fare] {
  const [pair, ...more] = compareMounts(outcomes, everything);
  expect(more).toEqual([]);
  return pair as readonly [Fare, Fare];
}

describe('an alteration', () => {
  it('is read', () => {
    expect(readAlteration('relay-2-down@12.5s')).toEqual({ kind: 'peer-down', atUs: 12_500_000, peer: { label: 'relay-2', number: 2 } });
    expect(readAlteration('path-7-down@3')).toEqual({ kind: 'path-down', atUs: 3_000_000, path: 7 });
    expect(readAlteration('10.0.0.1:8001-down@0.25s')).toEqual({ kind: 'peer-down', atUs: 250_000, peer: { label: '10.0.0.1:8001', number: undefined } });
    expect(readAlteration('pause@12s+3s')).toEqual({ kind: 'pause', atUs: 12_000_000, forUs: 3_000_000 });
    for (const wrong of ['', 'relay-2-down', 'relay-2@3', 'pause@3', 'pause@3+', '-down@3', 'relay-2-up@3', 'relay-2-down@-3']) expect(readAlteration(wrong)).toBeUndefined();
  });
});

describe('what if', () => {
  const tape = edgeOf(encoderDeath, 20_000);

  it.each([0, 2])('nothing had been otherwise, from generation %d on: then all is as it was, to the microsecond', (from) => {
    const { was, wouldBe } = play(tape.recording(from), []);
    expect(wouldBe.told).toEqual(was.told);
    expect(wouldBe.air).toEqual(was.air);
    expect(was.told.length).toBeGreaterThan(0);
  });

  it('both relays had gone: then nobody hears anything', () => {
    const [was, wouldBe] = onlyMount(play(tape.recording(), ['relay-1-down@6s', 'relay-2-down@6s']));
    expect(was.silenceMs).toBe(0);
    expect(wouldBe.programmeS).toBeLessThan(11);
    expect(wouldBe.programmeS).toBeLessThan(was.programmeS / 2);
  });

  it('one relay had gone: then the other carries everything', () => {
    const [was, wouldBe] = onlyMount(play(tape.recording(), ['relay-1-down@6s']));
    // The last frame of the recording had come by one relay only.
    expect(Math.abs(wouldBe.programmeS - was.programmeS)).toBeLessThan(0.027);
    expect(wouldBe.switches).toBe(was.switches);
  });

  it('says what is not there to be altered', () => {
    expect(play(tape.recording(), ['relay-9-down@6s', 'path-9-down@7s', 'path-1-down@9999s']).missed).toEqual([
      'nobody is known as relay-9 at 6 s: there are relay-2, relay-1',
      'no path 9 is open at 7 s',
      'the recording ends before 9999 s',
    ]);
  });

  it('the process had been stopped: then there is one pause, and all comes after it', () => {
    const [was, wouldBe] = onlyMount(play(tape.recording(), ['pause@5s+2s']));
    expect(wouldBe.longestPauseMs).toBeGreaterThanOrEqual(2_000);
    expect(wouldBe.longestPauseMs).toBeLessThan(2_100);
    expect(was.longestPauseMs).toBeLessThan(1_000);
    expect(wouldBe.programmeS).toBe(was.programmeS);
  });

  it('a live stream had been given longer: then the switch comes later', () => {
    const { was, wouldBe } = play(tape.recording(), [], { stallMinMs: 900, closedStallMs: 900 });
    const at = (log: typeof was): number[] => log.told.filter(({ kind }) => kind === 'switch').map(({ atUs }) => atUs);
    expect(at(was)).toHaveLength(1);
    expect(at(wouldBe)).toHaveLength(1);
    expect(at(wouldBe)[0]! - at(was)[0]!).toBeGreaterThan(400_000);
  });

  it('the relay that lived had died too: then it is worse than it was', () => {
    const recording = edgeOf(doubleRelayLoss, 900_000).recording();
    const whole = play(recording, []);
    expect(whole.wouldBe.told).toEqual(whole.was.told);
    const untilS = (whole.was.told.at(-1)!.atUs - recording.generations[0]!.head.atUs) / 2e6;
    const [was, wouldBe] = onlyMount(play(recording, [`relay-1-down@${untilS}`, `relay-2-down@${untilS}`]));
    expect(wouldBe.programmeS).toBeLessThan(was.programmeS);
  });
});
