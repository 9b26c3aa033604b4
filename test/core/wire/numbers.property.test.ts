import fc from 'fast-check';
import { expect, it } from 'vitest';
import { uint32At, uint48At, uint64At, writeUint32, writeUint48, writeUint64 } from '../../../core/wire/numbers.ts';

const bytesOf = (value: number, write: (into: Uint8Array, at: number, value: number) => void): Buffer => {
  const bytes = Buffer.alloc(12, 0xff);
  write(bytes, 2, value);
  return bytes;
};
const near = (power: number): fc.Arbitrary<number> => fc.oneof(fc.constantFrom(0, 1, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** power - 1).filter((value) => value < 2 ** power), fc.integer({ min: 0, max: 2 ** power - 1 }));

it('numbers are written and read as Node.js does it', () => {
  fc.assert(fc.property(near(32), near(48), near(53), (small, middle, large) => {
    const [four, six, eight] = [bytesOf(small, writeUint32), bytesOf(middle, writeUint48), bytesOf(large, writeUint64)];
    expect([four.readUInt32BE(2), six.readUIntBE(2, 6), eight.readBigUInt64BE(2)]).toEqual([small, middle, BigInt(large)]);
    expect([uint32At(four, 2), uint48At(six, 2), uint64At(eight, 2)]).toEqual([small, middle, large]);
    expect([four[6], six[8], eight[10], four[1]]).toEqual([0xff, 0xff, 0xff, 0xff]);
  }));
});
