import { expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { StreamDescription } from '../../../../core/edge/stream/description.ts';
import { metadata } from '../../support/messages.ts';

function saying(): { say(at: number, sequence: number, text: string): void; since(text: string): number } {
  const description = new StreamDescription();
  return {
    say: (at, sequence, text) => {
      const bytes = metadata(sequence, text);
      description.keepText(at as Micros, { sequence, bytes, start: 0, end: bytes.length });
    },
    since: (text) => description.textSince(text),
  };
}

it('knows since when a stream has each of its texts, but not of the first one of a stream that was there before', () => {
  const old = saying();
  old.say(5, 1_001, 'a');
  old.say(6, 1_100, 'a');
  old.say(7, 1_200, 'b');
  old.say(8, 1_300, 'b');
  expect([old.since('a'), old.since('b'), old.since('c')]).toEqual([0, 7, 0]);
  const young = saying();
  young.say(5, 1_000, 'a');
  young.say(6, 1_300, 'b');
  expect([young.since('a'), young.since('b')]).toEqual([5, 6]);
});

it('takes nothing for news that a relay says again of its history', () => {
  const stream = saying();
  // The newest first, then the history in its order.
  stream.say(5, 9_000, 'c');
  stream.say(6, 8_000, 'a');
  stream.say(7, 8_500, 'b');
  stream.say(8, 9_000, 'c');
  expect([stream.since('a'), stream.since('b'), stream.since('c')]).toEqual([0, 0, 0]);
  stream.say(9, 9_500, 'd');
  expect(stream.since('d')).toBe(9);
});

it('remembers eight of them', () => {
  const stream = saying();
  for (let i = 1; i <= 12; i++) stream.say(i, i, `${i}`);
  expect([stream.since('4'), stream.since('5'), stream.since('12')]).toEqual([0, 5, 12]);
});
