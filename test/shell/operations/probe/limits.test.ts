import { describe, expect, it } from 'vitest';
import type { ProbeFigures } from '../../../../core/probe/figures.ts';
import { limitTable, violationsOf } from '../../../../shell/operations/probe/limits.ts';
import { calmFigures } from './figures.ts';
import { ms } from '../../../../core/base/units.ts';
import { Probe } from '../../../../core/probe/probe.ts';
import { readOptions } from '../../../../shell/cli/options/options.ts';
import { probeConfig, probeOptions } from '../../../../shell/operations/probe/command.ts';
import { numbered, silent } from '../../../core/support/frames.ts';

const limits = (allowed: Readonly<Record<string, number>>): ReadonlyMap<string, number> => new Map(Object.entries(allowed));

describe('limits', () => {
  const each: readonly (readonly [name: string, allowed: number, worse: Partial<ProbeFigures>, violation: string])[] = [
    ['max-start', 500, { firstAudioMs: 501 }, 'time to the first audio 501 ms, at most 500 allowed'],
    ['max-stall', 500, { longestStallMs: 612.34 }, 'longest stall 612.3 ms, at most 500 allowed'],
    ['max-silence', 0, { silenceMs: 13 }, 'silence 13 ms, at most 0 allowed'],
    ['max-digital-silence', 500, { digitalSilenceMs: 504 }, 'longest digital silence 504 ms, at most 500 allowed'],
    ['max-missing', 0, { missingMs: 24 }, 'missing programme 24 ms, at most 0 allowed'],
    ['max-repeated', 100, { repeatedMs: 480 }, 'repeated programme 480 ms, at most 100 allowed'],
    ['max-garbled', 1, { garbledPlaces: 2 }, 'garbled places 2, at most 1 allowed'],
    ['max-disconnects', 0, { disconnects: 1 }, 'disconnects 1, at most 0 allowed'],
    ['min-kbps', 128, { kbps: 64 }, 'bit rate 64 kbit/s, at least 128 required'],
  ];

  it('are all tried here', () => {
    expect(each.map(([name]) => name)).toEqual(limitTable.map(({ name }) => name));
  });

  it.each(each)('--%s %d', (name, allowed, worse, violation) => {
    const allowsIt = limits({ [name]: Number(Object.values(worse)[0]) });
    expect(violationsOf(calmFigures, limits({ [name]: allowed }))).toEqual([]);
    expect(violationsOf({ ...calmFigures, ...worse }, limits({ [name]: allowed }))).toEqual([violation]);
    expect(violationsOf({ ...calmFigures, ...worse }, allowsIt)).toEqual([]);
    expect(violationsOf({ ...calmFigures, ...worse }, limits({}))).toEqual([]);
  });

  it('do not help when nothing was heard', () => {
    const silent = { ...calmFigures, frames: 0, audioBytes: 0, connects: 0 };
    expect(violationsOf({ ...silent, failures: { 'status 404': 3, 'ECONNREFUSED': 1 } }, limits({}))).toEqual(['no audio: status 404, ECONNREFUSED']);
    expect(violationsOf(silent, limits({}))).toEqual(['no audio: no answer']);
    expect(violationsOf({ ...silent, connects: 1 }, limits({}))).toEqual(['no audio: no data received']);
    expect(violationsOf({ ...silent, connects: 1, audioBytes: 99 }, limits({ 'min-kbps': 1 }))).toEqual(['no audio: no MP3 or AAC in 99 bytes']);
  });
});

/** What a command line without limits says of a stretch of frames of 26 ms, which are told apart by what is to be heard of each; undefined is a frame that does not come. */
function verdictOf(frames: readonly (Uint8Array | undefined)[], ...options: readonly string[]): readonly string[] {
  const { limits: allowed } = probeConfig(readOptions(['http://edge:8000/radio', ...options], probeOptions));
  const probe = new Probe({ bufferMs: 1_000, stallMs: 1_000 }, { event: () => undefined });
  probe.start(ms(0));
  probe.connected(ms(0));
  frames.forEach((frame, at) => {
    const now = ms(at * 26);
    while (probe.deadline <= now) probe.advance(probe.deadline);
    if (frame !== undefined) probe.receive(now, frame);
  });
  return violationsOf(probe.figures(ms(frames.length * 26)), allowed);
}

const seconds = (count: number): number => Math.round(count / 0.026);
const sounding = Array.from({ length: seconds(60) }, (_, n) => numbered(n));
/** A minute with a stretch of it from the twentieth second on in another way. */
const withStretch = (length: number, of: (frame: Uint8Array, n: number) => Uint8Array | undefined): readonly (Uint8Array | undefined)[] =>
  sounding.map((frame, n) => (n >= seconds(20) && n < seconds(20) + seconds(length) ? of(frame, n - seconds(20)) : frame));

describe('without any limit, the verdict', () => {
  it('is good for a stream that is well, with a switch, a short pause and a burst now and then', () => {
    expect(verdictOf(sounding)).toEqual([]);
    expect(verdictOf(withStretch(0.3, () => undefined))).toEqual([]);
    expect(verdictOf(withStretch(3, silent))).toEqual([]);
  });

  it.each<readonly [string, readonly (Uint8Array | undefined)[], string]>([
    ['nothing comes', withStretch(14, () => undefined), 'longest stall'],
    ['nothing comes until the end', sounding.slice(0, seconds(20)).concat(Array.from({ length: seconds(14) })), 'longest stall'],
    ['digital silence comes', withStretch(14, silent), 'longest digital silence'],
    ['the same two seconds come again and again', withStretch(14, (_, n) => sounding[n % seconds(2)]!), 'repeated programme'],
  ])('is bad when for 14 s %s', (_, frames, violation) => {
    expect(verdictOf(frames)[0]).toMatch(new RegExp(`^${violation} `));
  });

  it('is bad for a connection that was lost, and for a start that took long', () => {
    const { limits: standard } = probeConfig(readOptions(['http://edge:8000/radio'], probeOptions));
    expect(violationsOf({ ...calmFigures, disconnects: 1 }, standard)).toEqual(['disconnects 1, at most 0 allowed']);
    expect(violationsOf({ ...calmFigures, firstAudioMs: 10_001 }, standard)).toEqual(['time to the first audio 10001 ms, at most 10000 allowed']);
  });

  it('is for whoever knows better by what is given', () => {
    expect(verdictOf(withStretch(14, () => undefined), '--max-stall', '15000', '--max-missing', '15000')).toEqual([]);
    expect(verdictOf(withStretch(14, silent), '--max-digital-silence', '15000')).toEqual([]);
  });
});
