import { beforeEach, describe, expect, it } from 'vitest';
import { LoudnessEnvelope } from '../../../../core/edge/content/loudness-envelope.ts';
import { Correlator } from '../../../../core/edge/content/correlation.ts';
import { Kinship, type Finding } from '../../../../core/edge/content/kinship.ts';
import { Timeline } from '../../../../core/arrival/timing/timeline.ts';
import { FrameTable } from '../../../../core/edge/content/frame-table.ts';
import { ms, type Micros } from '../../../../core/base/units.ts';

const FRAME_US = 25_000;

/** A stream of which each frame has two values of loudness. */
class Stream {
  resumedAt = 0 as Micros;
  readonly timeline: Timeline = new Timeline(ms(12_000));
  readonly envelope: LoudnessEnvelope = new LoudnessEnvelope(2_000);
  readonly frames: FrameTable = new FrameTable();

  frame(nowMs: number, loudness: (programmeMs: number) => number): void {
    const mediaUs = this.timeline.frame((nowMs * 1_000) as Micros, FRAME_US);
    for (const part of [0.25, 0.75]) this.envelope.add(mediaUs + part * FRAME_US, loudness(nowMs + (part * FRAME_US) / 1_000));
  }
}

/** Syllables, none like another. */
function speech(programmeMs: number): number {
  const syllable = Math.floor(programmeMs / 90);
  const mixed = Math.imul(syllable ^ 0x5bd1e995, 0x2c1b3c6d);
  return 110 + (((mixed ^ (mixed >>> 15)) >>> 0) % 80);
}

const elsewhere = (programmeMs: number): number => speech(programmeMs + 3_600_000);
const tone = (): number => 150;
const beat = (programmeMs: number): number => (programmeMs % 500 < 120 ? 180 : 130);

describe('the kinship of streams', () => {
  let kinship: Kinship<Stream>;
  let a: Stream;
  let b: Stream;
  let nowMs: number;
  let findings: Finding[];

  beforeEach(() => {
    kinship = new Kinship(new Correlator());
    [a, b] = [new Stream(), new Stream()];
    nowMs = 0;
    findings = [];
  });

  function play(seconds: number, ofA: (programmeMs: number) => number, ofB: (programmeMs: number) => number): void {
    for (const untilMs = nowMs + 1_000 * seconds; nowMs < untilMs; nowMs += FRAME_US / 1_000) {
      a.frame(nowMs, ofA);
      b.frame(nowMs, ofB);
      if (!kinship.isDue(ms(nowMs), a, b)) continue;
      const finding = kinship.look(ms(nowMs), a, b);
      if (finding !== undefined) findings.push(finding);
    }
  }

  it('is known when they agree twice', () => {
    play(30, speech, speech);
    expect(kinship.isSame(a, b)).toBe(true);
    expect(kinship.isSame(b, a)).toBe(true);
  });

  it('is excluded when nothing agrees for a minute, and not before', () => {
    play(60, speech, elsewhere);
    expect(kinship.isDifferent(a, b)).toBe(false);
    play(20, speech, elsewhere);
    expect(kinship.isDifferent(b, a)).toBe(true);
    expect(findings).toEqual(['different']);
  });

  it('lasts through silence, and ends when they part', () => {
    play(30, speech, speech);
    play(1_000, () => 0, elsewhere);
    expect(kinship.isSame(a, b)).toBe(true);
    play(100, speech, elsewhere);
    expect(kinship.isSame(a, b)).toBe(false);
    play(40, speech, speech);
    expect(findings).toEqual(['different', 'same']);
  });

  it.each([['silence', () => 0], ['a tone', tone], ['a steady beat', beat]] as const)('is not told from %s', (_, of) => {
    play(300, of, of);
    expect(findings).toEqual([]);
    expect(kinship.isDifferent(a, b)).toBe(false);
  });

  it('has to be shown anew when one was away for long', () => {
    play(30, speech, speech);
    a.resumedAt = ms(nowMs);
    expect(kinship.isSame(a, b)).toBe(false);
    play(20, speech, speech);
    expect(kinship.isSame(a, b)).toBe(true);
  });

  it('goes from one to another by a third, also when that is forgotten', () => {
    const c = new Stream();
    kinship.agree(ms(0), a, b);
    kinship.agree(ms(0), a, c);
    expect(kinship.isSame(b, c)).toBe(true);
    kinship.forget(ms(0), a);
    expect(kinship.isSame(b, c)).toBe(true);
    expect(kinship.isSame(a, b)).toBe(false);
  });
});
