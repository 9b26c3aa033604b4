import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canSayWants, decodeWants, encodeWants, encodeWantsTaken, MAX_WANTED_NAMES, MAX_WANTED_PATTERNS, MAX_WANTS_BYTES } from '../../../../core/wire/messages/wants.ts';
import { decodeMessage, type Message } from '../../../../core/wire/pdu.ts';
import { isTooLongFor } from '../../../../core/wire/messages/payloads.ts';
import { range } from '../../support/frames.ts';
import { hex } from '../../support/messages.ts';

const named = (count: number, name: (n: number) => string): string[] => range(0, count - 1).map(name);

function said(names: readonly string[]): readonly string[] | undefined {
  return decodeWants((decodeMessage(encodeWants(7, names)) as Message).payload);
}

describe('a WANTS', () => {
  it('is laid out as its document says', () => {
    expect(hex(encodeWants(3, ['ab', '*']))).toBe(`1500${'00'.repeat(16)}0000000000000003${'00'}026162${'012a'}`);
  });

  it('says any names, in their order, and nothing at all', () => {
    fc.assert(fc.property(fc.array(fc.stringMatching(/^[a-z*]{1,20}$/), { maxLength: MAX_WANTED_PATTERNS }), (names) => {
      expect(said(names)).toEqual(names);
    }));
    expect(said([])).toEqual([]);
  });

  it('that a relay sends back has no payload, and is none of a subscriber', () => {
    const taken = decodeMessage(encodeWantsTaken(9)) as Message;
    expect(taken).toMatchObject({ type: 21, sequence: 9 });
    expect(decodeWants(taken.payload)).toBeUndefined();
  });

  it.each([
    ['names', named(MAX_WANTED_NAMES, (n) => `m${n}`), named(MAX_WANTED_NAMES + 1, (n) => `m${n}`)],
    ['patterns', named(MAX_WANTED_PATTERNS, (n) => `m${n}*`), named(MAX_WANTED_PATTERNS + 1, (n) => `m${n}*`)],
    ['bytes', named(63, (n) => `${n}`.padStart(255, 'x')), named(65, (n) => `${n}`.padStart(255, 'x'))],
  ])('of too many %s is one of everything', (_what, most, tooMany) => {
    expect(canSayWants(most)).toBe(true);
    expect(said(most)).toEqual(most);
    expect(canSayWants(tooMany)).toBe(false);
    expect(said(tooMany)).toEqual(['*']);
  });

  it.each([
    ['nothing', []],
    ['another kind', [1, 1, 0x61]],
    ['a name that ends behind it', [0, 2, 0x61]],
    ['an empty name', [0, 0]],
    ['a name that can be no mountpoint', [0, 1, 0x20]],
    ['a name that is no UTF-8', [0, 1, 0xff]],
    ['too many names', [0, ...named(MAX_WANTED_NAMES + 1, () => 'a').flatMap(() => [1, 0x61])]],
    ['too many patterns', [0, ...named(MAX_WANTED_PATTERNS + 1, () => '*').flatMap(() => [1, 0x2a])]],
  ])('is none with %s', (_what, payload) => expect(decodeWants(Uint8Array.from(payload))).toBeUndefined());

  it('has a longest payload', () => {
    expect([MAX_WANTS_BYTES, MAX_WANTS_BYTES + 1].map((length) => isTooLongFor(21, length))).toEqual([false, true]);
  });
});
