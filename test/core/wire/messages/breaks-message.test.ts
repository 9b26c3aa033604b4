import { describe, expect, it } from 'vitest';
import { decodeBreaks, encodeBreaks, MAX_BREAKS, saysMore, type Breaks } from '../../../../core/wire/messages/breaks-message.ts';

const breaks: Breaks = { number: 2 ** 32 + 5, slotMs: 6_000, count: 258 };

describe('a BREAKS', () => {
  it('has 16 bytes: the number of a segment, the length of its slot, and how many', () => {
    const payload = encodeBreaks(breaks);
    expect([...payload]).toEqual([0, 0, 0, 1, 0, 0, 0, 5, 0, 0, 0x17, 0x70, 0, 0, 1, 2]);
    expect(decodeBreaks(payload)).toEqual(breaks);
  });

  it('says at least one, and never more than there can be', () => {
    expect(decodeBreaks(encodeBreaks({ ...breaks, count: 0 }))).toBeUndefined();
    expect(decodeBreaks(encodeBreaks({ ...breaks, slotMs: 0 }))).toBeUndefined();
    expect(decodeBreaks(encodeBreaks({ ...breaks, count: MAX_BREAKS + 5 }))).toEqual({ ...breaks, count: MAX_BREAKS });
    const payload = encodeBreaks({ ...breaks, count: MAX_BREAKS });
    payload[15]!++;
    expect(decodeBreaks(payload)).toBeUndefined();
    payload[0] = 0xff;
    for (const wrong of [payload, payload.subarray(1), new Uint8Array(17), new Uint8Array(0)]) expect(decodeBreaks(wrong)).toBeUndefined();
  });

  it('says more with a higher count, or of segments of another length', () => {
    expect([saysMore(breaks, undefined), saysMore(breaks, breaks), saysMore({ ...breaks, count: 259 }, breaks), saysMore({ ...breaks, count: 1, number: 7 }, breaks), saysMore({ ...breaks, slotMs: 4_000 }, breaks)]).toEqual([true, false, true, false, true]);
  });
});
