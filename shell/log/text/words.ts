import { SUPPORTED } from '../../../core/codec/scan/foreign.ts';
import { describeFormat, type FormatRefusal, type SkipReason } from '../../../core/codec/format/format.ts';
import type { ProcessEvent, SourceRefusal } from '../events.ts';
import { nextStep } from './next-step.ts';
import { encoderText, lastSeenText } from './sentence.ts';
import { wiringText } from './wiring-words.ts';

/** Why a format cannot be heard, for operators. */
export function formatRefusalText(why: FormatRefusal): string {
  if (why.code === 'cannot-follow') return `${describeFormat(why.format)} cannot follow ${describeFormat(why.before)}`;
  return `the mountpoint is to have ${why.wanted}, and not ${why.codec ?? 'nothing'}`;
}

const sourceRefusals: Readonly<Record<Exclude<SourceRefusal['code'], 'unsupported' | 'wrong-user' | 'no-such-mount' | 'by-service' | 'service-down'>, string>> = {
  'in-use': 'Mountpoint in use',
  'too-many': 'too many sources connected (maxSources)',
  'not-from-here': 'not from this machine, or by a proxy, and there is no --password',
  'wrong-password': 'wrong password',
};

function sourceRefusalText(why: SourceRefusal): string {
  if (why.code === 'unsupported') return `${why.format} is not supported: send ${SUPPORTED}`;
  if (why.code === 'wrong-user') return `wrong user: source clients have to call themselves "${why.user}"`;
  if (why.code === 'by-service') return `refused by the authentication service: ${why.reason}`;
  if (why.code === 'service-down') return `the authentication service does not answer: ${why.reason}`;
  if (why.code === 'no-such-mount') return `there is no mountpoint ${why.mount}${why.problem === undefined ? '' : `: ${why.problem}`}`;
  return sourceRefusals[why.code];
}

const skippedTexts: Readonly<Record<SkipReason, string>> = {
  'garbage': 'no frame begins in it',
  'false-sync': 'what looks like the beginning of a frame is none',
  'free-format': 'it is MPEG audio in free format, which most players cannot play',
  'reserved-value': 'its frame headers have reserved values',
  'id3v2-tag': 'it is still an ID3v2 tag',
  'id3v1-tag': 'it is an ID3v1 tag',
  'ape-tag': 'it is still an APE tag',
  'lyrics3-tag': 'it is a Lyrics3 tag',
  'padding': 'it is nothing but padding',
  'xing-frame': 'it is a Xing or Info frame, which is no programme',
  'vbri-frame': 'it is a VBRI frame, which is no programme',
  'cut-frame': 'its frames are cut short',
};

/** Why no frame was found, by what most of the bytes were. */
function withoutFramesText(bytes: number, skipped: Readonly<Record<string, number>>): string {
  if (bytes === 0) return 'it has sent nothing';
  const [most] = Object.entries(skipped).sort(([, one], [, other]) => other - one);
  return most === undefined ? 'the first frame is not whole yet' : skippedTexts[most[0] as SkipReason];
}

/** The figures of an event as the log has them: codes with figures of their own as a sentence. */
export function figuresOf(event: ProcessEvent): object {
  const next = nextStep(event);
  return idsLast(event, { ...wordedFigures(event), ...(next !== undefined && { next }) });
}

/** Fields that hold the id of a stream: of no use to people, and long. */
const idsIn: Readonly<Partial<Record<ProcessEvent['kind'], readonly string[]>>> = { 'switch': ['from', 'to'], 'fallback-left': ['to'], 'backup-lost': ['stream', 'onAir'] };
const usualIds: readonly string[] = ['stream', 'other'];

function idsLast({ kind }: ProcessEvent, figures: object): object {
  const ids = idsIn[kind] ?? usualIds;
  const entries = Object.entries(figures);
  return Object.fromEntries([...entries.filter(([name]) => !ids.includes(name)), ...entries.filter(([name]) => ids.includes(name))]);
}

function wordedFigures(event: ProcessEvent): object {
  const { kind: _, ...figures } = event;
  switch (event.kind) {
    case 'backup-refused':
    case 'fallback-refused':
    case 'format-changed':
      return { ...figures, why: formatRefusalText(event.why) };
    case 'new-format': {
      const { mount, before, listeners } = event;
      return { mount, format: describeFormat(event), before: describeFormat(before), listeners };
    }
    case 'source-refused': {
      const { mount, from, why } = event;
      return { ...(mount !== undefined && { mount }), from, reason: sourceRefusalText(why) };
    }
    case 'source-unsupported':
      return { ...figures, supported: SUPPORTED };
    case 'stream-announced': {
      // A relay hears of its name behind that.
      const { origin, source, mount, stream } = event;
      return { mount, ...(origin !== '' && { origin }), ...(source !== '' && { source }), stream };
    }
    case 'source-without-frames':
      return { ...figures, reason: withoutFramesText(event.bytes, event.skipped) };
    case 'mount-ended':
      return { ...figures, streams: event.streams.map((seen) => `${encoderText(seen)} ${lastSeenText(seen)}`) };
    case 'wiring': {
      const { peer, other, problem } = event;
      return { peer, ...(other !== undefined && { other }), ...wiringText(problem) };
    }
    default:
      return figures;
  }
}
