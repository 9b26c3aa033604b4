import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { defaultSettings } from '../../../../core/config/settings.ts';
import { StreamMedia } from '../../../../core/edge/stream/media.ts';
import type { GapVerdict } from '../../../../core/edge/stream/events.ts';
import { FRAME_US, numbered } from '../../support/frames.ts';

/** A stream with this many messages without audio behind every so many frames: as they come they are taken in, unless they are lost. */
class Stream {
  readonly media: StreamMedia;
  readonly #others: number;
  readonly #everyFrames: number;
  #frames = 0;
  #isLost = false;
  #lost = 0;

  constructor(others: number, everyFrames: number) {
    this.#others = others;
    this.#everyFrames = everyFrames;
    this.media = new StreamMedia({ settings: defaultSettings, budget: new MemoryBudget(1e9), text: () => undefined, frame: () => undefined });
  }

  /** Where in the programme its newest frame is, against where it is taken to be. */
  get errorUs(): number {
    return this.media.timeline.mediaUs - this.#frames * FRAME_US;
  }

  brings(count: number): void {
    for (let n = 0; n < count; n++) this.#frame();
  }

  /** @param lateUs by which what is behind it comes later than usual. */
  loses(count: number, verdict: GapVerdict, lateUs: number): void {
    this.#isLost = true;
    this.brings(count);
    this.#isLost = false;
    const audioAt = this.#now(lateUs);
    this.media.lost(audioAt, { sequence: 0, messages: this.#lost, waitedUs: 0, verdict, audioAt });
    this.#lost = 0;
  }

  #frame(): void {
    if (this.#isLost) this.#lost++;
    else this.media.take(this.#now(), this.#now(), numbered(this.#frames));
    this.#frames++;
    if (this.#frames % this.#everyFrames !== 0) return;
    if (this.#isLost) this.#lost += this.#others;
    else for (let n = 0; n < this.#others; n++) this.media.other();
  }

  #now(lateUs: number = 0): Micros {
    return Math.round(5_000_000 + this.#frames * FRAME_US + lateUs) as Micros;
  }
}

describe('the length of a loss is that of the audio in it', () => {
  /** Four messages every two seconds, as an encoder says again what it has said; titles five times a second; and none of either. */
  const mixes = [[4, 76], [2, 8], [0, 1]] as const;

  it.each(mixes.flatMap(([others, every]) => ([100, 200, 380] as const).map((frames) => [others, every, frames] as const)))(
    'with %i others every %i frames, of %i frames, by when what is behind it came',
    (others, every, frames) => {
      for (const verdict of ['disproved', 'jump'] as const) {
        const stream = new Stream(others, every);
        stream.brings(600);
        stream.loses(frames, verdict, 0);
        stream.brings(10);
        expect(Math.abs(stream.errorUs)).toBeLessThan(FRAME_US / 2);
      }
    },
  );

  it.each(mixes)('with %i others every %i frames, about, where what is behind it comes late', (others, every) => {
    const stream = new Stream(others, every);
    stream.brings(600);
    stream.loses(380, 'disproved', 3_000_000);
    stream.brings(10);
    expect(Math.abs(stream.errorUs)).toBeLessThan(8.5 * FRAME_US);
  });

  it('whatever it was like in the beginning', () => {
    const stream = new Stream(0, 1);
    for (let n = 0; n < 40; n++) stream.media.other();
    stream.brings(1_200);
    stream.loses(380, 'disproved', 3_000_000);
    stream.brings(10);
    expect(Math.abs(stream.errorUs)).toBeLessThan(FRAME_US / 2);
  });
});

it('edges speak of no message where frames are not there any more, until others come', () => {
  const media = new StreamMedia({ settings: { ...defaultSettings, hlsSegmentMs: 6_000 }, budget: new MemoryBudget(1e9), text: () => undefined, frame: () => undefined });
  const brings = (from: number, to: number): void => {
    for (let n = from; n < to; n++) media.take((n * FRAME_US) as Micros, (n * FRAME_US) as Micros, numbered(n));
  };
  brings(0, 20);
  expect(media.passed(16)).toMatchObject({ sequence: 16 });
  // As where its mountpoint has ended.
  media.ring.clear();
  expect(media.passed(24)).toBeUndefined();
  brings(20, 24);
  expect(media.passed(32)).toMatchObject({ sequence: 32 });
});
