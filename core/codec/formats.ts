import type { Archive } from '../base/archive.ts';
import { assert } from '../base/assert.ts';
import { adtsFormats } from './aac/header.ts';
import type { FrameFormat } from './format/format.ts';
import { mpegFormats } from './mpeg/header.ts';

/** Saves or restores a format: by what it says, for there is one object of each. */
export function archiveFormat(a: Archive, format: FrameFormat | undefined): FrameFormat | undefined {
  const name = a.maybeText(format === undefined ? undefined : nameOf(format));
  if (name === undefined || !a.isLoading) return format;
  const found = [...mpegFormats, ...adtsFormats].find((one) => nameOf(one) === name);
  assert(found !== undefined, `there is no format ${name}`);
  return found;
}

function nameOf({ codec, mpegVersion, sampleRateHz, channels, aacObjectType }: FrameFormat): string {
  return `${codec} ${mpegVersion} ${sampleRateHz} ${channels} ${aacObjectType}`;
}
