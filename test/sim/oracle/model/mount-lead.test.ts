import { describe, expect, test } from 'vitest';
import { MountLead } from '../../../../sim/oracle/model/mount-lead.ts';

/** Looks every 100 ms; gives what plays in that time, and `burstMs` more at the beginning of each part. */
function leadAfter(...parts: readonly { readonly forMs: number; readonly kbps: number; readonly burstMs?: number }[]): number {
  const lead = new MountLead(0, 0);
  let [nowMs, given] = [0, 0];
  for (const { forMs, kbps, burstMs = 0 } of parts) {
    given += (burstMs * kbps) / 8;
    for (const until = nowMs + forMs; nowMs < until; ) {
      nowMs += 100;
      given += (100 * kbps) / 8;
      lead.look(nowMs * 1000, given, kbps * 1000);
    }
  }
  return lead.bytes;
}

describe('what a mountpoint is ahead of its listeners', () => {
  test('is nothing when it gives out what plays', () => {
    expect(leadAfter({ forMs: 5_000, kbps: 128 })).toBeLessThanOrEqual(1_600);
  });

  test('is a burst, and stays that, for nobody plays faster', () => {
    expect(leadAfter({ forMs: 30_000, kbps: 128, burstMs: 2_000 })).toBeCloseTo(32_000, -4);
  });

  test('is as many seconds of the stream that follows, whatever its bit rate', () => {
    expect(leadAfter({ forMs: 5_000, kbps: 128, burstMs: 2_000 }, { forMs: 10_000, kbps: 320 })).toBeGreaterThanOrEqual(80_000);
    expect(leadAfter({ forMs: 5_000, kbps: 320, burstMs: 2_000 }, { forMs: 10_000, kbps: 64 })).toBeLessThan(20_000);
  });

  test('is all that has come at once behind a pause in which nobody looked', () => {
    const lead = new MountLead(0, 0);
    lead.look(1_100_000, 48_000, 128_000);
    expect(lead.bytes).toBe(48_000);
    lead.look(4_300_000, 48_000, 128_000);
    expect(lead.bytes).toBe(0);
  });

  test('is nothing of a mountpoint that has begun anew', () => {
    const lead = new MountLead(0, 0);
    lead.look(100_000, 80_000, 128_000);
    lead.look(200_000, 3_200, 128_000);
    expect(lead.bytes).toBeGreaterThanOrEqual(1_600);
    expect(lead.bytes).toBeLessThanOrEqual(3_200);
  });

  test('ends with a pause', () => {
    expect(leadAfter({ forMs: 5_000, kbps: 128, burstMs: 2_000 }, { forMs: 3_000, kbps: 0 }, { forMs: 1_000, kbps: 128 })).toBeLessThanOrEqual(1_600);
  });
});
