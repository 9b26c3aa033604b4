import { describe, expect, test } from 'vitest';
import { LoudnessEnvelope } from '../../../../core/edge/content/loudness-envelope.ts';
import { frameDurationUs, type FrameFormat, emptyFrameHeader } from '../../../../core/codec/format/format.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { LevelReader } from '../../../../core/codec/level.ts';
import { FrameScanner } from '../../../../core/codec/scan/scanner.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { ContentHealth } from '../../../../core/edge/content/content-health.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { GRANULE_US, loopedSpeech, speech } from './levels.ts';

const { frames } = loadProgramme().a;
const sound = frames.map(({ bytes }) => bytes);
const format = frameFormat(sound[0]!);
const SILENCE = sound[0]!.map((byte, at) => (at < 4 ? byte : 0));

/** What is played to it, one frame after the other. */
class Patient {
  readonly envelope = new LoudnessEnvelope(2_000);
  readonly contentHealth: ContentHealth = new ContentHealth(this.envelope);
  readonly #levels = new LevelReader();
  readonly #scanner = new FrameScanner({
    frame: (bytes, { format, samples }) => {
      const durationUs = frameDurationUs(format, samples);
      this.#levels.read(bytes, format);
      this.contentHealth.frame(bytes, format, this.mediaUs, durationUs, this.#levels.isSilent);
      this.mediaUs += durationUs;
    },
  });
  mediaUs = 0;

  play(...played: readonly Uint8Array[]): this {
    for (const bytes of played) this.#scanner.push(bytes);
    return this;
  }

  /** Without frames: what an encoder makes of a loop in front of it. */
  hear(levels: readonly number[]): this {
    for (const level of levels) {
      this.envelope.add(this.mediaUs + GRANULE_US / 2, level);
      this.contentHealth.frame(sound[0]!, format, this.mediaUs, GRANULE_US, false);
      this.mediaUs += GRANULE_US;
    }
    return this;
  }

  get seconds(): { readonly silent: number; readonly frozen: number } {
    return { silent: this.contentHealth.silentUs / 1e6, frozen: this.contentHealth.frozenUs / 1e6 };
  }
}

function frameFormat(bytes: Uint8Array): FrameFormat {
  const header = emptyFrameHeader();
  readHeader(bytes, 0, header);
  return header.format;
}

function times<T>(count: number, of: readonly T[]): T[] {
  return Array.from({ length: count }, () => of).flat();
}

const FRAME_S = frames[0]!.durationUs / 1e6;

describe('a stream', () => {
  test('of speech is neither silent nor frozen', () => {
    const patient = new Patient();
    for (const bytes of sound) expect(patient.play(bytes).seconds).toEqual({ silent: 0, frozen: 0 });
    expect(patient.mediaUs).toBe(60e6);
  });

  test('is silent from the first silent frame to the next sound', () => {
    const patient = new Patient().play(...sound.slice(0, 100), ...times(400, [SILENCE]));
    expect(patient.seconds.silent).toBeCloseTo(400 * FRAME_S, 3);
    expect(patient.seconds.frozen).toBe(0);
    expect(patient.play(sound[100]!).seconds.silent).toBe(0);
  });

  test('does not repeat itself when silence begins: it is silent', () => {
    const patient = new Patient().play(...times(20, sound.slice(0, 40)));
    expect(patient.seconds.frozen).toBeGreaterThan(17);
    expect(patient.play(...times(250, [SILENCE])).seconds.frozen).toBe(0);
  });

  test.each([1, 2, 40, 190, 500])('that repeats its last %i frames is frozen from the first frame that comes again', (period) => {
    const patient = new Patient().play(...sound.slice(0, 600), ...times(Math.ceil(800 / period), sound.slice(600 - period, 600)));
    expect(patient.seconds.frozen).toBeCloseTo(Math.ceil(800 / period) * period * FRAME_S, 3);
  });

  test('stays frozen over a loss, a frame of another loop, and pauses of silence in what it repeats', () => {
    const loop = [...sound.slice(0, 60), ...times(30, [SILENCE])];
    const patient = new Patient().play(...times(4, loop), ...loop.slice(13), sound[900]!, ...times(4, loop));
    expect(patient.seconds.frozen).toBeCloseTo((8 * 90 - 13 + 1) * FRAME_S, 3);
  });

  test('is well again after two thirds of a second of something new, and does not remember', () => {
    const patient = new Patient().play(...times(10, sound.slice(0, 40)), ...sound.slice(100, 116));
    expect(patient.seconds.frozen).toBeGreaterThan(8);
    expect(patient.play(sound[116]!).seconds.frozen).toBe(0);
    patient.play(...sound.slice(117, 400), ...sound.slice(390, 400));
    expect(patient.seconds.frozen).toBeCloseTo(10 * FRAME_S, 3);
  });

  test('is looped when its loudness repeats itself', () => {
    expect(new Patient().hear(speech).contentHealth.loopedUs).toBe(0);
    expect(new Patient().hear(loopedSpeech).contentHealth.loopedUs / 1e6).toBeGreaterThan(9);
  });

  test('goes on from a saved state', () => {
    const first = new Patient().play(...times(5, sound.slice(0, 40)), ...times(7, [SILENCE]));
    const writer = new ByteWriter();
    first.contentHealth.snapshot(new StateWriter(writer, 'left-out'));
    const second = new Patient();
    second.contentHealth.snapshot(new StateReader(new ByteReader(writer.written), 'left-out'));
    second.mediaUs = first.mediaUs;
    for (const patient of [first, second]) expect(patient.seconds).toEqual({ silent: expect.closeTo(7 * FRAME_S, 3), frozen: expect.closeTo(167 * FRAME_S, 3) });
    for (const patient of [first, second]) patient.play(...times(2, sound.slice(0, 40)));
    expect(second.seconds).toEqual(first.seconds);
  });

  test('takes ten kilobytes, and none before it has frames', () => {
    const patient = new Patient();
    expect(patient.contentHealth.heldBytes).toBe(0);
    expect(patient.play(...sound.slice(0, 3)).contentHealth.heldBytes).toBe(10_240);
  });
});
