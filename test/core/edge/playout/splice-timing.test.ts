import { expect, test } from 'vitest';
import { LoudnessEnvelope } from '../../../../core/edge/content/loudness-envelope.ts';
import type { EdgeStream } from '../../../../core/edge/stream/stream.ts';
import { isGoodSpliceTime } from '../../../../core/edge/playout/splice-timing.ts';
import type { Takeover } from '../../../../core/edge/playout/takeover.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { adtsFrame } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { SameClock } from '../../support/same-clock.ts';
import { onAir, Source } from '../../support/station.ts';

const LENGTH = 372;

/** An AAC frame of one channel, long windows but where it begins short ones; its number and its maker's lie further behind. */
function windowed(number: number, maker: number, startsShort: boolean): Uint8Array {
  const frame = adtsFrame({ channelConfiguration: 1, lengthBytes: LENGTH });
  const bits = `000 0000 01111011 0 ${startsShort ? '01' : '00'} 1`.replaceAll(' ', '');
  for (const [at, bit] of [...bits].entries()) {
    const mask = 0x80 >> (at & 7);
    frame[7 + (at >> 3)] = bit === '1' ? frame[7 + (at >> 3)]! | mask : frame[7 + (at >> 3)]! & ~mask;
  }
  // Among what tells one sound from the other, and where it is read again.
  for (const at of [20, 60]) frame.set([maker, number & 0x7f, (number >> 7) & 0x7f], at);
  return frame;
}

const startsShort = (number: number): boolean => number % 3 !== 0;

test.each([30_000, 30_027, 30_053, 30_079, 30_105])('an operator is served at the first cut at which the windows agree, from %i ms on', (atMs) => {
  const rig = new EdgeRig({}, { newMatcher: () => new SameClock('content') });
  const main = new Source(rig.open(), { stream: 1, frame: (number, maker) => windowed(number, maker, startsShort(number)) });
  const backup = new Source(rig.open(), { stream: 2, frame: (number, maker) => windowed(number, maker, false), delayMs: [4] });
  onAir(rig, [main], 200);
  onAir(rig, [main, backup], 10_000);
  const listener = rig.join('test', { burstMs: 0 });
  onAir(rig, [main, backup], atMs);
  rig.edge.command(rig.now as Micros, 'test', { kind: 'switch', to: backup.name });
  onAir(rig, [main, backup], 40_000);
  expect(rig.of('switch')).toMatchObject([{ reason: 'operator', missingMs: 0 }]);
  const audio = rig.audio(listener);
  const frames = Array.from({ length: audio.length / LENGTH }, (_, n) => audio.subarray(n * LENGTH + 60, n * LENGTH + 63));
  const first = frames.findIndex(([maker]) => maker === 2);
  const numbers = frames.map(([, low, high]) => low! | (high! << 7));
  expect(numbers[first]).toBe(numbers[first - 1]! + 1);
  expect(startsShort(numbers[first - 1]!)).toBe(false);
});

test('a moment is good when the programme is about as quiet as it was in the last two seconds', () => {
  const envelope = new LoudnessEnvelope(1_000);
  const stream = { envelope, ring: { count: 0 } } as unknown as EdgeStream;
  const takeover = { stream: {}, index: 0 } as unknown as Takeover;
  let atUs = 0;
  const goesOn = (level: number, forMs: number): boolean => {
    for (const endUs = atUs + 1_000 * forMs; atUs < endUs; atUs += 13_000) envelope.add(atUs, level);
    return isGoodSpliceTime(takeover, stream);
  };
  expect(isGoodSpliceTime(takeover, stream)).toBe(true);
  expect(goesOn(180, 3_000)).toBe(true);
  expect(goesOn(150, 300)).toBe(true);
  expect(goesOn(157, 300)).toBe(true);
  expect(goesOn(180, 1_000)).toBe(false);
  expect(goesOn(180, 1_500)).toBe(true);
});
