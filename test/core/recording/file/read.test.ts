import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLOCK_HEAD_BYTES, BlockKind, jsonBlock, MAGIC } from '../../../../core/recording/file/format.ts';
import { readRecording } from '../../../../core/recording/file/read.ts';
import { join } from '../../codec/build.ts';
import { replay } from '../../../../sim/replay/replay.ts';
import { smallSettings, type Step } from '../../support/steps.ts';
import { recordEdge } from '../support.ts';

const programme: readonly Step[] = Array.from({ length: 12 }, (_, n) => [
  { kind: 'healthy', path: 0, stream: 1, count: 20, mount: 'a', aac: 1 },
  ...(n === 2 ? [{ kind: 'come' } as const] : []),
  { kind: 'wait', ms: 400 },
] as const).flat();

const tape = recordEdge(programme, { settings: { ...smallSettings, recordMs: 4_000, recordBytes: 1_073_741_824 } });
const whole = tape.bytes();
const blocksOf = (bytes: Uint8Array): number => readRecording(bytes).generations.reduce((sum, { blocks }) => sum + blocks.length, 0);

it('a recording with former names of settings is read with the present ones', () => {
  const headEnd = MAGIC.length + BLOCK_HEAD_BYTES + new DataView(whole.buffer, whole.byteOffset).getUint32(MAGIC.length + 1, true);
  const head = jsonBlock(BlockKind.head, { ...readRecording(whole).generations[0]!.head, settings: { pathSilenceMinMs: 90, ringMs: 5 } });
  const { generations } = readRecording(join(MAGIC, head, whole.subarray(headEnd)));
  expect(generations[0]!.head.settings).toEqual({ pathIdleMinMs: 90, ringMs: 5 });
});

describe('a file that is not whole', () => {
  it('is whole to begin with, and has several generations', () => {
    const { generations, problems } = readRecording(whole);
    expect(problems).toEqual([]);
    expect(generations.length).toBeGreaterThan(4);
    expect(generations.map(({ isContinuation }) => isContinuation)).toEqual(generations.map((_, n) => n > 0));
    expect(replay({ generations, problems })).toHaveLength(1);
  });

  it('gives all whole blocks in front of where it was cut, and says where that is', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: whole.length - 1 }), (length) => {
      const { generations, problems } = readRecording(whole.subarray(0, length));
      const stretches = replay({ generations, problems });
      for (const stretch of stretches) expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
      const isBetweenBlocks = problems.length === 0;
      if (!isBetweenBlocks) expect(problems.join()).toMatch(/the file ends in the middle of a block, which begins at byte \d+|cannot be read|nothing can be read/);
    }), { numRuns: 40 });
  });

  it('loses at most one generation to a byte that is wrong, and no more than one block in front of it', () => {
    fc.assert(fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = whole.slice();
      damaged[at]! ^= change;
      const { generations, problems } = readRecording(damaged);
      expect(problems.length).toBeGreaterThan(0);
      const lost = blocksOf(whole) - generations.reduce((sum, { blocks }) => sum + blocks.length, 0);
      expect(lost).toBeLessThanOrEqual(Math.max(...readRecording(whole).generations.map(({ blocks }) => blocks.length)));
      for (const stretch of replay({ generations, problems })) expect(stretch).toMatchObject({ divergence: undefined, failure: undefined });
    }), { numRuns: 40 });
  });

  it('is nothing at all when it is something else', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), (bytes) => {
      const { generations, problems } = readRecording(bytes);
      expect(generations).toEqual([]);
      expect(problems).toHaveLength(1);
    }));
  });
});

describe('a replay', () => {
  it('finds the block from which on something else comes out', () => {
    const recording = readRecording(whole);
    const later = { ...recording.generations[0]!, head: { ...recording.generations[0]!.head, settings: { ...smallSettings, listenerFlushMs: 600 } } };
    const stretch = replay({ ...recording, generations: [later, ...recording.generations.slice(1)] })[0]!;
    expect(stretch.divergence?.what).toBe('structure');
    // The listener comes at 0.8 s; blocks are half a second long.
    expect(stretch.divergence!.untilUs).toBeGreaterThan(800_000);
    expect(stretch.divergence!.fromUs).toBeLessThan(1_500_000);
  });

  it('has the policies of its mountpoints from the head', () => {
    const policies = { a: { settings: { mountEndMs: 300 } } };
    const { generations, problems } = recordEdge(programme, { settings: smallSettings, policies }).recording();
    expect(generations[0]!.head.policies).toEqual(policies);
    expect(replay({ generations, problems })[0]).toMatchObject({ divergence: undefined, failure: undefined });
    const without = generations.map((each) => ({ ...each, head: { ...each.head, policies: {} } }));
    expect(replay({ generations: without, problems })[0]!.divergence?.what).toBe('structure');
  });

  it('finds bytes that are others, where nothing else is', () => {
    const recording = readRecording(whole);
    // A byte of a frame, far behind its header.
    const block = recording.generations[0]!.blocks[1]!;
    const calls = block.calls.slice();
    calls[calls.lastIndexOf(0xfb) + 200]! ^= 1;
    const blocks = recording.generations[0]!.blocks.map((one) => (one === block ? { ...block, calls } : one));
    const stretch = replay({ ...recording, generations: [{ ...recording.generations[0]!, blocks }, ...recording.generations.slice(1)] })[0]!;
    expect(stretch.divergence?.what).toBe('content');
  });
});
