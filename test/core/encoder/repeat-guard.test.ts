import { describe, expect, it } from 'vitest';
import { Encoder } from '../../../core/encoder/encoder.ts';
import type { EncoderEvent } from '../../../core/encoder/events.ts';
import { SentFrames } from '../../../core/encoder/repeat-guard.ts';
import { defaultSettings } from '../../../core/config/settings.ts';
import type { SourceId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { FRAME_US, numbered, numberOf, range, silent } from '../support/frames.ts';
import { parts, streamId } from '../support/messages.ts';
import { transports } from '../../../core/links/transport.ts';

/** An encoder process: its sources come one after another, each a stream of its own, and go to one target. */
class Station {
  now = 0;
  readonly #sent = new SentFrames();
  readonly out: { readonly frame: Uint8Array; readonly at: number }[] = [];
  readonly events: EncoderEvent[] = [];
  readonly #encoder: Encoder = new Encoder({ settings: defaultSettings }, {
    send: (_, bytes) => {
      const { type, payload } = parts(bytes);
      if (type === 0) this.out.push({ frame: payload.slice(), at: this.now });
    },
    backlogBytes: () => 0,
    reset: () => undefined,
    event: (event) => this.events.push(event),
  });
  #sources = 0;
  #source: SourceId;

  constructor() {
    this.#encoder.addTarget(this.#time, { transport: transports.udp, label: 'target' });
    this.#source = this.#connect();
  }

  #connect(): SourceId {
    return this.#encoder.openSource(this.#time, { streamId: streamId(++this.#sources), mountpoint: 'm', sent: this.#sent });
  }

  get #time(): Micros {
    return Math.round(this.now) as Micros;
  }

  get numbers(): number[] {
    return this.out.map(({ frame }) => numberOf(frame));
  }

  get repeats(): number[] {
    return this.events.flatMap((event) => (event.kind === 'source-repeats' ? [event.frames] : []));
  }

  wait(us: number): void {
    const until = this.now + us;
    while (this.#encoder.deadline <= until) {
      this.now = Math.max(this.now, this.#encoder.deadline);
      this.#encoder.advance(this.#time);
    }
    this.now = until;
  }

  /** The source is gone, and connects again. */
  reconnect(afterUs = 1_000_000): void {
    this.#encoder.endSource(this.#time, this.#source);
    this.wait(afterUs);
    this.#source = this.#connect();
  }

  /** All at once. */
  burst(frames: readonly Uint8Array[]): void {
    this.#encoder.receive(this.#time, this.#source, join(...frames));
  }

  /** Each when it has been played; `speed` times as fast. */
  play(frames: readonly Uint8Array[], speed = 1): void {
    for (const frame of frames) {
      this.#encoder.receive(this.#time, this.#source, frame);
      this.wait(FRAME_US / speed);
    }
  }

  end(): void {
    this.#encoder.endSource(this.#time, this.#source);
  }
}

const frames = (first: number, last: number): Uint8Array[] => range(first, last).map((n) => numbered(n));

/** What was sent to begin with: frames 0 to 499. */
function onAir(): Station {
  const station = new Station();
  station.burst(frames(0, 149));
  station.play(frames(150, 499));
  expect(station.numbers).toEqual(range(0, 499));
  return station;
}

describe('a source that connects again', () => {
  it('is heard from where it was left, whatever its burst repeats', () => {
    const station = onAir();
    station.reconnect();
    station.burst(frames(380, 529));
    station.play(frames(530, 600));
    station.end();
    expect(station.numbers).toEqual(range(0, 600));
    expect(station.repeats).toEqual([120]);
  });

  it('may do so again and again while there is nothing new', () => {
    const station = onAir();
    for (let time = 0; time < 5; time++) {
      station.reconnect();
      station.burst(frames(347, 499));
      station.wait(5_000_000);
    }
    station.play(frames(500, 550));
    station.end();
    expect(station.numbers).toEqual(range(0, 550));
    expect(station.repeats).toEqual([153, 153, 153, 153, 153]);
  });

  it.each([1, 7, 417, 1_000, 5_000])('with a burst that comes by %d bytes, from the middle of a frame', (bytes) => {
    const station = onAir();
    station.reconnect();
    const burst = join(...frames(400, 520)).subarray(300);
    for (let at = 0; at < burst.length; at += bytes) station.burst([burst.subarray(at, at + bytes)]);
    station.play(frames(521, 560));
    station.end();
    expect(station.numbers).toEqual(range(0, 560));
  });

  it('with a burst that takes as long as a slow line needs for it', () => {
    const station = onAir();
    station.reconnect();
    station.play(frames(300, 499), 2);
    station.play(frames(500, 560));
    station.end();
    expect(station.numbers).toEqual(range(0, 560));
  });

  it('with a burst that goes back to before anything was sent', () => {
    const station = new Station();
    station.play(frames(100, 130));
    station.reconnect();
    station.burst(frames(0, 150));
    station.play(frames(151, 200));
    station.end();
    expect(station.numbers).toEqual([...range(100, 130), ...range(131, 200)]);
  });

  it('with frames in its burst that were damaged when they were sent', () => {
    const station = new Station();
    station.play(frames(0, 100).filter((_, n) => n !== 60 && n !== 98));
    station.reconnect();
    station.burst(frames(40, 120));
    station.wait(1_000_000);
    expect(station.numbers).toEqual([...range(0, 100).filter((n) => n !== 60 && n !== 98), ...range(101, 120)]);
  });

  it('waits a little for what another server of the same programme has later', () => {
    const station = onAir();
    station.reconnect();
    station.burst(frames(300, 420));
    station.play(frames(421, 560));
    expect(station.numbers).toEqual(range(0, 560));
  });

  it('is known in spite of silence, by what is in between', () => {
    const quiet = silent(numbered(0));
    const programme = [...frames(0, 200), ...Array.from({ length: 100 }, () => quiet), ...frames(201, 220), ...Array.from({ length: 20 }, () => quiet)];
    const station = new Station();
    station.play(programme);
    station.reconnect();
    station.burst([...programme.slice(-90), ...frames(300, 310)]);
    station.end();
    expect(station.out).toHaveLength(programme.length + 11);
    expect(station.numbers.slice(-11)).toEqual(range(300, 310));
  });

  it('says nothing by silence alone, and is held up by it for no longer than by anything else', () => {
    const quiet = silent(numbered(0));
    const silence = Array.from({ length: 100 }, () => quiet);
    const station = new Station();
    station.play(silence);
    station.reconnect();
    station.play(silence);
    station.end();
    expect(station.out).toHaveLength(200);
    expect(station.repeats).toEqual([]);
  });
});

describe('what is new', () => {
  it('goes out at once of a first connection', () => {
    const station = new Station();
    for (const n of range(0, 50)) {
      station.burst([numbered(n)]);
      // The scanner wants the next frame before it believes the first one.
      expect(station.numbers.length).toBe(n === 0 ? 0 : n + 1);
      station.wait(FRAME_US);
    }
  });

  it('is held for a tenth of a second of a connection that has no burst, and then not any more', () => {
    const station = onAir();
    station.reconnect();
    const before = station.now;
    station.play(frames(1_000, 1_100));
    expect(station.numbers).toEqual([...range(0, 499), ...range(1_000, 1_100)]);
    const behind = station.out.slice(500).map(({ at }, n) => at - before - n * FRAME_US);
    expect(Math.max(...behind)).toBeLessThanOrEqual(130_000);
    expect(Math.max(...behind.slice(6))).toBe(Math.max(0, ...behind.slice(6)));
    expect(behind.slice(6).every((us) => us < 1_000)).toBe(true);
  });

  it('is a burst of another programme', () => {
    const station = onAir();
    station.reconnect();
    station.burst(frames(1_000, 1_149));
    station.play(frames(1_150, 1_200));
    expect(station.numbers).toEqual([...range(0, 499), ...range(1_000, 1_200)]);
  });

  it('is what a connection that stays plays again', () => {
    const station = new Station();
    for (let round = 0; round < 4; round++) station.play(frames(0, 99));
    expect(station.numbers).toEqual([0, 1, 2, 3].flatMap(() => range(0, 99)));
  });

  it('is a file that a source plays again from its beginning, in real time', () => {
    const station = onAir();
    station.reconnect();
    // As ffmpeg does, half a second of it at once.
    station.burst(frames(0, 18));
    station.play(frames(19, 499));
    station.play(frames(500, 520));
    expect(station.numbers).toEqual([...range(0, 499), ...range(0, 520)]);
  });

  it('is a jingle that was sent before, in front of something else', () => {
    const station = new Station();
    const jingle = frames(2_000, 2_100);
    station.play([...frames(0, 99), ...jingle, ...frames(100, 199)]);
    station.reconnect();
    station.burst([...jingle, ...frames(300, 320)]);
    station.wait(2_000_000);
    expect(station.numbers.slice(301)).toEqual([...range(2_000, 2_100), ...range(300, 320)]);
  });

  it('is kept within bounds while it is not known', () => {
    const station = onAir();
    station.reconnect();
    station.burst(frames(5_000, 9_000));
    expect(station.numbers.length).toBeGreaterThan(500 + 2_500);
    station.wait(1_000_000);
    expect(station.numbers).toEqual([...range(0, 499), ...range(5_000, 9_000)]);
  });
});
