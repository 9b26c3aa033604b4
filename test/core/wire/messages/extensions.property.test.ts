import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressOf, decodeOrigin, decodeSource, encodeOrigin, encodeSource, MAX_HOPS, originProblem } from '../../../../core/wire/messages/extensions.ts';
import { hasControlCharacter, hasDirectionMark, utf8Encode } from '../../../../core/base/text.ts';

const printable = fc.string({ unit: 'binary', maxLength: 60 }).filter((text) => !hasControlCharacter(text) && !hasDirectionMark(text));
const payload = fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.uint8Array({ maxLength: 20, max: 0x7e }));

describe('an ORIGIN', () => {
  it('decodes to what was encoded', () => {
    fc.assert(fc.property(printable.filter((text) => text !== ''), (name) => {
      expect(originProblem(name)).toBeUndefined();
      expect(decodeOrigin(encodeOrigin(name))).toBe(name);
    }));
  });

  it('of any bytes is a name that could be encoded again, or none', () => {
    fc.assert(fc.property(payload, (bytes) => {
      const name = decodeOrigin(bytes);
      if (name !== undefined) expect(encodeOrigin(name)).toEqual(bytes);
    }));
  });

  it.each([[''], ['a\nb'], ['\u0000'], ['a\u202eb'], ['x'.repeat(256)], ['é'.repeat(128)]])('cannot be %j', (name) => {
    expect(originProblem(name)).toMatch(/^an origin('s name)? \w+ /);
    expect(decodeOrigin(utf8Encode(name))).toBeUndefined();
  });

  it('is not what is no UTF-8', () => {
    expect(decodeOrigin(Uint8Array.of(0x63, 0xe9))).toBeUndefined();
  });
});

describe('a SOURCE', () => {
  const report = fc.record({ isOpen: fc.boolean(), hops: fc.nat(MAX_HOPS), address: printable });

  it('decodes to what was encoded', () => {
    fc.assert(fc.property(report, (one) => {
      expect(decodeSource(encodeSource(one))).toEqual(one);
    }));
  });

  it('of any bytes is a claim that could be encoded again, or none', () => {
    fc.assert(fc.property(fc.oneof(payload, fc.tuple(fc.nat(2), fc.nat(6), payload).map(([state, hops, rest]) => Uint8Array.of(state, hops, ...rest))), (bytes) => {
      const one = decodeSource(bytes);
      if (one !== undefined) expect(encodeSource(one)).toEqual(bytes);
    }));
  });

  it.each([
    ['nothing', []],
    ['no hops', [1]],
    ['a state that there is not', [2, 0]],
    ['too many hops', [1, MAX_HOPS + 1]],
    ['a control character', [1, 0, 0x0a]],
    ['a direction mark', [1, 0, 0xe2, 0x80, 0xae]],
    ['no UTF-8', [1, 0, 0xff]],
    ['too long an address', [1, 0, ...Array.from({ length: 256 }, () => 0x61)]],
  ])('is refused with %s', (_why, bytes) => {
    expect(decodeSource(Uint8Array.from(bytes))).toBeUndefined();
  });
});

describe('the address in a label', () => {
  it.each([
    ['10.0.0.1:51234', '10.0.0.1'],
    ['[2001:db8::1]:51234', '2001:db8::1'],
    ['enc-a', 'enc-a'],
    ['relay.example:8001', 'relay.example'],
    ['a\nb:1', ''],
    ['x'.repeat(300), ''],
  ])('of %j is %j', (label, address) => {
    expect(addressOf(label)).toBe(address);
  });
});
