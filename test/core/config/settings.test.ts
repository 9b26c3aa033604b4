import { describe, expect, it } from 'vitest';
import { defaultSettings, settingNames, settingProblem, settingTable, withSettings } from '../../../core/config/settings.ts';

describe('settings', () => {
  it.each(settingNames)('%s has a default within its own range, a role and a reason', (name) => {
    const { value, min, max, roles, why } = settingTable[name];
    expect(min).toBeLessThan(max);
    expect(settingProblem(name, value)).toBeUndefined();
    expect(settingProblem(name, min)).toBeUndefined();
    expect(settingProblem(name, max)).toBeUndefined();
    expect(defaultSettings[name]).toBe(value);
    expect(roles.length).toBeGreaterThan(0);
    expect(why.length).toBeGreaterThan(15);
    expect(name.toLowerCase()).toMatch(/ms$|bytes$|messages$|^max|ppm$|count$|s$/);
  });

  it.each(settingNames)('%s says what is wrong with a value out of range', (name) => {
    const { min, max, unit } = settingTable[name];
    for (const wrong of [min - 1, max + 1, min + 0.5, Number.NaN, Infinity, '7', null, undefined]) {
      expect(settingProblem(name, wrong)).toBe(`${name} must be a whole number of ${unit} from ${min} to ${max}, not ${String(wrong)}`);
    }
  });

  it('are the defaults, with some changed', () => {
    expect(withSettings({})).toEqual(defaultSettings);
    expect(withSettings({ stallMinMs: 400 })).toEqual({ ...defaultSettings, stallMinMs: 400 });
    expect(() => withSettings({ stallMinMs: 1 })).toThrow(new RangeError(settingProblem('stallMinMs', 1)));
  });

  it('have the values that the issue names', () => {
    expect(defaultSettings).toMatchObject({
      backoffMinMs: 100, announceMs: 2_000, targetKeepMs: 10_000, historyMs: 10_000, ringMs: 10_000, forgetMs: 20_000, mountEndMs: 10_000, burstMs: 4_000,
      icyIntervalBytes: 16_000, listenerQueueBytes: 524_288,
    });
  });

  it('by default fit one another', () => {
    const s = defaultSettings;
    expect(s.backoffMinMs).toBeLessThanOrEqual(s.backoffMaxMs);
    expect(s.pathIdleMinMs).toBeLessThanOrEqual(s.pathIdleMaxMs);
    expect(s.pathIdleMaxMs).toBeLessThanOrEqual(s.gapMaxMs);
    expect(s.stallMinMs).toBeLessThanOrEqual(s.stallMaxMs);
    expect(s.matchMs).toBeGreaterThanOrEqual(s.ringMs);
    expect(s.mountEndMs).toBeLessThan(s.forgetMs);
    expect(s.stallMaxMs).toBeLessThan(s.ringMs);
    expect(s.maxUnannouncedStreams).toBeLessThanOrEqual(s.maxStreams);
    expect(s.windowMessages).toBeGreaterThanOrEqual(999);
  });

  it('has a segment of two or more parts', () => {
    expect(() => withSettings({ hlsSegmentMs: 2_000, hlsPartMs: 2_000 })).toThrow('hlsSegmentMs (2000) must be a multiple of hlsPartMs (2000), and at least twice as long');
    expect(withSettings({ hlsSegmentMs: 4_000, hlsPartMs: 2_000 }).hlsPartMs).toBe(2_000);
  });

  it('refuses a smallest value above the largest one of the same thing', () => {
    expect(() => withSettings({ stallMinMs: 5_000 })).toThrow('stallMinMs (5000) must not be more than stallMaxMs (3000)');
    expect(withSettings({ stallMinMs: 5_000, stallMaxMs: 5_000 }).stallMinMs).toBe(5_000);
  });
});
