import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Player } from '../../../sim/replay/player.ts';
import { nobody, replay } from '../../../sim/replay/replay.ts';
import { recordEdge, recordRelay, type Tape } from '../../core/recording/support.ts';
import { smallSettings, steps } from '../../core/support/steps.ts';

/** Generations of a second, so that there are many in which a replay can begin. */
const settings = { ...smallSettings, recordMs: 4_000, recordBytes: 1_073_741_824 };

/** From whichever generation on it is played, the same comes out as when it was recorded. */
function expectSame(tape: Tape): void {
  for (let from = 0; from < Math.min(tape.generations.length, 12); from++) {
    const recording = tape.recording(from);
    expect(recording.problems).toEqual([]);
    const { state } = recording.generations[0]!;
    const restored = new Player(recording.generations[0]!, nobody);
    if (state.length > 0) expect(Buffer.compare(restored.state({ audio: 'whole', stateAudio: 'whole' }), state)).toBe(0);
    const stretches = replay(recording);
    expect(stretches).toHaveLength(1);
    expect(stretches[0]).toMatchObject({ divergence: undefined, failure: undefined });
    expect(stretches[0]!.blocksWithContent).toBe(stretches[0]!.blocks);
    // And at the beginning of each further generation the machine is in the very state that was saved.
    expect(stretches[0]!.states).toBe(recording.generations.length - 1);
    if (from === 0) expect(stretches[0]!.blocks).toBeGreaterThan(0);
  }
}

/** Without audio the bytes cannot be the same; all that is done, when, and all lengths are. */
function expectSameOutline(tape: Tape): void {
  for (let from = 0; from < Math.min(tape.generations.length, 12); from++) {
    const [stretch] = replay(tape.recording(from));
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined, blocksWithContent: 0 });
  }
}

describe('a recording, played from any of its generations on, gives out the same to the byte', () => {
  it('of an edge', () => {
    fc.assert(fc.property(steps, (all) => expectSame(recordEdge(all, { settings }))), { numRuns: 40 });
  });

  it('of a relay', () => {
    fc.assert(fc.property(steps, (all) => expectSame(recordRelay(all, { settings }))), { numRuns: 20 });
  });
});

describe('a recording without audio, played from any of its generations on, does the same at the same time with the same lengths', () => {
  it('of an edge', () => {
    fc.assert(fc.property(steps, (all) => expectSameOutline(recordEdge(all, { settings, audio: 'left-out' }))), { numRuns: 40 });
  });

  it('of a relay', () => {
    fc.assert(fc.property(steps, (all) => expectSameOutline(recordRelay(all, { settings, audio: 'left-out' }))), { numRuns: 15 });
  });
});
