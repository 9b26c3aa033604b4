import { randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { isStreamIdOfKey, streamIdOfKey } from '../../../../core/links/paths/stream-ids.ts';

it('an id of a key is that of no other key, and of none that is a bit off', () => {
  for (let round = 0; round < 2_000; round++) {
    const id = streamIdOfKey(randomBytes(16), 'studio-a');
    expect(isStreamIdOfKey(id, 'studio-a')).toBe(true);
    for (const other of ['studio-b', 'studio-A', 'studio-', 'studio-aa', 'a-studio', '']) expect(isStreamIdOfKey(id, other)).toBe(false);
    id[round % 16]! ^= 1 << (round % 8);
    expect(isStreamIdOfKey(id, 'studio-a')).toBe(false);
  }
});

it('is a UUID of version 8, and its random part is another one each time', () => {
  const ids = new Set<string>();
  for (let round = 0; round < 200; round++) {
    const id = Buffer.from(streamIdOfKey(randomBytes(16), 'studio-a'));
    expect([id[6]! >> 4, id[8]! >> 6]).toEqual([8, 2]);
    ids.add(id.toString('hex'));
  }
  expect(ids.size).toBe(200);
});

it('spreads over all bits, so that two names never meet by chance', () => {
  const ones = Array.from({ length: 62 }, () => 0);
  const rounds = 2_000;
  for (let round = 0; round < rounds; round++) {
    const random = randomBytes(16);
    const [one, other] = [streamIdOfKey(random, 'studio-a'), streamIdOfKey(random, 'studio-b')];
    for (let bit = 0, at = 0; bit < 64; bit++) {
      const byte = 8 + (bit >> 3);
      if (byte === 8 && (bit & 7) >= 6) continue;
      ones[at++]! += ((one[byte]! ^ other[byte]!) >> (bit & 7)) & 1;
    }
  }
  for (const count of ones) expect(Math.abs(count / rounds - 0.5)).toBeLessThan(0.08);
});
