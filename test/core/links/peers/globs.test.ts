import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../../../core/links/peers/globs.ts';

describe('a pattern', () => {
  it.each([
    ['jazz', 'jazz'],
    ['*', ''],
    ['*', 'jazz'],
    ['jazz*', 'jazz'],
    ['jazz*', 'jazz-hd'],
    ['*.mp3', 'radio.mp3'],
    ['radio/*/hd', 'radio/one/two/hd'],
    ['a*b*c', 'abbbc'],
    ['a*b*c', 'axxbxxbxc'],
    ['**', 'x'],
    ['a*a', 'aa'],
    ['r.dio', 'r.dio'],
  ])('%s is that of %j', (glob, text) => {
    expect(matchesGlob(glob, text)).toBe(true);
  });

  it.each([
    ['jazz', 'jazz2'],
    ['jazz', ''],
    ['', 'jazz'],
    ['jazz*', 'jaz'],
    ['a*a', 'a'],
    ['ab*ba', 'aba'],
    ['a*b*c', 'acb'],
    ['*b*b', 'ab'],
    ['r.dio', 'radio'],
    ['Jazz', 'jazz'],
  ])('%s is not that of %j', (glob, text) => {
    expect(matchesGlob(glob, text)).toBe(false);
  });

  it('takes no longer for being made to', () => {
    // Of an expression with as many stars, this would take longer than the universe has been there.
    expect(matchesGlob(`${'a*'.repeat(100)}b`, 'a'.repeat(255))).toBe(false);
  });
});
