import { describe, expect, it } from 'vitest';
import { decodeLoosely, hasControlCharacter, hasDirectionMark, utf8Decode, utf8Encode, utf8Truncate } from '../../../core/base/text.ts';

describe('utf8Decode', () => {
  it.each([
    ['a lone continuation', [0x80]],
    ['an overlong slash in two bytes', [0xc0, 0xaf]],
    ['an overlong slash in three', [0xe0, 0x80, 0xaf]],
    ['an overlong slash in four', [0xf0, 0x80, 0x80, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['beyond U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['a cut character', [0x41, 0xe2, 0x82]],
    ['a lead instead of a continuation', [0xe2, 0x82, 0x41]],
  ])('refuses %s', (_what, bytes) => {
    expect(utf8Decode(Uint8Array.from(bytes))).toBeUndefined();
  });

  it.each([0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xffff, 0x1_0000, 0x10_ffff])('knows code point %i', (code) => {
    const text = String.fromCodePoint(code);
    expect(utf8Encode(text)).toEqual(new Uint8Array(new TextEncoder().encode(text)));
    expect(utf8Decode(utf8Encode(text))).toBe(text);
  });
});

describe('utf8Encode', () => {
  it('replaces a lone surrogate', () => {
    expect([...utf8Encode('a\ud800b\udc00')]).toEqual([0x61, 0xef, 0xbf, 0xbd, 0x62, 0xef, 0xbf, 0xbd]);
  });
});

describe('decodeLoosely', () => {
  it('reads Windows-1252 where it is no UTF-8', () => {
    expect(decodeLoosely(Uint8Array.of(0x42, 0x6a, 0xf6, 0x72, 0x6b))).toBe('Björk');
    expect(decodeLoosely(Uint8Array.of(0x93, 0x44, 0x92, 0x94, 0x96, 0x80, 0x8c, 0x9f))).toBe('“D’”–€ŒŸ');
    expect(decodeLoosely(utf8Encode('Björk'))).toBe('Björk');
  });
});

describe('utf8Truncate', () => {
  it('cuts between characters', () => {
    expect(utf8Decode(utf8Truncate('aé€😀', 3))).toBe('aé');
    expect(utf8Decode(utf8Truncate('aé€😀', 5))).toBe('aé');
    expect(utf8Decode(utf8Truncate('aé€😀', 6))).toBe('aé€');
    expect(utf8Decode(utf8Truncate('aé€😀', 9))).toBe('aé€');
    expect(utf8Decode(utf8Truncate('aé€😀', 10))).toBe('aé€😀');
    expect(utf8Truncate('😀', 0)).toHaveLength(0);
  });
});

describe('hasDirectionMark', () => {
  it('finds each of the marks of UAX #9, and no letter of a language that is written from right to left', () => {
    for (const code of [0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069]) expect(hasDirectionMark(`a${String.fromCharCode(code)}`)).toBe(true);
    expect(hasDirectionMark('רדיו راديو')).toBe(false);
  });
});

describe('hasControlCharacter', () => {
  it('knows C0, DEL and C1', () => {
    for (const code of [0, 9, 10, 13, 0x1f, 0x7f, 0x80, 0x85, 0x9f]) expect(hasControlCharacter(`a${String.fromCharCode(code)}`)).toBe(true);
    for (const code of [0x20, 0x7e, 0xa0, 0xe9, 0x20ac]) expect(hasControlCharacter(`a${String.fromCharCode(code)}`)).toBe(false);
  });
});
