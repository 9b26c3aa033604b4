import { expect } from 'vitest';
import { FRAME_BYTES, numbersIn, range } from '../../core/support/frames.ts';
import type { RawClient } from './support.ts';

/** What has come behind the head of an answer; nothing before that is whole. */
export function bodyOf({ received }: RawClient): Buffer {
  const end = received.indexOf('\r\n\r\n');
  return received.subarray(end < 0 ? received.length : end + 4);
}

/** The numbers of the whole frames at the beginning of this; throws when anything else is among them. */
export function wholeIn(audio: Buffer): readonly number[] {
  return numbersIn(audio.subarray(0, audio.length - (audio.length % FRAME_BYTES)));
}

/** The numbers of all whole frames that a listener without titles has got. */
export function heard(client: RawClient): readonly number[] {
  return wholeIn(bodyOf(client));
}

/** Each frame has come once, and in its order. */
export function expectUnbroken(numbers: readonly number[]): void {
  expect(numbers).toEqual(range(numbers[0]!, numbers.at(-1)!));
}

/** Until a listener has got so many more frames. */
export async function hearsOn(client: RawClient, frames = 10): Promise<void> {
  const before = client.received.length;
  await client.until((received) => received.length > before + frames * FRAME_BYTES);
  expect(client.text).toMatch(/^HTTP\/1\.0 200 /);
  expect(client.socket.destroyed).toBe(false);
}
