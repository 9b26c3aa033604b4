import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeTitle, encodeTitle, isNewer, MAX_TITLE_MESSAGE_BYTES, MAX_TITLE_VERSION, newTitle, textOfTitle, type SetTitle } from '../../../../core/wire/messages/set-title.ts';

const titles: fc.Arbitrary<SetTitle> = fc.record({
  version: fc.oneof(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: MAX_TITLE_VERSION })),
  title: fc.option(fc.string({ unit: 'grapheme', maxLength: 20 }), { nil: undefined }),
}).map(({ version, title }) => (title === undefined ? { version, title } : newTitle(title, version, undefined)));

/** What somebody knows who has heard of these, one after the other. */
function known(heard: readonly SetTitle[]): SetTitle | undefined {
  return heard.reduce<SetTitle | undefined>((newest, one) => (isNewer(one, newest) ? one : newest), undefined);
}

describe('the title of a mountpoint', () => {
  it('is the same for all who have heard of the same ones, in whichever order', () => {
    fc.assert(fc.property(fc.array(titles, { maxLength: 6 }).chain((all) => fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length }))), ([all, other]) => {
      expect(known(other)).toEqual(known(all));
      expect(known([...all, ...other])).toEqual(known(all));
    }));
  });

  it('replaces the one before, also by a clock that is behind', () => {
    const before = newTitle('One', 5_000, undefined);
    const next = newTitle('Two', 1_000, before);
    expect(next.version).toBe(5_001);
    expect(isNewer(next, before)).toBe(true);
    expect(newTitle('x', 1e300, undefined).version).toBe(MAX_TITLE_VERSION);
    expect(newTitle('x', -1, undefined).version).toBe(1);
  });

  it('is on the wire as it was set', () => {
    fc.assert(fc.property(titles, fc.boolean(), (title, isOrdered) => {
      expect(decodeTitle(encodeTitle({ ...title, isOrdered }))).toEqual({ ...title, isOrdered });
    }));
  });

  it('has no control characters, leads nowhere, and fits into a block', () => {
    expect(newTitle('a\u0007\r\nb', 1, undefined).title).toBe('a   b');
    expect(textOfTitle("x';StreamUrl='javascript:alert(1)")).not.toContain('javascript');
    const long = newTitle('é'.repeat(5_000), 1, undefined);
    expect(encodeTitle({ ...long, isOrdered: true }).length).toBeLessThanOrEqual(MAX_TITLE_MESSAGE_BYTES);
  });
});

describe('the payload of a TITLE', () => {
  it('has its numbers where the manual says', () => {
    expect([...encodeTitle({ version: 0x0102_0304_0506, title: 'Hé', isOrdered: true })]).toEqual([1, 0, 0, 1, 2, 3, 4, 5, 6, 0x48, 0xc3, 0xa9]);
    expect([...encodeTitle({ version: 7, title: undefined, isOrdered: false })]).toEqual([2, 0, 0, 0, 0, 0, 0, 0, 7]);
  });

  it.each([
    ['nothing', []],
    ['half a head', [1, 0, 0, 0]],
    ['version 0', [1, 0, 0, 0, 0, 0, 0, 0, 0, 0x41]],
    ['a version beyond all times', [1, 0, 2, 0, 0, 0, 0, 0, 0, 0x41]],
    ['flags that nobody knows', [4, 0, 0, 0, 0, 0, 0, 0, 1, 0x41]],
    ['a text that is not in force', [0, 0, 0, 0, 0, 0, 0, 0, 1, 0x41]],
    ['no UTF-8', [1, 0, 0, 0, 0, 0, 0, 0, 1, 0xff]],
    ['a control character', [1, 0, 0, 0, 0, 0, 0, 0, 1, 10]],
  ])('is none with %s', (_, bytes) => {
    expect(decodeTitle(Uint8Array.from(bytes))).toBeUndefined();
  });

  it('is read or refused, whatever it is', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      const title = decodeTitle(bytes);
      if (title !== undefined) expect(encodeTitle(title)).toEqual(bytes);
    }));
  });
});
