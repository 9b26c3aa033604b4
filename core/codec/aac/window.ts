import { RawBlockReader, type AacWindow, type WindowSequence } from './raw-block.ts';

const block = new RawBlockReader();

/** Of the first channel of an AAC frame; undefined where that cannot be told. */
export function windowOf(frame: Uint8Array): AacWindow | undefined {
  block.read(frame);
  return block.window;
}

/**
 * Whether a decoder that is given `next` right behind `last` overlaps them with slopes that fit (ISO 14496-3, 4.6.11): behind a block that
 * ends in a short slope must come one that begins with such, and its left half is windowed with the shape of the block before
 * it, which when it was encoded was that of `predecessor`.
 *
 * Measured on speech and music by ffmpeg at 96 and 128 kbit/s, as the error of the 1,024 samples that overlap against the two fading
 * into each other: nearest frames agree in 80 to 99.9 % of all cuts. Where the frames of both encoders begin at the same sample, the error is
 * -39 dB when they agree and -18 dB when they do not; 8 samples (0.2 ms) apart -17 and -14 dB; 64 to 512 apart
 * -9 to -13 and -12 to -14 dB. What one leaves in the overlap, the other one's then no longer takes away, whatever the
 * windows are. So of two frames that lie equally near the one that agrees is to be preferred, and nothing is to be given for it.
 */
export function windowsAgree(last: AacWindow, next: AacWindow, predecessor: AacWindow | undefined): boolean {
  return endsShort[last.sequence] === beginsShort[next.sequence] && (predecessor === undefined || predecessor.shape === last.shape);
}

/** The same of frames; yes where their windows cannot be told. */
export function framesAgree(last: Uint8Array, next: Uint8Array, predecessor: Uint8Array | undefined): boolean {
  const lastWindow = windowOf(last);
  const nextWindow = windowOf(next);
  if (lastWindow === undefined || nextWindow === undefined) return true;
  return windowsAgree(lastWindow, nextWindow, predecessor && windowOf(predecessor));
}

const endsShort: Readonly<Record<WindowSequence, boolean>> = { long: false, start: true, short: true, stop: false };
const beginsShort: Readonly<Record<WindowSequence, boolean>> = { long: false, start: false, short: true, stop: true };
