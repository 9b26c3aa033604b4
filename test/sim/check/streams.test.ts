import { array, assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { textOf, type Happening } from '../../../sim/check/happening.ts';
import { firstDiscord } from '../../../sim/check/streams.ts';

/** A run of ten events, each scheduled by the one before. */
const events = Array.from({ length: 10 }, (_, number): Happening => ({ number, cause: number - 1, atUs: 100 * number, lines: [] }));

function told(happenings: readonly Happening[]): string {
  return ['seed 7', 'plays {}', ...happenings.map(textOf), 'end 7 {"traceHash":"0"}', ''].join('\n');
}

/** Two who tell these texts, in pieces of their own. */
async function compared(texts: readonly string[], cuts: readonly (readonly number[])[] = []): ReturnType<typeof firstDiscord> {
  return firstDiscord(texts.map((text, index) => ({ name: `teller ${index}`, chunks: pieces(text, cuts[index] ?? []) })));
}

function pieces(text: string, cuts: readonly number[]): Iterator<string> {
  const ends = [...cuts.map((cut) => cut % (text.length + 1)), text.length].sort((a, b) => a - b);
  return ends.map((end, index) => text.slice(ends[index - 1] ?? 0, end))[Symbol.iterator]();
}

const someCuts = array(integer({ min: 0, max: 10_000 }), { maxLength: 12 });

test('those who tell the same agree, whatever the pieces', async () => {
  await assert(
    asyncProperty(someCuts, someCuts, async (here, there) => {
      expect(await compared([told(events), told(events)], [here, there])).toBeUndefined();
    }),
  );
});

describe('an event that is another one', () => {
  const other = events.with(6, { ...events[6]!, atUs: 601, lines: [{ atUs: 601, actor: 'edge', kind: 'switch', reason: 'stalled' }] });

  test('is found, with what led to it, whatever the pieces', async () => {
    await assert(
      asyncProperty(someCuts, someCuts, async (here, there) => {
        const discord = await compared([told(events), told(other)], [here, there]);
        expect(discord?.seed).toBe('7');
        const [ours, theirs] = discord!.lines;
        expect(ours!.causes).toEqual([6, 5, 4, 3, 2, 1, 0].map((number) => events[number]));
        expect(theirs!.causes).toEqual([other[6], ...[5, 4, 3, 2, 1, 0].map((number) => events[number])]);
      }),
    );
  });

  test('is found in the third of three', async () => {
    const discord = await compared([told(events), told(events), told(other)]);
    expect(discord?.lines.map(({ text }) => text)).toEqual([textOf(events[6]!), textOf(events[6]!), textOf(other[6]!)]);
  });
});

test('one who ends early has no line where the other one has', async () => {
  const discord = await compared([told(events), told(events).slice(0, told(events).indexOf('5 4 '))]);
  expect(discord?.lines.map(({ text }) => text)).toEqual([textOf(events[5]!), undefined]);
});

test('nobody is asked for more before the others have come as far', async () => {
  let asked = 0;
  const eager = (function* (): Generator<string> {
    for (;;) {
      asked++;
      yield '1 0 1 []\n';
    }
  })();
  const slow = Array.from({ length: 5 }, () => '1 0 1 []\n')[Symbol.iterator]();
  await firstDiscord([{ name: 'eager', chunks: eager }, { name: 'slow', chunks: slow }]);
  expect(asked).toBeLessThanOrEqual(7);
});
