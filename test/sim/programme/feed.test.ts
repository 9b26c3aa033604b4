import { describe, expect, test } from 'vitest';
import { LoudnessEnvelope } from '../../../core/edge/content/loudness-envelope.ts';
import { frameDurationUs } from '../../../core/codec/format/format.ts';
import { LevelReader } from '../../../core/codec/level.ts';
import { FrameScanner } from '../../../core/codec/scan/scanner.ts';
import { ContentHealth } from '../../../core/edge/content/content-health.ts';
import { Feed } from '../../../sim/programme/feed.ts';
import { aac, MAX_MODEL_FRAME_BYTES, mp3 } from '../../../sim/programme/model-frame.ts';
import { Programme, type KnownFrame } from '../../../sim/programme/programme.ts';
import { at, station, type Fault } from '../../../sim/scenario.ts';
import { simulate, type Run } from '../../../sim/run/simulation.ts';

function made(format = mp3()): { feed: Feed; next: () => { bytes: Uint8Array; frame: KnownFrame } } {
  const feed = new Feed();
  const programme = new Programme();
  const stream = programme.newStream({ name: 'enc#1', mount: 'live', format, beginsAtUs: 0, ppm: 0, feed });
  const next = (): { bytes: Uint8Array; frame: KnownFrame } => {
    const room = new Uint8Array(MAX_MODEL_FRAME_BYTES);
    const bytes = room.slice(0, stream.make(room));
    const frame = programme.recognise(bytes, 0, bytes.length);
    if (typeof frame === 'string') throw new Error(frame);
    return { bytes, frame };
  };
  return { feed, next };
}

describe.each([mp3(), aac()])('an encoder of $codec', (format) => {
  test('makes frames of silence that say so, go on by their place, and are frames to a scanner', () => {
    const { feed, next } = made(format);
    const bytes = [next().bytes];
    feed.carry('silence');
    const silent = [next(), next()];
    feed.carry('programme');
    const after = next();
    expect(silent.map(({ frame }) => [frame.index, frame.isSilent, frame.mainDataBegin])).toEqual([[1, true, 0], [2, true, 0]]);
    expect([after.frame.index, after.frame.isSilent]).toEqual([3, false]);
    let scanned = 0;
    const scanner = new FrameScanner({ frame: () => scanned++ });
    for (const frame of [...bytes, ...silent.map((each) => each.bytes), after.bytes]) scanner.push(frame);
    expect(scanned).toBe(4);
  });

  test('repeats its last second to the byte while it hangs, and is then where it would be', () => {
    const { feed, next } = made(format);
    const before = Array.from({ length: 60 }, next);
    feed.carry('loop');
    const looped = Array.from({ length: 100 }, next);
    feed.carry('programme');
    expect(looped.map(({ frame }) => frame.index)).toEqual(Array.from({ length: 100 }, (_, index) => 20 + (index % 40)));
    expect(looped[41]!.bytes).toEqual(before[21]!.bytes);
    expect(next().frame.index).toBe(160);
  });

  test('looks well, silent and frozen to an edge when it is', () => {
    const { feed, next } = made(format);
    const contentHealth = new ContentHealth(new LoudnessEnvelope(10));
    const levels = new LevelReader();
    let mediaUs = 0;
    const scanner = new FrameScanner({
      frame: (bytes, { format, samples }) => {
        const durationUs = frameDurationUs(format, samples);
        levels.read(bytes, format);
        contentHealth.frame(bytes, format, mediaUs, durationUs, levels.isSilent);
        mediaUs += durationUs;
      },
    });
    const play = (frames: number): number => {
      const beganUs = mediaUs;
      for (let frame = 0; frame < frames; frame++) scanner.push(next().bytes);
      return mediaUs - beganUs;
    };
    for (let second = 0; second < 60; second++) {
      play(40);
      expect([contentHealth.silentUs, contentHealth.frozenUs]).toEqual([0, 0]);
    }
    feed.carry('silence');
    const silentUs = play(400);
    expect([contentHealth.silentUs, contentHealth.frozenUs]).toEqual([expect.closeTo(silentUs), 0]);
    feed.carry('programme');
    play(80);
    feed.carry('loop');
    const loopedUs = play(400);
    expect([contentHealth.silentUs, contentHealth.frozenUs]).toEqual([0, expect.closeTo(loopedUs, -5)]);
    feed.carry('programme');
    play(20);
    expect([contentHealth.silentUs, contentHealth.frozenUs]).toEqual([0, 0]);
  });
});

test('a restart ends a loop, but not the silence of a line', () => {
  const feed = new Feed();
  feed.carry('loop');
  feed.restarted();
  expect(feed.carries).toBe('programme');
  feed.carry('silence');
  feed.restarted();
  expect(feed.carries).toBe('silence');
});

describe('a listener', () => {
  const run = (...faults: Fault[]): Run =>
    simulate({ name: 'x', story: 'x', durationS: 30, topology: station(), faults, expect: [] }, { seed: 1 });

  test('is told from one who hears nothing: frames come, with silence in them', () => {
    const { violations, listeners } = run(at(10).silence('enc-a'), at(15).programme('enc-a'));
    expect(violations).toEqual([]);
    expect(listeners[0]).toMatchObject({ silenceMs: 0, switches: [], loopedMs: 0 });
    expect(listeners[0]!.digitalSilenceMs).toBeGreaterThan(4_950);
    expect(listeners[0]!.digitalSilenceMs).toBeLessThan(5_050);
  });

  test('hears a loop as long as it lasts, and misses the programme meanwhile', () => {
    const { violations, listeners } = run(at(10).loop('enc-a'), at(15).programme('enc-a'));
    expect(violations).toEqual([]);
    const [{ loopedMs, silenceMs, switches } = { loopedMs: 0, silenceMs: -1, switches: [] }] = listeners;
    expect(silenceMs).toBe(0);
    expect(loopedMs).toBeGreaterThan(4_950);
    expect(loopedMs).toBeLessThan(5_050);
    expect(switches).toHaveLength(1);
    // It ends somewhere in the second that is repeated.
    expect(switches[0]!.missingMs).toBeGreaterThan(5_000);
    expect(switches[0]!.missingMs).toBeLessThan(6_100);
  });
});
