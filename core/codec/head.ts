import { families, familyOf } from './families.ts';
import type { FrameFormat } from './format/format.ts';

/** The head of a frame: what is read of it without decoding, and all that a recording without audio keeps. */
export function headBytes(format: FrameFormat): number {
  return familyOf(format).headBytes(format);
}

/** The longest of them all. */
export const MOST_HEAD_BYTES: number = Math.max(...families.map((family) => family.mostHeadBytes));

/**
 * A fingerprint of how the sound of a frame is coded, by its head. What depends on the frames before it is left out: padding,
 * and in MP3 where its main data lies. So the same sound from the same state of an encoder has the same one.
 */
export function soundDigest(frame: Uint8Array, format: FrameFormat): number {
  return familyOf(format).soundDigest(frame, format);
}

/** How much has to be kept of what stands at `at` to tell that it is a player's table of contents; 0: it is none. Its header need not be one. */
export function infoFrameBytes(bytes: Uint8Array, at: number, end: number): number {
  let most = 0;
  for (const family of families) if (family.infoFrameBytes !== undefined) most = Math.max(most, family.infoFrameBytes(bytes, at, end));
  return most;
}
