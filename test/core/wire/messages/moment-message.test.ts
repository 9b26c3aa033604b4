import { describe, expect, it } from 'vitest';
import { decodeMoment, encodeMoment, goesBefore, type Moment } from '../../../../core/wire/messages/moment-message.ts';

const moment: Moment = { sequence: 2 ** 40 + 16, anchorUs: 1_800_000_000_123_456, sinceSamples: 1_152 * 40, onAirUs: 86_400_000_000 };

describe('a MOMENT', () => {
  it('has 32 bytes, the number of its message first', () => {
    const payload = encodeMoment(moment)!;
    expect([...payload.subarray(0, 8)]).toEqual([0, 0, 1, 0, 0, 0, 0, 16]);
    expect(payload).toHaveLength(32);
    expect(decodeMoment(payload)).toEqual(moment);
  });

  it('says nothing that a TIMELINE cannot say, and is of a message that all can speak of', () => {
    expect(encodeMoment({ ...moment, anchorUs: 5 })).toBeUndefined();
    const payload = encodeMoment(moment)!;
    for (const [at, value] of [[0, 0xff], [7, 17], [8, 0xff], [24, 0xff]] as const) {
      const wrong = payload.slice();
      wrong[at] = value;
      expect(decodeMoment(wrong)).toBeUndefined();
    }
    for (const wrong of [payload.subarray(1), new Uint8Array(33), new Uint8Array(32)]) expect(decodeMoment(wrong)).toBeUndefined();
  });

  it('counts before one whose anchor is earlier in the stream, and of two at one place that with the earlier time', () => {
    expect(goesBefore(moment, { ...moment, onAirUs: 1 })).toBe(true);
    expect(goesBefore({ ...moment, onAirUs: 1 }, moment)).toBe(false);
    expect(goesBefore({ ...moment, anchorUs: moment.anchorUs - 1 }, moment)).toBe(true);
    expect(goesBefore(moment, moment)).toBe(false);
  });
});
