import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Correlator } from '../../../../core/edge/content/correlation.ts';
import { Aligner } from '../../../../core/edge/content/aligner.ts';
import { LoudnessEnvelope } from '../../../../core/edge/content/loudness-envelope.ts';
import { Timeline } from '../../../../core/arrival/timing/timeline.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';
import { FrameTable } from '../../../../core/edge/content/frame-table.ts';

const FRAME_US = 25_000;

/** A stream whose programme lies `delayMs` behind when it arrives, on a media clock that began when it did. */
class Stream {
  readonly timeline: Timeline = new Timeline(ms(12_000));
  readonly envelope: LoudnessEnvelope = new LoudnessEnvelope(2_000);
  readonly frames: FrameTable = new FrameTable();
  #delayMs: number;
  readonly #beginsMs: number;

  constructor(beginsMs: number, delayMs: number) {
    this.#beginsMs = beginsMs;
    this.#delayMs = delayMs;
  }

  /** The frame that is on its way at `nowMs`, with the programme of `delayMs` before. */
  frame(nowMs: number, loudness: (programmeMs: number) => number = speech): void {
    const mediaUs = this.timeline.frame((nowMs * 1_000) as Micros, FRAME_US);
    for (const part of [0.25, 0.75]) this.envelope.add(mediaUs + part * FRAME_US, loudness(nowMs - this.#delayMs + (part * FRAME_US) / 1_000));
  }

  /** The encoder stood still, and left out so much. */
  jumps(byMs: number): void {
    this.#delayMs += byMs;
  }

  /** Where in its media time the programme of a moment lies. */
  mediaOf(programmeMs: number): number {
    return (programmeMs + this.#delayMs - this.#beginsMs) * 1_000;
  }
}

/** Syllables, none like another. */
function speech(programmeMs: number): number {
  const syllable = Math.floor(programmeMs / 90);
  const mixed = Math.imul(syllable ^ 0x5bd1e995, 0x2c1b3c6d);
  return 110 + (((mixed ^ (mixed >>> 15)) >>> 0) % 80);
}

describe('an aligner', () => {
  let aligner: Aligner;
  let live: Stream;
  let backup: Stream;
  let nowMs: number;

  beforeEach(() => {
    aligner = new Aligner(new Correlator());
    live = new Stream(0, 40);
    backup = new Stream(0, 1_340);
    nowMs = 0;
  });

  function play(seconds: number, loudness?: (programmeMs: number) => number): void {
    for (const untilMs = nowMs + 1_000 * seconds; nowMs < untilMs; nowMs += FRAME_US / 1_000) {
      live.frame(nowMs, loudness);
      backup.frame(nowMs, loudness);
      aligner.heard((1_000 * nowMs) as Micros, live, backup);
    }
  }

  /** By how much it is off, in ms, at the newest programme that both have. */
  function errorMs(): number {
    const programmeMs = nowMs - 1_500;
    const match = aligner.locate(live, live.mediaOf(programmeMs), backup)!;
    return (match.mediaUs - backup.mediaOf(programmeMs)) / 1_000;
  }

  function knownBy(): string {
    return aligner.locate(live, 0, backup)!.by;
  }

  test('knows it still after a loss every few seconds, and after minutes of those', () => {
    play(20);
    for (let round = 0; round < 15; round++) {
      const lostMs = 400;
      live.timeline.skip(1_000 * lostMs);
      for (let n = 0; n < lostMs / 25; n++, nowMs += 25) {
        backup.frame(nowMs);
        aligner.heard((1_000 * nowMs) as Micros, live, backup);
      }
      play(4);
    }
    expect(knownBy()).toBe('content');
    expect(Math.abs(errorMs())).toBeLessThan(5);
  });

  test('knows it still while one of them is silent, and when that has programme again', () => {
    play(20);
    for (let n = 0; n < 320; n++, nowMs += 25) {
      live.frame(nowMs, () => 0);
      backup.frame(nowMs);
      aligner.heard((1_000 * nowMs) as Micros, live, backup);
      expect(knownBy()).toBe('content');
    }
    for (let second = 0; second < 20; second++) {
      play(1);
      expect(knownBy()).toBe('content');
    }
    expect(Math.abs(errorMs())).toBeLessThan(5);
  });

  test('goes by arrivals until it has heard enough, and by content from then on', () => {
    play(5);
    expect(knownBy()).toBe('arrival');
    expect(Math.abs(errorMs())).toBeGreaterThan(1_200);
    play(15);
    expect(knownBy()).toBe('content');
    expect(Math.abs(errorMs())).toBeLessThan(3);
  });

  test('keeps what it knows through half a minute of silence, and no longer', () => {
    play(20);
    play(25, () => 0);
    expect(knownBy()).toBe('content');
    expect(Math.abs(errorMs())).toBeLessThan(3);
    play(20, () => 0);
    expect(knownBy()).toBe('arrival');
  });

  test('knows nothing of two different programmes', () => {
    for (; nowMs < 30_000; nowMs += FRAME_US / 1_000) {
      live.frame(nowMs);
      backup.frame(nowMs, (programmeMs) => speech(programmeMs + 3_600_000));
      aligner.heard((1_000 * nowMs) as Micros, live, backup);
    }
    expect(knownBy()).toBe('arrival');
  });

  test('does not hold on to what was true before an encoder jumped', () => {
    play(20);
    backup.jumps(400);
    play(12);
    expect(knownBy()).toBe('arrival');
    play(20);
    expect(knownBy()).toBe('content');
    expect(Math.abs(errorMs())).toBeLessThan(3);
  });

  test('after a switch it knows of the former live stream, and of the others, what it knew', () => {
    const third = new Stream(0, 700);
    for (; nowMs < 20_000; nowMs += FRAME_US / 1_000) {
      for (const stream of [live, backup, third]) stream.frame(nowMs);
      aligner.heard((1_000 * nowMs) as Micros, live, backup);
      aligner.heard((1_000 * nowMs) as Micros, live, third);
    }
    aligner.switched(live, backup);
    for (const other of [live, third]) {
      const match = aligner.locate(backup, backup.mediaOf(15_000), other)!;
      expect(match.by).toBe('content');
      expect(Math.abs(match.mediaUs - other.mediaOf(15_000)) / 1_000).toBeLessThan(5);
    }
  });

  test('after a switch by arrivals it begins anew', () => {
    const third = new Stream(0, 700);
    for (; nowMs < 20_000; nowMs += FRAME_US / 1_000) {
      for (const stream of [live, backup, third]) stream.frame(nowMs);
      aligner.heard((1_000 * nowMs) as Micros, live, third);
    }
    aligner.switched(live, backup);
    expect(aligner.locate(backup, 0, third)!.by).toBe('arrival');
  });
});

describe('aligners of one edge', () => {
  const PAIRS = 60;

  test('take turns when all have much to look at, and get to know everything all the same', () => {
    const correlator = new Correlator();
    const align = vi.spyOn(correlator, 'align');
    const pairs = Array.from({ length: PAIRS }, (_, n) => ({ aligner: new Aligner(correlator), live: new Stream(0, 40), backup: new Stream(0, 40 + 20 * n) }));
    let atOnce = 0;
    // All have been away, and what was kept for them comes within a moment: twenty seconds in a tenth of one.
    for (let tick = 0; tick < 1_000; tick++) {
      const programmeMs = FRAME_US / 1_000 * tick;
      const now = Math.round(1e6 * (programmeMs < 20_000 ? 20 + programmeMs / 200_000 : 20.1 + (programmeMs - 20_000) / 1_000)) as Micros;
      for (const { aligner, live, backup } of pairs) {
        live.frame(programmeMs);
        backup.frame(programmeMs);
        aligner.heard(now, live, backup);
      }
      if (tick === 799) atOnce = align.mock.results.filter(({ value }) => value !== undefined).length;
    }
    // A tenth of a second, and what was saved up before, have three million points; without a budget there are 500 looks.
    expect(atOnce).toBeLessThan(200);
    expect(atOnce).toBeGreaterThan(100);
    for (const { aligner, live, backup } of pairs) expect(aligner.locate(live, 0, backup)!.by).toBe('content');
  });
});
