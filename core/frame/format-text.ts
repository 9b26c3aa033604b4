import type { FrameFormat } from './format.ts';

/** A format as events tell it: `mp3 44100 Hz 2 ch`. */
export function formatText(format: FrameFormat | undefined): string {
  return format === undefined ? 'nothing' : `${format.codec} ${format.sampleRateHz} Hz ${format.channels} ch`;
}
