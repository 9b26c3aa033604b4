import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { SourcePace } from '../../../../core/arrival/timing/source-pace.ts';
import { PacedSource } from '../../../../shell/encoder/source/paced-source.ts';
import { FRAME_BYTES, mp3Frames } from '../../support/support.ts';

const FRAME_US = (1_152 * 1_000_000) / 44_100;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => void vi.useRealTimers());

/** A source, and an encoder that takes every frame for what it is. */
class Rig {
  readonly calls: string[] = [];
  readonly audio: { readonly at: number; readonly bytes: Buffer }[] = [];
  told = 0;
  takenBytes = 0;
  hasAudio = true;
  readonly pace: SourcePace;
  readonly source: PacedSource;

  constructor(pace = new SourcePace(defaultSettings)) {
    this.pace = pace;
    this.source = new PacedSource({
      pace: this.pace,
      flow: { pause: () => this.calls.push('pause'), resume: () => this.calls.push('resume') },
      sink: {
        hasFrames: true,
        audio: (bytes) => {
          this.takenBytes += bytes.length;
          this.audio.push({ at: performance.now(), bytes: Buffer.from(bytes) });
        },
        title: (title) => this.calls.push(`${title} at ${this.takenBytes}`) > 0,
        metadata: (text) => this.calls.push(`${text} at ${this.takenBytes}`),
        end: (reason) => this.calls.push(`end: ${reason}`),
      },
      takenUs: () => (this.hasAudio ? 1 : 0) * Math.floor(this.takenBytes / FRAME_BYTES) * FRAME_US,
      paced: () => this.told++,
    });
  }

  get whole(): Buffer {
    return Buffer.concat(this.audio.map(({ bytes }) => bytes));
  }
}

const programme = Buffer.concat(mp3Frames(1_500));

describe('a source without a pace of its own', () => {
  it('is held up behind ten seconds, and given to the encoder as smoothly as a live one', () => {
    const rig = new Rig();
    rig.source.audio(programme);
    expect(rig.calls).toEqual(['pause']);
    expect(rig.told).toBe(1);
    const aheadS = (rig.takenBytes / FRAME_BYTES) * FRAME_US / 1e6;
    expect(aheadS).toBeGreaterThan(9.9);
    expect(aheadS).toBeLessThan(10.2);
    const before = rig.takenBytes;
    vi.advanceTimersByTime(10_000);
    expect(((rig.takenBytes - before) / FRAME_BYTES) * FRAME_US / 1e6).toBeCloseTo(10, 0);
    const times = rig.audio.map(({ at }) => at);
    expect(Math.max(...times.slice(1).map((time, n) => time - times[n]!))).toBeLessThan(150);
    expect(rig.calls).toEqual(['pause']);
    vi.advanceTimersByTime(60_000);
    expect(rig.calls).toEqual(['pause', 'resume']);
    expect(rig.whole.equals(programme)).toBe(true);
  });

  it('is told once, however often it is held up', () => {
    const rig = new Rig();
    for (let round = 0; round < 3; round++) {
      rig.source.audio(programme.subarray(0, 400 * FRAME_BYTES));
      vi.advanceTimersByTime(11_000);
    }
    expect(rig.told).toBe(1);
    expect(rig.calls.filter((call) => call === 'pause').length).toBe(rig.calls.filter((call) => call === 'resume').length);
  });

  it('keeps the order of audio and titles, and nothing back at its end', () => {
    const rig = new Rig();
    rig.source.audio(programme.subarray(0, 600_000));
    rig.source.metadata('one');
    rig.source.audio(programme.subarray(600_000, 610_000));
    rig.source.title('two');
    expect(rig.calls).toEqual(['pause']);
    rig.source.end('end of input');
    vi.advanceTimersByTime(60_000);
    expect(rig.calls).toEqual(['pause', 'one at 600000', 'two at 610000', 'end: end of input']);
    expect(rig.whole.equals(programme.subarray(0, 610_000))).toBe(true);
  });

  it('is held up, too, when it connects anew for every few seconds', () => {
    const pace = new SourcePace(defaultSettings);
    const rigs = Array.from({ length: 4 }, () => {
      const rig = new Rig(pace);
      rig.source.audio(programme.subarray(0, 150 * FRAME_BYTES));
      if (rig.calls.length === 0) rig.source.end('gone');
      return rig;
    });
    expect(rigs.map(({ calls }) => calls[0])).toEqual(['end: gone', 'end: gone', 'pause', 'pause']);
  });

  it('does not wait when there is no audio in it', () => {
    const rig = new Rig();
    rig.hasAudio = false;
    rig.source.audio(programme);
    expect(rig.calls).toEqual([]);
  });
});
