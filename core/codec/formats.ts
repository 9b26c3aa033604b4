import type { Snapshot } from '../base/snapshot.ts';
import { assert } from '../base/assert.ts';
import { families, familyOf } from './families.ts';
import type { Codec, FormatRefusal, FrameFormat } from './format/format.ts';

/** The same to a decoder, so that no player notices when frames of one come behind those of the other. */
export function isSameFormat(a: FrameFormat | undefined, b: FrameFormat | undefined): boolean {
  if (a === b || a === undefined || b === undefined) return a === b;
  const family = familyOf(a);
  return family === familyOf(b) && family.isSameFormat(a, b);
}

/**
 * Whether players go on when frames of one format come behind those of another in one stream: within MPEG audio of Layer II and III,
 * and within ADTS, whatever the rate and the channels; docs/format-changes.md has what was tried. Another codec needs another decoder.
 */
export function canFollow(format: FrameFormat | undefined, before: FrameFormat | undefined): boolean {
  return format !== undefined && before !== undefined && playedAs(format.codec) === playedAs(before.codec);
}

/** One codec for all those that players go on with from one to another. */
export function playedAs(codec: Codec): Codec {
  return firstOfGroup[codec];
}

const groups = families.flatMap((family) => family.groups);
const firstOfGroup = Object.fromEntries(groups.flatMap((group) => group.map((codec) => [codec, group[0]!]))) as Readonly<Record<Codec, Codec>>;

export function cannotFollow(format: FrameFormat | undefined, before: FrameFormat | undefined): FormatRefusal {
  return { code: 'cannot-follow', format, before };
}

/** The format of which `formatName` gives this. */
export function formatNamed(name: string): FrameFormat | undefined {
  return families.flatMap(({ formats }) => formats).find((one) => formatName(one) === name);
}

/** Saves or restores a format: by what it says, for there is one object of each. */
export function snapshotFormat(a: Snapshot, format: FrameFormat | undefined): FrameFormat | undefined {
  const name = a.maybeText(format === undefined ? undefined : formatName(format));
  if (name === undefined || !a.isLoading) return format;
  const found = formatNamed(name);
  assert(found !== undefined, `there is no format ${name}`);
  return found;
}

/** The same for every format that is the same to a decoder. */
export function formatName({ codec, mpegVersion, sampleRateHz, channels, aacObjectType }: FrameFormat): string {
  return `${codec} ${mpegVersion} ${sampleRateHz} ${channels} ${aacObjectType}`;
}
