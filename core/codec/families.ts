import { adtsAac } from './aac/family.ts';
import type { CodecFamily } from './format/family.ts';
import type { Codec, FrameFormat } from './format/format.ts';
import { mpegAudio } from './mpeg/family.ts';

/** All families of codecs that there are: one more is a folder, its codecs' names in `codec/format/format.ts`, and one line here. */
export const families: readonly CodecFamily[] = [mpegAudio, adtsAac];

const byCodec = Object.fromEntries(families.flatMap((family) => family.groups.flat().map((codec) => [codec, family]))) as Readonly<Record<Codec, CodecFamily>>;

/** The family that a format is of; a codec is a part of what a format says. */
export function familyOf({ codec }: Pick<FrameFormat, 'codec'>): CodecFamily {
  return byCodec[codec];
}
