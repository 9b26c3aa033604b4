import { describe, expect, test } from 'vitest';
import { Hearing } from '../../../sim/programme/hearing.ts';
import { mp3 } from '../../../sim/programme/model-frame.ts';
import { Programme, type KnownFrame, type ModelStream } from '../../../sim/programme/programme.ts';

describe('Hearing', () => {
  const programme = new Programme();
  const options = { mount: 'live', format: mp3(), ppm: 0 };
  const a = programme.newStream({ ...options, name: 'a#1', beginsAtUs: 0 });
  const b = programme.newStream({ ...options, name: 'b#1', beginsAtUs: 10_000 });
  const bytes = new Uint8Array(2_048);
  for (const stream of [a, b]) for (let i = 0; i < 400; i++) stream.make(bytes);
  const frame = (stream: ModelStream, index: number): KnownFrame =>
    programme.recognise(bytes, 0, stream.write(bytes, index)) as KnownFrame;
  const hear = (...frames: [ModelStream, number][]): Hearing => {
    const hearing = new Hearing('live', () => 'why');
    for (const [stream, index] of frames) hearing.frame(index, frame(stream, index));
    return hearing;
  };

  test('has nothing to say about a stream that goes on', () => {
    expect(hear([a, 5], [a, 6], [a, 7]).splices).toEqual([]);
  });

  test('measures what is missing where a frame is left out', () => {
    const [splice] = hear([a, 5], [a, 7]).splices;
    expect(splice).toMatchObject({ reason: 'why', from: 'a#1', to: 'a#1', repeatedUs: 0 });
    expect(splice!.missingUs).toBe(a.positionUs(7) - a.positionUs(6));
  });

  test('measures the jump from one encoder to another', () => {
    // a's frame 6 would begin at 156.7 ms; b's frame 6 begins at 166.7, its frame 5 at 140.6.
    expect(hear([a, 5], [b, 6]).splices[0]).toMatchObject({ missingUs: 10_000, repeatedUs: 0 });
    expect(hear([a, 5], [b, 5]).splices[0]!.repeatedUs).toBeCloseTo(26_122 - 10_000, -1);
  });

  test('counts frames as garbled until what they reach back to has come', () => {
    const reaches = (stream: ModelStream, index: number): number => frame(stream, index).mainDataBegin;
    // One that reaches back at all, followed by one that the first one's 381 bytes suffice for; then one for which not.
    const indexes = Array.from({ length: 300 }, (_, index) => index + 20);
    const short = indexes.find((index) => reaches(b, index) > 0 && reaches(b, index + 1) <= 381)!;
    const long = indexes.find((index) => reaches(b, index) > 0 && reaches(b, index + 1) > 382)!;
    const garbledMs = (index: number): number =>
      hear([a, 5], [b, index], [b, index + 1], [b, index + 2], [b, index + 3]).splices[0]!.garbledUs / 1000;
    expect(garbledMs(short)).toBeCloseTo(26.122, 2);
    expect(garbledMs(long)).toBeCloseTo(52.245, 2);
  });

  test('tells a new connection from a switch', () => {
    const hearing = hear([a, 5]);
    hearing.reconnected();
    hearing.frame(0, frame(a, 50));
    hearing.frame(0, frame(a, 52));
    expect(hearing.splices.map(({ reason }) => reason)).toEqual(['reconnected', 'why']);
  });
});
