import { expect, it } from 'vitest';
import type { Micros } from '../../../../core/base/units.ts';
import { StreamDescription } from '../../../../core/edge/stream/description.ts';
import { textOfTitle } from '../../../../core/wire/messages/set-title.ts';
import { metadata } from '../../support/messages.ts';

function saying(): { say(at: number, sequence: number, text: string, isRepeat?: boolean): void; lost(heardAt: number): void; since(text: string): number } {
  const description = new StreamDescription();
  return {
    say: (at, sequence, text, isRepeat = true) => {
      const bytes = metadata(sequence, text);
      description.keepText(at as Micros, { sequence, bytes, start: 0, end: bytes.length }, isRepeat);
    },
    lost: (heardAt) => description.lost(heardAt as Micros),
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

it('goes on with the texts that come, where the number of the first one is far ahead of all', () => {
  const description = new StreamDescription();
  const say = (at: number, sequence: number, text: string): void => {
    const bytes = metadata(sequence, text);
    description.keepText(at as Micros, { sequence, bytes, start: 0, end: bytes.length }, true);
  };
  say(5, 2 ** 47, 'wrong');
  say(6, 2_000, 'a');
  say(7, 2_100, 'b');
  expect(['wrong', 'a', 'b'].map((text) => description.hasHad(text))).toEqual([true, true, true]);
  // How old the first one of them is nobody knows.
  expect(['a', 'b'].map((text) => description.textSince(text))).toEqual([0, 7]);
});

it('takes a text that is said again behind a loss for as old as that, but not one that is said for the first time, nor the next one', () => {
  const stream = saying();
  stream.say(5, 1, 'a');
  stream.lost(10);
  stream.lost(20);
  stream.say(30, 800, 'b');
  stream.say(40, 900, 'c');
  stream.lost(50);
  stream.say(60, 1_000, 'c');
  stream.say(70, 1_100, 'd');
  stream.lost(80);
  stream.say(90, 1_200, 'e', false);
  expect([...'abcde'].map((text) => stream.since(text))).toEqual([5, 10, 40, 70, 90]);
});

it('remembers eight of them', () => {
  const stream = saying();
  for (let i = 1; i <= 12; i++) stream.say(i, i, `${i}`);
  expect([stream.since('4'), stream.since('5'), stream.since('12')]).toEqual([0, 5, 12]);
});

it('knows a text that was set as such until the source has the same one itself, though a later title has come', () => {
  const description = new StreamDescription();
  const say = (sequence: number, text: string): void => {
    const bytes = metadata(sequence, text);
    description.keepText(sequence as Micros, { sequence, bytes, start: 0, end: bytes.length }, true);
  };
  const text = textOfTitle('Set');
  // Both come ahead of what was sent between them, which is waited for.
  description.keepTitle(10, { version: 1, title: 'Set' });
  description.keepTitle(20, { version: 1, title: undefined });
  say(11, text);
  expect(description.hasTaken(text)).toBe(true);
  // The encoder goes on with it where another one of the mountpoint has had a title by its source.
  say(21, text);
  expect(description.hasTaken(text)).toBe(true);
  say(26, textOfTitle('Next'));
  expect(description.hasTaken(text)).toBe(true);
  say(31, text);
  expect(description.hasTaken(text)).toBe(false);
});

it('knows whether a text was said before a title was set, also when that is heard of first', () => {
  const description = new StreamDescription();
  const say = (sequence: number, text: string): void => {
    const bytes = metadata(sequence, text);
    description.keepText(sequence as Micros, { sequence, bytes, start: 0, end: bytes.length }, false);
  };
  description.keepTitle(30, { version: 2, title: 'Set' });
  say(10, 'Song 1');
  expect([description.isBeforeSet('Song 1'), description.isBeforeSet('Song 2')]).toEqual([true, false]);
  // It goes on behind it: the title has come, and is not in force any more.
  say(40, 'Song 1');
  expect(description.isBeforeSet('Song 1')).toBe(false);
});

it('takes no text for older than a title that was set, when the number of that is far ahead of all', () => {
  const description = new StreamDescription();
  const bytes = metadata(10, 'Song 1');
  description.keepTitle(2 ** 47, { version: 2, title: 'Set' });
  description.keepText(10 as Micros, { sequence: 10, bytes, start: 0, end: bytes.length }, false);
  expect(description.isBeforeSet('Song 1')).toBe(false);
});
