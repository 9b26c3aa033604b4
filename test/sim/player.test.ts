import { describe, expect, test } from 'vitest';
import { Hearing } from '../../sim/hearing.ts';
import { mp3 } from '../../sim/model-frame.ts';
import { Player } from '../../sim/player.ts';
import { Programme, type KnownFrame, type ModelStream } from '../../sim/programme.ts';

const MS = 1_000;

class Listening {
  readonly played: number[] = [];
  readonly silences: [number, number][] = [];
  readonly player = new Player<number>(1_000 * MS, {
    plays: (item) => this.played.push(item),
    silence: (from, until) => this.silences.push([from / MS, until / MS]),
  });
  #next = 0;

  /** So many pieces of 100 ms at once. */
  gets(atMs: number, pieces: number): void {
    for (let i = 0; i < pieces; i++) this.player.take(atMs * MS, this.#next++, 100 * MS);
  }

  /** A piece of 100 ms every 100 ms. */
  streams(fromMs: number, untilMs: number): void {
    for (let at = fromMs; at < untilMs; at += 100) this.gets(at, 1);
  }
}

describe('Player', () => {
  test('keeps exactly its buffer of a burst', () => {
    const listening = new Listening();
    listening.gets(0, 40);
    listening.streams(100, 1_000);
    // 40 pieces came at once: the oldest 31 are thrown away, and the piece at 100 ms is the tenth that is kept.
    expect(listening.played[0]).toBe(31);
    expect(listening.played).toHaveLength(18);
  });

  test('begins when it has its buffer, and not before', () => {
    const listening = new Listening();
    listening.streams(0, 800);
    expect(listening.played).toEqual([]);
    listening.streams(800, 1_000);
    expect(listening.played).toHaveLength(10);
  });

  test.each([
    { outageMs: 900, silenceMs: 0 },
    { outageMs: 1_000, silenceMs: 0 },
    { outageMs: 1_100, silenceMs: 100 },
    { outageMs: 5_000, silenceMs: 4_000 },
  ])('is silent for $silenceMs ms when nothing comes for $outageMs ms', ({ outageMs, silenceMs }) => {
    const listening = new Listening();
    listening.gets(0, 10);
    listening.streams(100, 2_000);
    const back = 1_900 + outageMs;
    listening.gets(back, 1 + outageMs / 100);
    listening.streams(back + 100, back + 3_000);
    const { silenceUs, longestStallUs, isPlaying } = listening.player.finish((back + 2_900) * MS);
    expect(silenceUs / MS).toBe(silenceMs);
    expect(longestStallUs / MS).toBe(outageMs);
    expect(isPlaying).toBe(true);
  });

  test('what is skipped for good is missing from its buffer', () => {
    const listening = new Listening();
    listening.gets(0, 10);
    listening.streams(100, 2_000);
    listening.streams(2_800, 4_000);
    // 900 ms without anything, and nothing that makes up for it: 200 ms are left, and 400 ms later that is heard.
    listening.gets(4_300, 1);
    expect(listening.silences).toEqual([[4_100, 4_300]]);
  });

  test('counts the silence until it plays again after a new connection', () => {
    const listening = new Listening();
    listening.gets(0, 10);
    listening.streams(100, 1_000);
    listening.player.connected();
    listening.gets(5_000, 40);
    listening.gets(5_100, 1);
    const { silenceUs, isPlaying } = listening.player.finish(6_200 * MS);
    // It had something to play until 1,900; at 5,100 it begins with a second, and runs dry at 6,100.
    expect(silenceUs / MS).toBe(3_200 + 100);
    expect(isPlaying).toBe(false);
  });
});

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
    const hearing = new Hearing(() => 'why');
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
