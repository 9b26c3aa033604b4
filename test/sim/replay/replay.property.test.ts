import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Player } from '../../../sim/replay/player.ts';
import { nobody, replay } from '../../../sim/replay/replay.ts';
import { recordEdge, recordRelay, type Tape } from '../../core/recording/support.ts';
import { join } from '../../core/codec/build.ts';
import { numbered } from '../../core/support/frames.ts';
import { smallSettings, steps, type Step } from '../../core/support/steps.ts';

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
function expectSameRedacted(tape: Tape): void {
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
    fc.assert(fc.property(steps, (all) => expectSameRedacted(recordEdge(all, { settings, audio: 'left-out' }))), { numRuns: 40, examples: [[cutInRing]] });
  });

  it('of a relay', () => {
    fc.assert(fc.property(steps, (all) => expectSameRedacted(recordRelay(all, { settings, audio: 'left-out' }))), { numRuns: 15 });
  });
});

describe('the same with fallbacks, a file and another mountpoint,', () => {
  const policies = { a: { fallback: { mount: 'b' } } };
  // They go on for the minute that is waited in the end.
  const longer = { ...settings, recordMs: 40_000 };
  const files = { b: join(...Array.from({ length: 30 }, (_, n) => numbered(n, 9))) };

  // A stream that is forgotten, and stays the last one that was on air, heard of no connection that closed.
  const forgottenOnAir: Step[] = [
    { kind: 'healthy', path: 0, stream: 1, count: 2, mount: 'a', aac: 1 },
    { kind: 'wait', ms: 4_000 },
    { kind: 'close', path: 0 },
  ];

  it('to the byte', () => {
    const examples: [Step[]][] = [[forgottenOnAir]];
    fc.assert(fc.property(steps, (all) => expectSame(recordEdge(all, { settings: longer, policies, files }))), { numRuns: 6, examples });
  });

  it('without audio', () => {
    fc.assert(fc.property(steps, (all) => expectSameRedacted(recordEdge(all, { settings: longer, policies, files, audio: 'left-out' }))), { numRuns: 8 });
  });

  it('to the byte where the states are too large to have all audio', () => {
    const tape = recordEdge(allDie, { settings: { ...settings, recordBytes: 1_048_576 }, policies, files });
    const [first] = tape.recording(2).generations;
    expect(first!.head).toMatchObject({ audio: 'whole', stateAudio: 'left-out' });
    const [stretch] = replay(tape.recording(2));
    expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    expect(stretch!.blocksWithContent).toBeGreaterThan(10);
  });
});

/** Each of these frames lies behind a loss, and some of them are in a saved state: what is made of them at the cut depends on those before them. */
const cutInRing: Step[] = [
  { kind: 'run', path: 0, run: { stream: 1, replica: 0, type: 0, from: 0, by: 33, count: 7, length: 417, everyMs: 250 } },
  { kind: 'healthy', path: 0, stream: 1, count: 1, mount: 'a', aac: 0 },
  { kind: 'come' },
];

/** Two streams, then none for a minute: a fallback is all there is. */
const allDie: readonly Step[] = [
  ...Array.from({ length: 8 }, () => [
    { kind: 'healthy', path: 0, stream: 1, count: 20, mount: 'a', aac: 1 },
    { kind: 'healthy', path: 0, stream: 2, count: 20, mount: 'b', aac: 1 },
    { kind: 'come' },
    { kind: 'wait', ms: 400 },
  ] as const).flat(),
  ...Array.from({ length: 15 }, () => ({ kind: 'wait', ms: 4_000 }) as const),
];
