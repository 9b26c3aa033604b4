import { describe, expect, it } from 'vitest';
import type { ListenerId } from '../../../../core/base/machine.ts';
import type { Settings } from '../../../../core/config/settings.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_US, makersIn, numbered, numbersIn, range } from '../../support/frames.ts';
import { announce, data } from '../../support/messages.ts';
import { FRAME_MS } from '../../support/station.ts';

/** What an Icecast gives whoever connects. */
const BURST = 153;
/** Who makes the frames of a file. */
const FILE = 9;

/** Encoders that pull the same mountpoint of a server: they send its frames, from the burst on that it gives them. */
class Pulled {
  readonly rig: EdgeRig;
  readonly #sequences = new Map<number, number>();
  readonly #path: ReturnType<EdgeRig['open']>;
  /** Frames that the server has. */
  made = 0;

  constructor(settings: Partial<Settings> = {}, file?: Uint8Array) {
    this.rig = new EdgeRig(settings);
    if (file !== undefined) this.rig.edge.provideFallback(0 as Micros, 'test', 'file', file);
    this.#path = this.rig.open();
  }

  /** An encoder is started, and is given the server's burst at `speed` times real time. */
  start(stream: number, speed = Infinity): void {
    for (const n of range(Math.max(0, this.made - BURST), this.made - 1)) {
      this.#send(stream, n);
      if (speed < Infinity) this.rig.until(this.rig.now / 1_000 + FRAME_MS / speed);
    }
  }

  /** The server gets so many frames more, in real time, and these encoders send them. */
  play(frames: number, streams: readonly number[]): void {
    for (let i = 0; i < frames; i++) {
      const n = this.made++;
      for (const stream of streams) this.#send(stream, n);
      this.rig.until(this.rig.now / 1_000 + FRAME_MS);
    }
  }

  pause(us: number): void {
    this.rig.until((this.rig.now + us) / 1_000);
  }

  /** Without what a fallback gave. */
  heard(listener: ListenerId): number[] {
    const audio = this.rig.audio(listener);
    const makers = makersIn(audio);
    return numbersIn(audio).filter((_, n) => makers[n] !== FILE);
  }

  #send(stream: number, n: number): void {
    const sequence = this.#sequences.get(stream) ?? 1;
    const from = { stream };
    const opening = (sequence - 1) % 100 === 0 ? [announce(sequence, 'test', from)] : [];
    this.rig.tcp(this.#path, ...opening, data(sequence + opening.length, numbered(n, 1), from));
    this.#sequences.set(stream, sequence + opening.length + 1);
  }
}

function isUnbroken(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => index === 0 || number === numbers[index - 1]! + 1);
}

describe('an encoder that pulls from a server and is started anew', () => {
  it.each([
    ['at once', Infinity, 0],
    ['after half a second', Infinity, 500_000],
    ['after three seconds', Infinity, 3_000_000],
    ['with a burst that comes at three times real time', 3, 1_000_000],
    ['with a burst that comes at one and a half times real time', 1.5, 1_000_000],
  ])('%s: listeners go on where they were', (_, speed, pauseUs) => {
    const pulled = new Pulled();
    pulled.play(200, []);
    pulled.start(1);
    pulled.play(200, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1]);
    // The server goes on meanwhile.
    pulled.play(Math.round(pauseUs / FRAME_US), []);
    pulled.start(2, speed);
    pulled.play(200, [2]);
    const heard = pulled.heard(listener);
    expect(isUnbroken(heard)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
    expect(pulled.rig.of('switch')).toMatchObject([{ matchedBy: 'frames', missingMs: 0, repeatedMs: 0 }]);
    expect(Math.abs(pulled.rig.of('switch')[0]!.offByMs)).toBeLessThan(0.01);
  });

  it('hears nothing twice when the server had nothing new meanwhile', () => {
    const pulled = new Pulled();
    pulled.play(300, []);
    pulled.start(1);
    pulled.play(200, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1]);
    for (const stream of [2, 3]) {
      pulled.pause(2_500_000);
      pulled.start(stream);
    }
    pulled.pause(2_000_000);
    pulled.play(100, [3]);
    const heard = pulled.heard(listener);
    expect(isUnbroken(heard)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
  });

  it.each([3, 8])('hears nothing twice when the server had nothing new, and its burst comes at %d times real time', (speed) => {
    const pulled = new Pulled();
    pulled.play(300, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1]);
    pulled.pause(1_000_000);
    pulled.start(2, speed);
    pulled.play(100, [2]);
    const heard = pulled.heard(listener);
    expect(isUnbroken(heard)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
  });

  it('hears nothing twice when the burst goes back to before anything was heard', () => {
    const pulled = new Pulled();
    pulled.play(300, []);
    pulled.play(30, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(30, [1]);
    pulled.pause(1_000_000);
    pulled.start(2, 8);
    pulled.play(100, [2]);
    const heard = pulled.heard(listener);
    expect(isUnbroken(heard)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
  });

  it('hears nothing twice when the one that was on air has been forgotten', () => {
    const pulled = new Pulled({ mountEndMs: 60_000 });
    pulled.play(300, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1]);
    pulled.pause(25_000_000);
    expect(pulled.rig.of('stream-forgotten')).toHaveLength(1);
    pulled.start(2);
    pulled.play(100, [2]);
    const heard = pulled.heard(listener);
    expect(isUnbroken(heard)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
  });

  it.each([1.5, 8])('is returned to from the fallback only behind what was heard before it (burst at %d times real time)', (speed) => {
    const file = join(...range(0, 49).map((n) => numbered(n, FILE)));
    const pulled = new Pulled({}, file);
    pulled.play(300, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1]);
    pulled.pause(5_000_000);
    expect(pulled.rig.edge.mount('test')).toMatchObject({ fallback: 'file' });
    pulled.start(2, speed);
    pulled.play(200, [2]);
    const heard = pulled.heard(listener);
    expect(heard.every((n, index) => index === 0 || n > heard[index - 1]!)).toBe(true);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
  });

  it('enters a burst of something else when it is over', () => {
    const pulled = new Pulled();
    pulled.play(300, [1]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1]);
    pulled.pause(1_000_000);
    pulled.made += 5_000;
    pulled.start(2);
    pulled.play(100, [2]);
    const heard = pulled.heard(listener);
    expect(heard.at(-1)).toBeGreaterThanOrEqual(pulled.made - 3);
    expect(new Set(heard).size).toBe(heard.length);
  });
});

describe('two encoders that pull the same mountpoint', () => {
  it('are the same to the frame, also where one of them is a little slower', () => {
    const pulled = new Pulled();
    pulled.play(200, []);
    pulled.start(1);
    pulled.play(50, [1]);
    pulled.start(2);
    pulled.play(200, [1, 2]);
    const listener = pulled.rig.join('test');
    pulled.play(100, [1, 2]);
    pulled.play(100, [2]);
    expect(isUnbroken(pulled.heard(listener))).toBe(true);
    expect(pulled.rig.of('switch')).toMatchObject([{ reason: 'stalled', matchedBy: 'frames' }]);
  });
});
