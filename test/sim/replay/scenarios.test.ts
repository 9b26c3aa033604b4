import { describe, expect, it } from 'vitest';
import { withSettings, type Settings } from '../../../core/config/settings.ts';
import encoderDeath from '../../../scenarios/encoder-death.ts';
import fallbackMount from '../../../scenarios/fallback-mount.ts';
import lossyUdp from '../../../scenarios/lossy-udp-both-paths.ts';
import onDemand from '../../../scenarios/on-demand.ts';
import productionLayout from '../../../scenarios/production-layout.ts';
import { ReplayLog } from '../../../sim/replay/log.ts';
import { replay } from '../../../sim/replay/replay.ts';
import type { Scenario } from '../../../sim/scenario.ts';
import { simulate } from '../../../sim/run/simulation.ts';
import { recorderOn, Tape } from '../../core/recording/support.ts';

interface Recorded {
  readonly host: string;
  readonly tape: Tape;
}

/** Plays a scenario with every relay and edge recorded; a process that starts again is recorded anew. */
function recorded(scenario: Scenario, seed: number, audio: 'whole' | 'left-out', durationS?: number, changes: Partial<Settings> = {}): { readonly traceHash: string; readonly tapes: readonly Recorded[] } {
  const tapes: Recorded[] = [];
  const settings = { ...withSettings(scenario.topology.settings ?? {}), recordMs: 20_000, ...changes };
  const { traceHash } = simulate(scenario, {
    seed,
    ...(durationS !== undefined && { durationS }),
    recorderFor: (host, role) => {
      const tape = new Tape();
      tapes.push({ host, tape });
      return recorderOn(tape, role, { settings, audio });
    },
  });
  return { traceHash, tapes };
}

describe.each([
  ['encoder-death', encoderDeath, 1, undefined],
  ['encoder-death', encoderDeath, 7, undefined],
  ['lossy-udp-both-paths', lossyUdp, 3, 30],
  ['production-layout', productionLayout, 2, 25],
  ['fallback-mount', fallbackMount, 1, undefined],
  ['on-demand', onDemand, 1, 40],
] as const)('%s, seed %s', (_name, scenario, seed, durationS) => {
  it('is the same run whether recorded or not, and every machine of it is replayed to the byte', () => {
    const { traceHash, tapes } = recorded(scenario, seed, 'whole', durationS);
    expect(traceHash).toBe(simulate(scenario, { seed, ...(durationS !== undefined && { durationS }) }).traceHash);
    expect(tapes.length).toBeGreaterThanOrEqual(3);
    for (const { tape } of tapes) {
      for (const from of [0, Math.floor(tape.generations.length / 2)]) {
        for (const stretch of replay(tape.recording(from))) {
          expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
          expect(stretch.blocksWithContent).toBe(stretch.blocks);
        }
      }
    }
  });
});

describe.each(['whole', 'left-out'] as const)('encoder-death where segments are made, audio %s', (audio) => {
  it('is replayed with all of its segments', () => {
    const scenario = { ...encoderDeath, topology: { ...encoderDeath.topology, settings: { ...encoderDeath.topology.settings, hlsSegmentMs: 2_000 } } };
    const { tapes } = recorded(scenario, 1, audio, 40);
    const edge = tapes.find(({ host }) => host.startsWith('edge'))!;
    for (const from of [0, 1]) {
      const [stretch] = replay(edge.tape.recording(from));
      expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    }
  });
});

describe('encoder-death without audio', () => {
  it('is replayed to the same switch', () => {
    const { tapes } = recorded(encoderDeath, 1, 'left-out');
    const edge = tapes.find(({ host }) => host.startsWith('edge'))!;
    const log = new ReplayLog({ burstMs: 4_000 });
    const [stretch] = replay(edge.tape.recording(1), log);
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined, blocksWithContent: 0 });
    expect(log.told.filter(({ kind }) => kind === 'switch')).toHaveLength(1);
    expect(edge.tape.bytes().length).toBeLessThan(recorded(encoderDeath, 1, 'whole').tapes.find(({ host }) => host === edge.host)!.tape.bytes().length / 3);
  });
});

describe('encoder-death, with a bound that leaves no room for audio in the saved states', () => {
  it('is replayed from its middle on to the same states, and to the byte as soon as what was not known is gone', () => {
    const { tapes } = recorded(encoderDeath, 1, 'whole', 60, { recordBytes: 4_194_304 });
    for (const { tape } of tapes) {
      const recording = tape.recording(2);
      expect(recording.generations[0]!.head.stateAudio).toBe('left-out');
      // Of each of two streams the loudness envelope of twenty seconds, 8 kB, the fingerprints of 512 frames, 6 kB, and the beginnings of 383, 7 kB; their audio
      // would be 330 kB.
      expect(recording.generations[0]!.state.length).toBeLessThan(50_000);
      const [stretch] = replay(recording);
      expect(stretch).toMatchObject({ divergence: undefined, failure: undefined, states: recording.generations.length - 1 });
      expect(stretch!.blocks - stretch!.blocksWithContent).toBeLessThan(10);
      expect(stretch!.blocksWithContent).toBeGreaterThan(50);
    }
  });
});
