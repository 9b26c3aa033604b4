import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { ms } from '../../../../core/base/units.ts';
import { FrameGatherer } from '../../../../core/edge/segments/frames.ts';
import { FrameRing } from '../../../../core/edge/stream/ring.ts';
import { adtsFrame, join } from '../../codec/build.ts';
import { FRAME_US, numbered, numbersIn, range, silent } from '../../support/frames.ts';

function ringOf(frames: readonly Uint8Array[]): FrameRing {
  const ring = new FrameRing(ms(60_000), 4_000_000, new MemoryBudget(1e9));
  for (const [i, frame] of frames.entries()) ring.push(frame, i * FRAME_US, FRAME_US, undefined);
  return ring;
}

function gathered(ring: FrameRing, from: number, to: number): { bytes: Uint8Array; frames: number; stoppedAt: number } {
  const gatherer = new FrameGatherer();
  gatherer.begin(Infinity);
  const stoppedAt = gatherer.add(ring, from, to);
  return { bytes: gatherer.bytes, frames: gatherer.frames, stoppedAt };
}

/** A frame whose main data, which is short, begins so many bytes before it. */
function reachingBack(number: number, bytes: number): Uint8Array {
  const frame = silent(numbered(number));
  frame[4] = bytes >> 1;
  frame[5] = (frame[5]! & 0x7f) | ((bytes & 1) << 7);
  return frame;
}

describe('the frames of a segment', () => {
  it('are those of the ring, where none needs anything of those before', () => {
    const ring = ringOf(range(0, 299).map((n) => numbered(n)));
    const { bytes, frames, stoppedAt } = gathered(ring, 20, 250);
    expect(numbersIn(bytes)).toEqual(range(20, 249));
    expect([frames, stoppedAt]).toEqual([230, 250]);
  });

  it('begin with those that have all that they need, and go on as they are', () => {
    const frames = range(0, 99).map((n) => reachingBack(n, n === 0 ? 0 : 120));
    const { bytes, frames: count } = gathered(ringOf(frames), 50, 90);
    expect([bytes[4], bytes[5]! & 0x80, count]).toEqual([0, 0, 40]);
    const behind = join(...frames.slice(55, 90));
    expect(bytes.length - behind.length).toBeGreaterThanOrEqual(5 * frames[50]!.length);
    expect(Buffer.compare(bytes.subarray(bytes.length - behind.length), behind)).toBe(0);
  });

  it('stay as they are where one would have to be silent, because what it needs is not there', () => {
    const frames = range(0, 99).map((n) => reachingBack(n, 500));
    const { bytes, frames: count } = gathered(ringOf(frames), 0, 80);
    expect(bytes).toEqual(join(...frames.slice(0, 80)));
    expect(count).toBe(80);
  });

  it.each([3, 150])('end where the format changes, %i frames behind the beginning', (at) => {
    const frames = [...range(0, at - 1).map((n) => numbered(n)), ...range(0, 20).map(() => adtsFrame())];
    const { bytes, stoppedAt } = gathered(ringOf(frames), 0, frames.length);
    expect(numbersIn(bytes)).toEqual(range(0, at - 1));
    expect(stoppedAt).toBe(at);
  });
});
