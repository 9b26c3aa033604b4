import { describe, expect, it } from 'vitest';
import { BufferMargin } from '../../../core/probe/buffer-margin.ts';

describe('Lead', () => {
  it('falls as deep as the longest outage that is made up for', () => {
    const lead = new BufferMargin();
    lead.take(0, 4_000);
    for (let at = 100; at <= 2_000; at += 100) lead.take(at, 100);
    lead.take(3_500, 1_500);
    expect(lead.deepestFall).toBe(1_500);
  });

  it('adds up what never comes', () => {
    const lead = new BufferMargin();
    for (let at = 0; at <= 5_100; at += 100) if (at % 1_000 !== 0 || at === 0) lead.take(at, 100);
    // Five times 100 ms are missing, and before each arrival 100 ms have been played.
    expect(lead.deepestFall).toBe(600);
  });

  it('falls while nothing comes, and forgets on demand', () => {
    const lead = new BufferMargin();
    lead.take(0, 100);
    lead.look(700);
    expect(lead.deepestFall).toBe(700);
    lead.restart(700);
    lead.take(800, 100);
    expect(lead.deepestFall).toBe(100);
  });

  it('knows of no fall before anything has come', () => {
    const lead = new BufferMargin();
    lead.look(5_000);
    expect(lead.deepestFall).toBe(0);
  });
});
