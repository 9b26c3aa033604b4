import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ListenerId, MountId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { emptyFrameHeader } from '../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { ReservoirWatch } from '../../../../core/codec/mpeg/reservoir-watch.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { IcyStripper } from '../../../../shell/http/client/icy-stripper.ts';
import { FRAME_BYTES, FRAME_US, numbered, numberedAac, numbersIn, range } from '../../support/frames.ts';
import { introOf, IntroRig, MOUNT, NAME } from '../intro-rig.ts';

const seconds = (count: number): number => Math.round((count * 1_000_000) / FRAME_US);

function rigWith(frames: number, settings: ConstructorParameters<typeof IntroRig>[0] = {}, text = ''): IntroRig {
  const rig = new IntroRig(settings);
  rig.listeners.intro(rig.now, NAME, introOf(frames, text));
  return rig;
}

describe('a new listener of a mountpoint with an intro', () => {
  it.each([0.5, 2, 10])('hears all of it, of %f s, and then the stream without a frame missing or twice', (lengthS) => {
    const rig = rigWith(seconds(lengthS));
    rig.until(7_013);
    const listener = rig.join();
    rig.until(30_000);
    const { intro, stream } = rig.numbers(listener);
    expect(intro).toEqual(range(0, seconds(lengthS) - 1));
    expect(stream).toEqual(range(stream[0]!, stream[0]! + stream.length - 1));
    // Nothing of it is kept from a listener but what comes with the next write.
    expect(rig.frames - stream.at(-1)!).toBeLessThan(6);
  });

  it.each([0.5, 2, 10])('is given its burst at once, of the intro first, and never more than that ahead: %f s', (lengthS) => {
    const rig = rigWith(seconds(lengthS));
    rig.until(7_000);
    const listener = rig.join();
    rig.until(7_001);
    const burst = rig.sent(listener);
    expect(Math.abs(burst - seconds(2))).toBeLessThan(6);
    for (let atMs = 7_100; atMs < 25_000; atMs += 100) {
      rig.until(atMs);
      const elapsed = ((atMs - 7_000) * 1_000) / FRAME_US;
      const ahead = rig.sent(listener) - elapsed;
      // A mark of the journal more at most, and a write less.
      expect(ahead).toBeLessThan(seconds(2) + 6);
      expect(ahead).toBeGreaterThan(seconds(2) - 10);
    }
  });

  it('hears it also while the stream is silent, and the stream when that comes', () => {
    const rig = rigWith(seconds(5));
    rig.until(3_000);
    const listener = rig.join();
    rig.until(12_000, true);
    expect(rig.numbers(listener).intro).toHaveLength(seconds(5));
    rig.until(14_000);
    const { intro, stream } = rig.numbers(listener);
    expect(intro).toHaveLength(seconds(5));
    expect(stream).toEqual(range(stream[0]!, rig.frames - 1).slice(0, stream.length));
  });

  it('is given the same bytes as all others, of which nobody has a copy', () => {
    const rig = rigWith(seconds(10));
    rig.until(3_000);
    for (let n = 0; n < 50; n++) rig.join();
    rig.until(6_000);
    expect(rig.pieces.length).toBeGreaterThan(1_000);
    expect(new Set(rig.pieces.map(({ buffer }) => buffer)).size).toBe(1);
  });

  it('does not keep the stream in memory that it does not hear', () => {
    const rig = rigWith(seconds(100));
    rig.until(10_000);
    rig.join();
    const before = rig.listeners.heldBytes;
    rig.until(90_000);
    expect(rig.listeners.heldBytes).toBeLessThan(before + 40_000);
  });

  it('is not dropped for what it was given ahead, but for what it does not take', () => {
    const rig = rigWith(seconds(60), { listenerQueueBytes: 65_536 });
    rig.until(3_000);
    const [takes, stuck] = [rig.join(), rig.join()];
    rig.stuck.add(stuck);
    rig.until(60_000);
    expect([...rig.ended]).toEqual([[stuck, 'too-slow']]);
    expect(rig.events.filter(({ kind }) => kind === 'listener-dropped')).toMatchObject([{ listener: stuck, mount: NAME }]);
    rig.until(90_000);
    expect(rig.numbers(takes).intro).toHaveLength(seconds(60));
    expect(rig.listeners.audience(MOUNT)).toMatchObject({ listeners: 1, slowListeners: 1 });
  });

  it('that was slow for a while goes on with as much of the stream as is kept for new listeners', () => {
    const rig = rigWith(seconds(4), { listenerQueueBytes: 1_000_000 });
    rig.until(3_000);
    const listener = rig.join();
    rig.backlog.set(listener, 70_000);
    rig.until(8_000);
    expect(rig.numbers(listener).intro.length).toBeLessThan(seconds(4));
    rig.backlog.clear();
    rig.until(8_300);
    const { intro, stream } = rig.numbers(listener);
    expect(intro).toHaveLength(seconds(4));
    expect(stream.length).toBeGreaterThan(seconds(2) - 5);
    expect(stream).toEqual(range(stream[0]!, stream[0]! + stream.length - 1));
  });

  it('hears the stream at once where that has another format, which is told at powers of two', () => {
    const rig = new IntroRig();
    rig.listeners.intro(rig.now, NAME, introOf(50, '', (number) => numberedAac(number)));
    rig.until(5_000);
    const all = Array.from({ length: 5 }, () => rig.join());
    rig.until(6_000);
    for (const listener of all) expect(rig.numbers(listener)).toMatchObject({ intro: [], stream: expect.objectContaining({ length: rig.numbers(all[0]!).stream.length }) as unknown });
    expect(rig.events.filter(({ kind }) => kind === 'intro-skipped')).toEqual([1, 2, 4].map((count) => ({ kind: 'intro-skipped', mount: NAME, count })));
  });

  it('goes on with the stream at once when the intro is replaced, or taken away', () => {
    const rig = rigWith(seconds(10));
    rig.until(5_000);
    const listener = rig.join();
    rig.until(6_000);
    rig.listeners.intro(rig.now, NAME, introOf(20));
    const next = rig.join();
    rig.until(8_000);
    const { intro, stream } = rig.numbers(listener);
    expect(Math.abs(intro.length - seconds(3))).toBeLessThan(5);
    expect(stream).toEqual(range(stream[0]!, stream[0]! + stream.length - 1));
    expect(rig.numbers(next).intro).toEqual(range(0, 19));
    rig.listeners.intro(rig.now, NAME, undefined);
    const last = rig.join();
    rig.until(9_000);
    expect(rig.numbers(last).intro).toEqual([]);
  });

  it('goes on at another mountpoint when it is moved, behind a whole frame, without that one’s intro', () => {
    const rig = rigWith(seconds(10));
    const other = 2 as MountId;
    rig.listeners.opened(rig.now, other, 'other');
    rig.listeners.format(rig.now, other, introOf(1).format);
    rig.listeners.intro(rig.now, 'other', introOf(30));
    const otherFrames = (fromMs: number, untilMs: number): void => {
      for (let atMs = fromMs; atMs < untilMs; atMs += FRAME_US / 1_000) {
        rig.until(atMs);
        rig.listeners.frame(rig.now, other, numbered(Math.round(atMs), 3), FRAME_US);
      }
    };
    otherFrames(0, 5_000);
    const listener = rig.join();
    otherFrames(5_000, 6_000);
    expect(rig.listeners.move(rig.now, listener, 'other')).toBe('moved');
    otherFrames(6_000, 9_000);
    const audio = rig.audio(listener);
    const numbers = numbersIn(audio);
    const cut = numbers.findIndex((number, at) => number !== at);
    expect(Math.abs(cut - seconds(3))).toBeLessThan(6);
    // From then on frames of the other: as many as belong to the time.
    expect(Math.abs(numbers.length - seconds(6))).toBeLessThan(10);
    expect(numbers.slice(cut)).toEqual(numbers.slice(cut).toSorted((a, b) => a - b));
    expect([rig.listeners.audience(MOUNT).listeners, rig.listeners.audience(other).listeners]).toEqual([0, 1]);
  });

  it('is disconnected with its mountpoint, and can leave in the middle', () => {
    const rig = rigWith(seconds(10));
    rig.until(3_000);
    const [left, stays] = [rig.join(), rig.join()];
    rig.until(4_000);
    rig.listeners.leave(rig.now, left, 'closed');
    rig.until(5_000);
    rig.listeners.ended(rig.now, MOUNT);
    expect([...rig.ended]).toEqual([[stays, 'mount-ended']]);
    expect(rig.listeners.size).toBe(0);
    rig.listeners.advance((rig.now + 60_000_000) as Micros);
    // It is there for the mountpoint that comes next under that name.
    rig.listeners.opened(rig.now, 9 as MountId, NAME);
    rig.listeners.format(rig.now, 9 as MountId, introOf(1).format);
    const again = rig.join();
    rig.listeners.advance((rig.now + 1_000_000) as Micros);
    expect(rig.numbers(again).intro[0]).toBe(0);
  });
});

describe('the titles of an intro', () => {
  function titlesOf(rig: IntroRig, listener: ListenerId): { readonly titles: readonly string[]; readonly audio: Uint8Array } {
    const titles: string[] = [];
    const audio: Uint8Array[] = [];
    const stripper = new IcyStripper(rig.settings.icyIntervalBytes, (bytes) => void audio.push(bytes.slice()), (text) => void titles.push(text));
    stripper.push(rig.audio(listener));
    return { titles, audio: Buffer.concat(audio) };
  }

  it.each([['Hello', ["StreamTitle='Hello';", "StreamTitle='Song';"]], ['', ["StreamTitle='Song';"]]])('are its own, or those of the stream: %j', (title, expected) => {
    const rig = rigWith(seconds(4), { icyIntervalBytes: 4_000 }, title === '' ? '' : `StreamTitle='${title}';`);
    rig.listeners.title(rig.now, MOUNT, "StreamTitle='Song';");
    rig.until(3_000);
    const all = [rig.join({ icy: true }), rig.join({ icy: true })];
    rig.until(3_500);
    all.push(rig.join({ icy: true }));
    rig.until(15_000);
    for (const listener of all) {
      const { titles, audio } = titlesOf(rig, listener);
      expect(titles.filter((text) => text !== '')).toEqual(expected);
      const numbers = numbersIn(audio.subarray(0, audio.length - (audio.length % FRAME_BYTES)));
      expect(numbers.slice(0, seconds(4))).toEqual(range(0, seconds(4) - 1));
    }
  });
});

describe('the joint', () => {
  const programme = loadProgramme();
  const [spoken, other] = [programme.a, programme.b].map(({ frames }) => frames.map(({ bytes }) => bytes)) as [Uint8Array[], Uint8Array[]];

  /** A stream of MP3 in which the audio of a frame begins before it. */
  class Spoken extends IntroRig {
    override frame(number: number): Uint8Array {
      return spoken[number]!;
    }
  }

  /** What a decoder can do with each frame behind the intro, of which there are so many. */
  function behindIntro(audio: Uint8Array, frames: number): readonly string[] {
    const watch = new ReservoirWatch();
    const found: string[] = [];
    const header = emptyFrameHeader();
    for (let at = 0; at < audio.length; at += header.lengthBytes) {
      expect(readHeader(audio, at, header)).toBeUndefined();
      found.push(watch.frame(audio.subarray(at, at + header.lengthBytes), header));
    }
    return found.slice(frames);
  }

  it.each(range(0, 11))('is no noise, wherever the stream is entered: case %i', (n) => {
    const rig = new Spoken({ listenerFlushMs: 50 });
    const frames = seconds(3);
    rig.listeners.intro(rig.now, NAME, introOf(frames, '', (number) => other[number]!));
    rig.until(3_000 + 37 * n);
    const [listener, together] = [rig.join(), rig.join()];
    rig.until(9_000);
    const found = behindIntro(rig.audio(listener), frames);
    expect(found.length).toBeGreaterThan(100);
    expect(new Set(found)).toEqual(new Set(['whole']));
    expect(rig.audio(together)).toEqual(rig.audio(listener));
    // All but the first frame are as they were in the stream.
    const tail = rig.audio(listener).subarray(-1_000);
    expect(Buffer.concat(spoken.slice(0, rig.frames)).includes(Buffer.from(tail))).toBe(true);
  });

  it('would be noise as the frames are', () => {
    const noisy = range(0, 40).filter((at) => behindIntro(Buffer.concat([...other.slice(0, 100), ...spoken.slice(100 + at, 110 + at)]), 100).some((frame) => frame !== 'whole'));
    expect(noisy.length).toBeGreaterThan(20);
  });
});

describe('whatever the point at which they join', () => {
  it('all listeners hear the intro once, from its first frame to its last, and then the stream, nothing lost', () => {
    const listener = fc.record({ atMs: fc.integer({ min: 0, max: 9_000 }), burstMs: fc.option(fc.constantFrom(0, 300, 2_000, 5_000), { nil: undefined }), stuckMs: fc.constantFrom(0, 0, 0, 200, 900) });
    fc.assert(fc.property(fc.array(listener, { minLength: 1, maxLength: 8 }), fc.integer({ min: 1, max: 300 }), fc.constantFrom(0, 50, 100, 400), (all, frames, listenerFlushMs) => {
      const rig = rigWith(frames, { listenerFlushMs, listenerQueueBytes: 4_000_000, maxListeners: 10 });
      const ids: ListenerId[] = [];
      const due: { readonly atMs: number; readonly what: () => void }[] = all.flatMap(({ atMs, burstMs, stuckMs }, index) => [
        {
          atMs,
          what: () => {
            ids[index] = rig.join(burstMs === undefined ? {} : { burstMs });
            if (stuckMs > 0) rig.backlog.set(ids[index]!, 80_000);
          },
        },
        { atMs: atMs + stuckMs, what: () => void rig.backlog.delete(ids[index]!) },
      ]);
      for (const { atMs, what } of due.toSorted((a, b) => a.atMs - b.atMs)) {
        rig.until(atMs);
        what();
      }
      rig.until(25_000);
      expect(rig.ended.size).toBe(0);
      for (const id of ids) {
        const { intro, stream } = rig.numbers(id);
        expect(intro).toEqual(range(0, frames - 1));
        expect(stream.length).toBeGreaterThan(100);
        expect(stream).toEqual(range(stream[0]!, stream[0]! + stream.length - 1));
        expect(rig.frames - stream.at(-1)!).toBeLessThan(20);
      }
    }), { numRuns: 40 });
  });
});

