import { describe, expect, test } from 'vitest';
import { LoudnessEnvelope } from '../../../../core/edge/content/loudness-envelope.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { LoopDetector } from '../../../../core/edge/content/loop-detector.ts';
import { drums, GRANULE_US, loopedSpeech, music, speech, tone } from './levels.ts';

/** A stream of which only the loudness is known. */
class Heard {
  readonly envelope = new LoudnessEnvelope(2_000);
  loopDetector = new LoopDetector(this.envelope);
  mediaUs = 0;

  play(levels: readonly number[], onLevel: () => void = () => {}): this {
    for (const level of levels) {
      this.envelope.add(this.mediaUs + GRANULE_US / 2, level);
      this.mediaUs += GRANULE_US;
      this.loopDetector.heard(this.mediaUs);
      onLevel();
    }
    return this;
  }

  get sinceS(): number | undefined {
    return this.loopDetector.sinceUs === undefined ? undefined : this.loopDetector.sinceUs / 1e6;
  }
}

describe('the contour of', () => {
  test.each([['speech', speech], ['music', music], ['a tone', tone], ['silence', speech.map(() => 0)]] as const)('%s is never like itself', (_, levels) => {
    const heard = new Heard();
    heard.play(levels, () => expect(heard.sinceS).toBeUndefined());
    expect(heard.mediaUs / 1e6).toBeGreaterThan(15.9);
  });

  test('a loop of speech is, within ten seconds of its beginning', () => {
    const heard = new Heard();
    heard.play(loopedSpeech, () => {
      if (heard.mediaUs > 12e6) expect(heard.sinceS).toBeDefined();
    });
    expect(heard.sinceS).toBeGreaterThan(2.5);
    expect(heard.sinceS).toBeLessThan(7);
  });

  test('a drum machine is like a loop: only a second stream of it tells', () => {
    expect(new Heard().play(drums).sinceS).toBeDefined();
  });

  test('what is new ends it', () => {
    const heard = new Heard().play(loopedSpeech);
    expect(heard.play(speech.slice(0, 500)).sinceS).toBeUndefined();
  });

  test('goes on from a saved state', () => {
    const first = new Heard().play(loopedSpeech);
    const writer = new ByteWriter();
    const save = new StateWriter(writer, 'left-out');
    first.envelope.snapshot(save);
    first.loopDetector.snapshot(save);
    const second = new Heard();
    const load = new StateReader(new ByteReader(writer.written), 'left-out');
    second.envelope.snapshot(load);
    second.loopDetector.snapshot(load);
    second.mediaUs = first.mediaUs;
    expect(second.sinceS).toBe(first.sinceS);
    for (const heard of [first, second]) heard.play(loopedSpeech.slice(-153)); // Twice the loop.
    expect([second.sinceS, second.loopDetector.sinceUs]).toEqual([first.sinceS, first.loopDetector.sinceUs]);
    expect(first.sinceS).toBeDefined();
  });
});
