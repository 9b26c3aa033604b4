import { expect, it } from 'vitest';
import { ms } from '../../../../core/base/units.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { StreamHealth } from '../../../../core/edge/stream/health.ts';
import { FRAME_US } from '../../support/frames.ts';

it('a stream flows since its last pause, also where that is like one before it', () => {
  const health = new StreamHealth(defaultSettings, () => true);
  const flows = (fromMs: number, untilMs: number): void => {
    for (let atMs = fromMs; atMs < untilMs; atMs += 26) health.frame(ms(atMs), FRAME_US);
  };
  flows(0, 2_000);
  flows(5_000, 5_400);
  flows(7_400, 7_500);
  // What it waits for from now on is longer than that.
  expect(health.stallTimeoutUs).toBeGreaterThan(ms(2_000));
  expect(health.flowsSince).toBe(ms(7_400));
  health.lost(ms(7_500), FRAME_US);
  flows(7_510, 8_000);
  expect(health.flowsSince).toBe(ms(7_400));
  expect(health.steadySince).toBe(ms(7_500));
});
