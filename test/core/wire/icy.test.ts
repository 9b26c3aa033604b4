import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIcyText, encodeIcyText, icyBlock, icyTitleOf, icyTitleText, MAX_ICY_BYTES } from '../../../core/wire/icy.ts';
import { utf8Decode, utf8Encode } from '../../../core/base/text.ts';
import { ascii, join } from '../codec/build.ts';

describe('a metadata text', () => {
  it('is read without its padding', () => {
    expect(decodeIcyText(join(ascii("StreamTitle='A - B';"), new Uint8Array(12)))).toBe("StreamTitle='A - B';");
    expect(decodeIcyText(new Uint8Array(16))).toBe('');
    expect(decodeIcyText(new Uint8Array(0))).toBe('');
  });

  it('is read as UTF-8, or else as ISO 8859-1', () => {
    expect(decodeIcyText(utf8Encode("StreamTitle='Sigur Rós';"))).toBe("StreamTitle='Sigur Rós';");
    expect(decodeIcyText(ascii("StreamTitle='Sigur R\u00f3s';"))).toBe("StreamTitle='Sigur Rós';");
  });

  it('has no line breaks or NULs, wherever they stood', () => {
    expect(decodeIcyText(ascii("StreamTitle='a\r\nb\u0000c';"))).toBe("StreamTitle='a  b c';");
  });

  it('has no C1 controls, which a terminal obeys', () => {
    expect(decodeIcyText(utf8Encode("StreamTitle='a\u009b2Jb\u0085';"))).toBe("StreamTitle='a 2Jb ';");
  });

  it('has no address that a player must not open', () => {
    expect(decodeIcyText(ascii("StreamTitle='a';StreamUrl='javascript:alert(1)';"))).toBe("StreamTitle='a';StreamUrl='';");
    expect(decodeIcyText(ascii("StreamTitle='a';StreamUrl='http://x/';"))).toBe("StreamTitle='a';StreamUrl='http://x/';");
  });

  it('longer than a block is cut between characters', () => {
    const text = decodeIcyText(utf8Encode(`x${'é'.repeat(3_000)}`));
    expect(text.slice(0, 5)).toBe('xéééé');
    expect(utf8Encode(text).length).toBeLessThanOrEqual(MAX_ICY_BYTES);
  });
});

describe('icyTitleOf', () => {
  it.each([
    ["StreamTitle='A - B';", 'A - B'],
    ["StreamTitle='A - B';StreamUrl='http://x/';", 'A - B'],
    ["StreamTitle='Don't stop';", "Don't stop"],
    ["StreamTitle='Rock 'n' Roll';StreamUrl='';", "Rock 'n' Roll"],
    ["StreamUrl='';StreamTitle='A';", 'A'],
    ["StreamTitle='';", ''],
    ["StreamTitle='unfinished", 'unfinished'],
    ["StreamUrl='x';", ''],
    ['', ''],
  ])('finds in %j the title %j', (text, title) => {
    expect(icyTitleOf(text)).toBe(title);
  });

  it('finds the title of every text that was made of one', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (title) => {
      fc.pre(!title.includes("';Stream"));
      expect(icyTitleOf(icyTitleText(title))).toBe(title);
    }));
  });
});

describe('a metadata block', () => {
  it('is a length in units of 16, the text, and zeros', () => {
    expect(icyBlock('')).toEqual(Uint8Array.of(0));
    expect(icyBlock('abc')).toEqual(join(Uint8Array.of(1), ascii('abc'), new Uint8Array(13)));
    expect(icyBlock('x'.repeat(16))).toHaveLength(17);
    expect(icyBlock('x'.repeat(17))).toHaveLength(33);
  });

  it('is never longer than its length byte can say, and cuts no character', () => {
    fc.assert(fc.property(fc.constantFrom('a', 'é', '€', '😀', 'aé€😀'), fc.integer({ min: 1, max: 5_000 }), fc.nat(3), (unit, count, shift) => {
      const text = 'x'.repeat(shift) + unit.repeat(count);
      const block = icyBlock(text);
      expect(block[0]).toBeLessThanOrEqual(255);
      expect(block.length).toBe(1 + 16 * block[0]!);
      const decoded = utf8Decode(block.subarray(1))!.replace(/\0+$/, '');
      expect(text.startsWith(decoded)).toBe(true);
      expect(decoded.length === text.length || utf8Encode(decoded).length > MAX_ICY_BYTES - 4).toBe(true);
      expect(utf8Decode(encodeIcyText(text))).toBe(decoded);
    }), { numRuns: 50 });
  });

  it('of a long title still closes it: players look for the end', () => {
    const text = utf8Decode(icyBlock(icyTitleText('y'.repeat(5_000))).subarray(1))!;
    expect(text.replace(/\0+$/, '').endsWith("';")).toBe(true);
  });

  it('of any bytes reads back as what they say', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = decodeIcyText(bytes);
      expect(decodeIcyText(icyBlock(text).subarray(1))).toBe(text.replace(/\0+$/, ''));
    }));
  });
});
