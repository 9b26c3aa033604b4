import { describe, expect, it } from 'vitest';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { ListenerExperience } from '../../../../core/edge/output/experience.ts';

const FRAME_US = 20_000;
const at = (atMs: number): Micros => ms(atMs);

/** Frames in real time, from one moment to another. */
function play(experience: ListenerExperience, fromMs: number, untilMs: number): void {
  for (let now = fromMs; now < untilMs; now += FRAME_US / 1_000) experience.frame(at(now), FRAME_US);
}

describe('what a listener with a burst of four seconds notices', () => {
  it('is nothing before the first frame, whenever that comes', () => {
    const experience = new ListenerExperience(ms(4_000));
    expect(experience.at(at(60_000))).toMatchObject({ stalls: 0, stalledUs: 0, bufferedUs: 4_000_000 });
    experience.frame(at(60_000), FRAME_US);
    expect(experience.at(at(60_000))).toMatchObject({ stalls: 0, bufferedUs: 4_000_000 });
  });

  it('is nothing of a pause that the buffer hides, and the buffer is full again when what was missed has come', () => {
    const experience = new ListenerExperience(ms(4_000));
    play(experience, 0, 1_000);
    expect(experience.at(at(3_980))).toMatchObject({ stalls: 0, bufferedUs: 1_000_000 });
    for (let missed = 0; missed < 150; missed++) experience.frame(at(3_980), FRAME_US);
    expect(experience.at(at(3_980))).toMatchObject({ stalls: 0, stalledUs: 0, bufferedUs: 4_000_000 });
  });

  it('is one stall for as long as the pause is longer than the buffer, also while it lasts', () => {
    const experience = new ListenerExperience(ms(4_000));
    play(experience, 0, 1_000);
    expect(experience.at(at(5_500))).toMatchObject({ stalls: 1, stalledUs: 520_000, bufferedUs: 0 });
    experience.frame(at(5_980), FRAME_US);
    expect(experience.at(at(5_980))).toMatchObject({ stalls: 1, stalledUs: 1_000_000, bufferedUs: FRAME_US });
    // The player has no reserve now: a frame that is late is heard, but it is still the same stall.
    experience.frame(at(6_005), FRAME_US);
    expect(experience.at(at(6_005))).toMatchObject({ stalls: 1, stalledUs: 1_005_000 });
  });

  it('is another stall once the buffer has recovered', () => {
    const experience = new ListenerExperience(ms(4_000));
    play(experience, 0, 1_000);
    for (let missed = 0; missed < 100; missed++) experience.frame(at(5_980), FRAME_US);
    play(experience, 6_000, 7_000);
    expect(experience.at(at(20_000)).stalls).toBe(2);
  });

  it('is measured with a second where there is no burst', () => {
    const experience = new ListenerExperience(ms(0));
    play(experience, 0, 1_000);
    expect(experience.at(at(1_500))).toMatchObject({ stalls: 0 });
    expect(experience.at(at(2_500))).toMatchObject({ stalls: 1, stalledUs: 520_000 });
  });

  it('is programme that is missing or repeated, each by its reason', () => {
    const experience = new ListenerExperience(ms(4_000));
    experience.discontinuity({ reason: 'switch', missingUs: 7_000 });
    experience.discontinuity({ reason: 'switch', missingUs: -3_000 });
    experience.discontinuity({ reason: 'skipped', missingUs: 52_000 });
    experience.discontinuity({ reason: 'fallback', missingUs: 9_000 });
    experience.discontinuity({ reason: 'switch', missingUs: undefined });
    expect(experience.at(at(0))).toMatchObject({ missingUs: { switch: 7_000, skipped: 52_000 }, repeatedUs: { switch: 3_000, skipped: 0 } });
  });
});
