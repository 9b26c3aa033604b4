import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeStreamTime, encodeStreamTime, MAX_UNIX_US, MIN_UNIX_US, type StreamTime } from '../../../../core/wire/messages/timeline-message.ts';

const sane: StreamTime = { anchorUs: 1_800_000_000_123_456, sinceSamples: 88_200, onAirUs: 5_000_000_000 };

/** Three numbers as they would be on the wire. */
function payload(...numbers: readonly bigint[]): Uint8Array {
  const bytes = new Uint8Array(24);
  for (const [i, number] of numbers.entries()) new DataView(bytes.buffer).setBigUint64(8 * i, number);
  return bytes;
}

describe('the payload of a TIMELINE', () => {
  it('has its numbers where the manual says', () => {
    expect(encodeStreamTime(sane)).toEqual(payload(1_800_000_000_123_456n, 88_200n, 5_000_000_000n));
  });

  it('is on the wire as it was said', () => {
    const times = fc.record({ anchorUs: fc.integer({ min: MIN_UNIX_US, max: MAX_UNIX_US }), sinceSamples: fc.integer({ min: 0, max: 2 ** 48 }), onAirUs: fc.integer({ min: 0, max: 2 ** 52 }) });
    fc.assert(fc.property(times, (time) => {
      expect(decodeStreamTime(encodeStreamTime(time)!)).toEqual(time);
    }));
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array(0)],
    ['a byte too few', payload(1_800_000_000_000_000n).subarray(0, 23)],
    ['a byte too many', Uint8Array.of(...payload(1_800_000_000_000_000n), 0)],
    ['a clock that was never set', payload(31_000_000n)],
    ['the year 3000', payload(32_503_680_000_000_000n)],
    ['a time below 0', payload(-1n & 0xffff_ffff_ffff_ffffn)],
    ['more than a number can hold', payload(2n ** 53n + 1n)],
    ['samples without end', payload(1_800_000_000_000_000n, 2n ** 64n - 1n)],
    ['a stream older than mankind’s radio', payload(1_800_000_000_000_000n, 0n, 2n ** 60n)],
  ])('is none with %s', (_, bytes) => {
    expect(decodeStreamTime(bytes)).toBeUndefined();
  });

  it('is not made of what it cannot say', () => {
    expect(encodeStreamTime({ ...sane, anchorUs: 0 })).toBeUndefined();
    expect(encodeStreamTime({ ...sane, onAirUs: 2 ** 53 })).toBeUndefined();
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 20, maxLength: 28 }), (bytes) => {
      const time = decodeStreamTime(bytes);
      if (time !== undefined) expect(encodeStreamTime(time)).toEqual(bytes);
    }));
  });
});
