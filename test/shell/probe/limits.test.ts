import { describe, expect, it } from 'vitest';
import type { ProbeFigures } from '../../../core/probe/figures.ts';
import { limitTable, violationsOf } from '../../../shell/probe/limits.ts';
import { calmFigures } from './figures.ts';

const limits = (allowed: Readonly<Record<string, number>>): ReadonlyMap<string, number> => new Map(Object.entries(allowed));

describe('limits', () => {
  const each: readonly (readonly [name: string, allowed: number, worse: Partial<ProbeFigures>, violation: string])[] = [
    ['max-start', 500, { firstAudioMs: 501 }, 'time to the first audio 501 ms, at most 500 allowed'],
    ['max-stall', 500, { longestStallMs: 612.34 }, 'longest stall 612.3 ms, at most 500 allowed'],
    ['max-silence', 0, { silenceMs: 13 }, 'silence 13 ms, at most 0 allowed'],
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
