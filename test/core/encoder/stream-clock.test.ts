import { describe, expect, it } from 'vitest';
import { Encoder } from '../../../core/encoder/encoder.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import { transports } from '../../../core/links/transport.ts';
import { decodeStreamTime, type StreamTime } from '../../../core/wire/messages/timeline-message.ts';
import { MessageType } from '../../../core/wire/pdu.ts';
import { micros, type Micros } from '../../../core/base/units.ts';
import { FRAME_US, numbered } from '../support/frames.ts';
import { parts, streamId, unframed } from '../support/messages.ts';

const UNIX_US = 1_800_000_000_000_000;

/** An encoder with one target, whose clock can be set. */
class Rig {
  nowUs = 10_000_000;
  unixLessOursUs: number | undefined = UNIX_US;
  readonly #sent: Uint8Array[] = [];
  readonly #encoder = new Encoder({ settings: { ...defaultSettings, targetFlushMs: 0 } }, { send: (_, bytes) => this.#sent.push(bytes.slice()), backlogBytes: () => 0, reset: () => undefined, event: () => undefined });
  readonly #source = this.#encoder.openSource(this.#now, { streamId: streamId(9), mountpoint: 'jazz' });
  #made = 0;

  constructor() {
    this.#encoder.targetUp(this.#now, this.#encoder.addTarget(this.#now, { transport: transports.tcp, label: 'relay' }));
  }

  get #now(): Micros {
    return micros(this.nowUs);
  }

  /** So many frames, each as it ends. */
  frames(count: number, lateUs: (n: number) => number = () => 0): void {
    for (let n = 0; n < count; n++) {
      this.nowUs += FRAME_US;
      this.give(lateUs(n));
    }
  }

  /** One frame now, or later by so much. */
  give(lateUs = 0): void {
    const before = this.nowUs;
    this.nowUs += lateUs;
    if (this.unixLessOursUs !== undefined) this.#encoder.clock(this.#now, this.#now + this.unixLessOursUs);
    this.#encoder.receive(this.#now, this.#source, numbered(this.#made++));
    this.nowUs = before;
  }

  /** What was said, each with the number of the frame behind it. */
  get said(): readonly { readonly frame: number; readonly time: StreamTime }[] {
    this.#encoder.advance(micros(this.nowUs + 1e9));
    let frame = 0;
    const found: { frame: number; time: StreamTime }[] = [];
    for (const { type, payload } of unframed(Uint8Array.from(this.#sent.flatMap((bytes) => [...bytes]))).map(parts)) {
      if (type === MessageType.DATA) frame++;
      if (type === MessageType.TIMELINE) found.push({ frame, time: decodeStreamTime(payload)! });
    }
    return found;
  }

  /** Unix time of the frame that it stands before. */
  static timeOf({ time }: { readonly time: StreamTime }): number {
    return Math.round(time.anchorUs + (time.sinceSamples * 1e6) / 44_100);
  }
}

describe('the time that an encoder says of its frames', () => {
  it('is the same for every frame, by whichever TIMELINE it is counted, and says how long the stream has been on air', () => {
    const rig = new Rig();
    rig.frames(400);
    expect(rig.said.map(({ frame }) => frame)).toEqual([0, 78, 155, 232, 309, 386]);
    // The first frame had to wait for the second one: that is corrected by the second message.
    const anchor = Math.round(UNIX_US + 10_000_000 + 78 * FRAME_US);
    for (const { frame, time } of rig.said.slice(1)) {
      expect(time).toEqual({ anchorUs: anchor, sinceSamples: 1152 * (frame - 78), onAirUs: Math.round(78 * FRAME_US) });
    }
  });

  it('is not said while nobody has told what the clock shows, nor by a clock that was never set', () => {
    const rig = new Rig();
    rig.unixLessOursUs = undefined;
    rig.frames(100);
    rig.unixLessOursUs = 3_600_000_000;
    rig.frames(100);
    expect(rig.said).toEqual([]);
    rig.unixLessOursUs = UNIX_US;
    rig.frames(200);
    expect(Rig.timeOf(rig.said.at(-1)!)).toBeCloseTo(UNIX_US + 10_000_000 + rig.said.at(-1)!.frame * FRAME_US, -1);
    expect(rig.said.at(-1)!.time.onAirUs).toBeCloseTo(200 * FRAME_US, -1);
  });

  it('does not follow jitter, nor a source that hands over a second at a time', () => {
    const rig = new Rig();
    rig.frames(600, (n) => (39 - (n % 40)) * FRAME_US);
    const { time } = rig.said.at(-1)!;
    expect(Rig.timeOf(rig.said.at(-1)!)).toBeCloseTo(UNIX_US + 10_000_000 + rig.said.at(-1)!.frame * FRAME_US, -1);
    expect(new Set(rig.said.slice(-4).map((one) => one.time.anchorUs))).toEqual(new Set([time.anchorUs]));
  });

  it('is right again behind a burst of older audio, as soon as that is over', () => {
    const rig = new Rig();
    for (let n = 0; n < 200; n++) rig.give();
    rig.frames(12);
    // The audio of the burst ends when the first live frame begins.
    const corrected = rig.said.at(-1)!;
    expect(corrected.frame).toBeLessThanOrEqual(212);
    expect(Rig.timeOf(corrected)).toBeCloseTo(UNIX_US + 10_000_000 + (corrected.frame - 200) * FRAME_US, -1);
    expect(rig.said).toHaveLength(2);
  });

  it('has a new anchor when the audio clock has drifted by 20 ms, and not before', () => {
    const rig = new Rig();
    rig.frames(2_000, (n) => n * 30);
    const anchors = [...new Set(rig.said.map(({ time }) => time.anchorUs))];
    // 60 ms in all, of which those of the last four seconds are not seen yet; and the first one is that of a frame that had to wait for the second.
    expect(anchors).toHaveLength(1 + 3);
    for (const { frame, time } of rig.said.slice(1)) expect(Math.abs(Rig.timeOf({ time }) - (UNIX_US + 10_000_000 + frame * (FRAME_US + 30)))).toBeLessThan(25_000);
  });

  it('follows a clock that is set back at once, and one that is set forward when four seconds are behind that', () => {
    const rig = new Rig();
    rig.frames(300);
    rig.unixLessOursUs = UNIX_US - 3_600_000_000;
    rig.frames(12);
    expect(Rig.timeOf(rig.said.at(-1)!)).toBeCloseTo(UNIX_US - 3_590_000_000 + rig.said.at(-1)!.frame * FRAME_US, -1);
    rig.unixLessOursUs = UNIX_US;
    rig.frames(240);
    expect(Rig.timeOf(rig.said.at(-1)!)).toBeCloseTo(UNIX_US + 10_000_000 + rig.said.at(-1)!.frame * FRAME_US, -1);
  });
});
