import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeLoosely, hasLoneSurrogate, utf8Decode, utf8Encode, utf8Length, utf8Truncate } from '../../../core/base/text.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 60 });
/** Bytes in which UTF-8 is begun, broken and overlong far more often than in random ones. */
const nearUtf8 = fc.array(
  fc.oneof(
    fc.constantFrom(0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xee, 0xef, 0xf0, 0xf3, 0xf4, 0xf5, 0xff),
    fc.integer({ min: 0, max: 255 }),
  ),
  { maxLength: 12 },
).map((bytes) => Uint8Array.from(bytes));

function platformDecode(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

describe('UTF-8', () => {
  it('is encoded as the platform does', () => {
    fc.assert(fc.property(anyText, (text) => {
      expect(Buffer.compare(utf8Encode(text), new TextEncoder().encode(text))).toBe(0);
    }));
  });

  it('is decoded, or refused, as the platform does', () => {
    fc.assert(fc.property(fc.oneof(nearUtf8, anyText.map(utf8Encode)), (bytes) => {
      expect(utf8Decode(bytes)).toBe(platformDecode(bytes));
    }), { numRuns: 2_000 });
  });

  it('of a long text is decoded as that of a short one', () => {
    fc.assert(fc.property(fc.nat(4), fc.integer({ min: 300, max: 900 }), fc.constantFrom('a', 'é', '€', '😀', 'a😀'), (shift, count, unit) => {
      const text = 'x'.repeat(shift) + unit.repeat(count);
      expect(utf8Decode(utf8Encode(text))).toBe(text);
      expect(decodeLoosely(Uint8Array.of(0xff, ...utf8Encode(text))).length).toBe(1 + utf8Encode(text).length);
    }), { numRuns: 100 });
  });

  it('is as long as is said', () => {
    fc.assert(fc.property(anyText, (text) => {
      expect(utf8Length(text)).toBe(utf8Encode(text).length);
      expect(hasLoneSurrogate(text)).toBe(/[\ud800-\udfff]/u.test(text));
    }));
  });

  it('is truncated to the longest prefix of whole characters that fits', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.nat(80), (text, maxBytes) => {
      const cut = utf8Truncate(text, maxBytes);
      const decoded = platformDecode(cut);
      expect(decoded).toBeDefined();
      expect(text.startsWith(decoded!)).toBe(true);
      expect(cut.length).toBeLessThanOrEqual(maxBytes);
      const nextCharacter = text.slice(decoded!.length)[Symbol.iterator]().next().value;
      if (nextCharacter !== undefined) expect(cut.length + utf8Encode(nextCharacter).length).toBeGreaterThan(maxBytes);
    }));
  });

  it('or whatever it is becomes some text, as long as it', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(decodeLoosely(bytes).length).toBeLessThanOrEqual(bytes.length);
    }));
  });
});
