import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLOCK_TOLERANCE_MS, isOfOurTime, MAX_STARTS, SenderStarts, type SenderStart } from '../../../../core/links/sealed/sender-starts.ts';

/** Takes a datagram as a relay does whose seals are all good. */
function takes(starts: SenderStarts<string>, now: number, { start, counter, sentAtMs }: Sent, max?: number): boolean {
  if (!isOfOurTime(sentAtMs, now)) return false;
  const known = starts.find(start);
  if (known === undefined ? !starts.mayBegin(sentAtMs) : !known.isNew(counter, sentAtMs)) return false;
  (known ?? starts.begin(start, start, max).begun).add(counter, sentAtMs);
  return true;
}

interface Sent {
  readonly start: string;
  readonly counter: number;
  readonly sentAtMs: number;
}

const NOW = 1_795_817_265_000;

describe('the starts of a sender', () => {
  it('are of our time within a minute, both ways', () => {
    expect([-CLOCK_TOLERANCE_MS - 1, -CLOCK_TOLERANCE_MS, CLOCK_TOLERANCE_MS, CLOCK_TOLERANCE_MS + 1].map((offset) => isOfOurTime(NOW + offset, NOW))).toEqual([false, true, true, false]);
  });

  it('are forgotten when nothing of theirs can come again, and not before', () => {
    const starts = new SenderStarts<string>();
    takes(starts, NOW, { start: 'a', counter: 1, sentAtMs: NOW });
    takes(starts, NOW, { start: 'b', counter: 1, sentAtMs: NOW + 5_000 });
    expect(starts.forgetBefore(NOW + CLOCK_TOLERANCE_MS)).toEqual([]);
    expect(starts.forgetBefore(NOW + CLOCK_TOLERANCE_MS + 1).map(({ its }) => its)).toEqual(['a']);
    expect(starts.size).toBe(1);
  });

  it('cannot be begun again with what was recorded of one that is forgotten, also when our clock is set back', () => {
    const starts = new SenderStarts<string>();
    takes(starts, NOW, { start: 'a', counter: 1, sentAtMs: NOW });
    starts.forgetBefore(NOW + CLOCK_TOLERANCE_MS + 1);
    expect(takes(starts, NOW, { start: 'a', counter: 1, sentAtMs: NOW })).toBe(false);
    expect(takes(starts, NOW, { start: 'a', counter: 2, sentAtMs: NOW + 1 })).toBe(true);
  });

  it('give way beyond the most there may be: the one that was heard the longest ago', () => {
    const starts = new SenderStarts<string>();
    takes(starts, NOW, { start: 'a', counter: 1, sentAtMs: NOW });
    takes(starts, NOW, { start: 'b', counter: 1, sentAtMs: NOW + 1 });
    takes(starts, NOW, { start: 'a', counter: 2, sentAtMs: NOW + 2 });
    const { gone } = starts.begin('c', 'c', 2) as { readonly gone: SenderStart<string> };
    expect([gone.its, starts.size, starts.find('b')]).toEqual(['b', 2, undefined]);
    const many = new SenderStarts<string>();
    for (let i = 0; i < 100; i++) takes(many, NOW, { start: String(i), counter: 1, sentAtMs: NOW + i }, 1_000_000);
    expect(many.size).toBe(MAX_STARTS);
  });
});

it('take nothing again of one that had to give way and goes on', () => {
  const starts = new SenderStarts<string>();
  const recorded = { start: 'a', counter: 1, sentAtMs: NOW };
  takes(starts, NOW, recorded);
  takes(starts, NOW, { start: 'b', counter: 1, sentAtMs: NOW + 1 }, 1);
  expect(takes(starts, NOW, { start: 'a', counter: 2, sentAtMs: NOW + 2 }, 1)).toBe(true);
  expect(takes(starts, NOW, recorded)).toBe(false);
});

const sent = fc.record({ start: fc.constantFrom('a', 'b', 'c', 'd', 'e'), counter: fc.integer({ min: 1, max: 2_000 }), sentAtMs: fc.integer({ min: NOW - 200_000, max: NOW + 200_000 }) });
const clock = fc.integer({ min: NOW - 150_000, max: NOW + 150_000 });

it('never take the same datagram twice, whatever comes when, what is forgotten meanwhile, and where our clock goes', () => {
  fc.assert(fc.property(fc.array(fc.tuple(clock, sent, fc.boolean()), { maxLength: 200 }), (calls) => {
    const starts = new SenderStarts<string>();
    const taken = new Set<string>();
    const all: Sent[] = [];
    for (const [now, datagram, forgets] of calls) {
      if (forgets) starts.forgetBefore(now);
      all.push(datagram);
      for (const one of [datagram, ...all]) {
        if (!takes(starts, now, one, 3)) continue;
        const name = `${one.start} ${one.counter} ${one.sentAtMs}`;
        expect(taken).not.toContain(name);
        taken.add(name);
      }
    }
  }), { numRuns: 100 });
});
