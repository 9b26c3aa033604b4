import { describe, expect, it } from 'vitest';
import type { FrameFormat } from '../../../../core/codec/format/format.ts';
import type { FallbackProblem } from '../../../../core/edge/fallback/problem.ts';
import { fallbackProblemText } from '../../../../shell/edge/mount-files.ts';
import { wiringText } from '../../../../shell/log/text/wiring-words.ts';
import { figuresOf, formatRefusalText } from '../../../../shell/log/text/words.ts';
import { sourceOf } from '../../../../shell/operations/operator/answers.ts';
import type { Hindrance, StreamInfo } from '../../../../core/edge/mountpoint/stream-info.ts';
import { ENCODER } from '../../../core/support/encoder.ts';

const mp3: FrameFormat = { codec: 'mp3', mpegVersion: '1', sampleRateHz: 44_100, channels: 2, samplesPerBlock: 1_152, aacObjectType: 0 };
const aac: FrameFormat = { ...mp3, codec: 'aac', sampleRateHz: 48_000, channels: 1 };

it('tells in the log why a format cannot be heard, as a sentence', () => {
  const why = { code: 'cannot-follow', format: aac, before: mp3 } as const;
  expect(figuresOf({ kind: 'backup-refused', mount: 'radio', ...ENCODER, stream: '07', why })).toEqual({ mount: 'radio', ...ENCODER, stream: '07', why: 'aac 48000 Hz 1 ch cannot follow mp3 44100 Hz 2 ch' });
  expect(formatRefusalText({ ...why, before: undefined })).toBe('aac 48000 Hz 1 ch cannot follow nothing');
  expect(formatRefusalText({ code: 'other-codec', wanted: 'mp3', codec: 'aac' })).toBe('the mountpoint is to have mp3, and not aac');
  const { codec, sampleRateHz, channels } = aac;
  expect(figuresOf({ kind: 'new-format', mount: 'radio', codec, sampleRateHz, channels, before: mp3, listeners: 3 })).toEqual({ mount: 'radio', format: 'aac 48000 Hz 1 ch', before: 'mp3 44100 Hz 2 ch', listeners: 3 });
  expect(figuresOf({ kind: 'source-refused', from: 'a:1', why: { code: 'unsupported', format: 'FLAC' } })).toEqual({ from: 'a:1', reason: 'FLAC is not supported: send MPEG audio or AAC (ADTS)' });
  expect(figuresOf({ kind: 'source-refused', from: 'a:1', why: { code: 'in-use' } })).toEqual({ from: 'a:1', reason: 'Mountpoint in use' });
  expect(figuresOf({ kind: 'stream-new', stream: '07', label: 'a:1' })).toEqual({ stream: '07', label: 'a:1' });
});

it('tells in the log why a source brings no frame, and what would be one', () => {
  const of = (bytes: number, skipped: Record<string, number>): object => figuresOf({ kind: 'source-without-frames', mount: 'm', origin: 'studio-a', stream: '07', forMs: 2_000, bytes, skipped });
  expect(of(0, {})).toMatchObject({ reason: 'it has sent nothing' });
  expect(of(100, {})).toMatchObject({ reason: 'the first frame is not whole yet' });
  expect(of(900, { 'false-sync': 100, 'garbage': 800 })).toMatchObject({ bytes: 900, reason: 'no frame begins in it' });
  expect(figuresOf({ kind: 'source-unsupported', mount: 'm', origin: 'studio-a', stream: '07', format: 'FLAC' })).toEqual({ mount: 'm', origin: 'studio-a', stream: '07', format: 'FLAC', supported: 'MPEG audio or AAC (ADTS)' });
});

it('does not tell anybody to go without TLS where keys are missing', () => {
  expect(wiringText('client-is-tls').change).toMatch(/--keys.*--plain-to/);
  expect(wiringText('relay-is-silent').change).toContain('--key');
});

describe('why a file cannot be a fallback', () => {
  it.each<[FallbackProblem, string]>([
    [{ code: 'too-large', mostBytes: 8_388_608 }, 'is larger than fallbackBytes, 8388608'],
    [{ code: 'too-late' }, 'comes too late: its mountpoint has begun'],
    [{ code: 'foreign', format: 'Ogg' }, 'is Ogg, not MPEG audio or AAC (ADTS)'],
    [{ code: 'no-frame' }, 'has no frame of MPEG audio or AAC (ADTS)'],
    [{ code: 'mostly-other' }, 'is mostly something else than MPEG audio or AAC (ADTS)'],
    [{ code: 'two-formats', first: mp3, other: aac }, 'has frames of two kinds: mp3 44100 Hz 2 ch, then aac 48000 Hz 1 ch'],
  ])('%j', (problem, text) => {
    expect(fallbackProblemText(problem)).toBe(text);
  });
});

describe('why a stream could not go on air', () => {
  it.each<[Hindrance, string]>([
    [{ code: 'no-frame-yet' }, 'no frame received yet'],
    [{ code: 'no-path' }, 'no open path'],
    [{ code: 'unpaced' }, 'faster than real time'],
    [{ code: 'not-comparable' }, 'not matched with the stream on air yet'],
    [{ code: 'last-resort' }, 'taken only if no other stream is left'],
    [{ code: 'silent', forMs: 1_999.6 }, 'no frame for 2000 ms'],
    [{ code: 'cannot-follow', format: aac, before: mp3 }, 'aac 48000 Hz 1 ch cannot follow mp3 44100 Hz 2 ch'],
  ])('%j', (whyNot, text) => {
    expect(sourceOf({ id: '07', whyNot } as StreamInfo).whyNot).toBe(text);
  });
});
