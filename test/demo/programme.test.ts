import { describe, expect, it } from 'vitest';
import { Continuity } from '../../demo/continuity.ts';
import { Pacer } from '../../demo/feeder.ts';
import { loadProgramme, type ProgrammeFrame } from '../../demo/programme.ts';

const programme = loadProgramme();

describe('the embedded programme', () => {
  it('is one loop of 2,500 frames in each encoding, every one of which can be found by its bytes', () => {
    for (const { name, frames } of [programme.a, programme.b]) {
      expect(frames.length).toBe(2_500);
      for (const frame of frames) {
        expect(frame.encoding).toBe(name);
        expect(programme.find(frame.bytes)).toBe(frame);
      }
    }
    expect(programme.find(new Uint8Array(144))).toBeUndefined();
  });

  it('has the frames of B 676 samples behind those of A', () => {
    const phases = new Set(programme.b.frames.map((frame) => Math.round((frame.startUs % 24_000) * 0.048)));
    expect([...phases]).toEqual([676]);
    expect(new Set(programme.a.frames.map((frame) => frame.startUs % 24_000))).toEqual(new Set([0]));
  });
});

describe('the pacer', () => {
  it('gives each frame when its end is due, and the same whenever it started', () => {
    for (const encoding of [programme.a, programme.b]) {
      for (const startUs of [0, 1, 23_999, 7_502_084, 59_999_999, 60_000_001, 1_234_567_890]) {
        const pacer = new Pacer(encoding, startUs);
        let expectedUs = startUs;
        for (let nowUs = startUs; nowUs < startUs + 200_000; nowUs += 1_000) {
          const frame = pacer.take(nowUs);
          if (frame === undefined) continue;
          const endUs = frame.startUs + frame.durationUs;
          const lateUs = (((nowUs - endUs) % 60_000_000) + 60_000_000) % 60_000_000;
          expect(lateUs).toBeLessThan(1_000);
          expect(nowUs - expectedUs).toBeLessThan(25_000);
          expectedUs = nowUs;
        }
        expect(expectedUs).toBeGreaterThan(startUs);
      }
    }
  });

  it('sends no backlog after a sleep', () => {
    const pacer = new Pacer(programme.a, 0);
    expect(pacer.take(30_000_000)?.startUs).toBe(30_000_000);
    expect(pacer.take(30_000_000)).toBeUndefined();
  });
});

describe('continuity', () => {
  const at = (encoding: 'a' | 'b', startUs: number): ProgrammeFrame =>
    programme[encoding].frames.toSorted((x, y) => x.startUs - y.startUs).find((frame) => frame.startUs >= startUs)!;

  it('finds nothing in two loops of one encoding', () => {
    const listener = new Continuity(programme.loopUs);
    let nowMs = 1_000;
    for (const frame of [...programme.b.frames, ...programme.b.frames]) {
      expect(listener.take(frame, (nowMs += 24))).toBeUndefined();
    }
    expect(listener.total(nowMs)).toEqual({
      heardMs: 120_000, missingMs: 0, repeatedMs: 0, longestStallMs: 24, switches: 0, disconnects: 0, damagedFrames: 0,
    });
  });

  it('measures a switch that repeats, and one that leaves out across the end of the loop', () => {
    const listener = new Continuity(programme.loopUs);
    listener.take(at('a', 24_000), 0); // ends at 48 ms
    const repeats = listener.take(at('b', 30_000), 500); // begins at 38.083 ms
    expect(repeats).toMatchObject({ from: 'a', to: 'b', stallMs: 500 });
    expect(repeats!.missingMs).toBeCloseTo(-9.917, 3);
    listener.mark();
    listener.take(programme.a.frames.at(-1), 510);
    listener.take(at('b', 2_000), 520);
    expect(listener.sinceMark(520).missingMs).toBeCloseTo(14.083, 3);
    expect(listener.sinceMark(520).switches).toBe(2);
    expect(listener.total(520).switches).toBe(3);
    expect(listener.total(520).longestStallMs).toBe(500);
  });

  it('takes a frame that was made anew behind a cut for what it is, and no other one', () => {
    const listener = new Continuity(programme.loopUs);
    listener.take(at('a', 24_000), 0);
    listener.take(undefined, 24);
    const next = at('b', 72_000);
    const cut = listener.take(next, 48);
    expect(cut!.missingMs).toBeCloseTo((next.startUs - next.durationUs - 48_000) / 1000, 3);
    expect(listener.total(48)).toMatchObject({ damagedFrames: 0, switches: 1 });
    listener.take(undefined, 72);
    listener.take(undefined, 96);
    listener.take(at('a', 144_000), 120);
    expect(listener.total(120)).toMatchObject({ damagedFrames: 2, switches: 2 });
  });

  it('counts frames missing within one encoding, damage, and disconnects, and a stall while it goes on', () => {
    const listener = new Continuity(programme.loopUs);
    listener.take(at('a', 0), 0);
    expect(listener.take(at('a', 72_000), 24)).toMatchObject({ from: 'a', to: 'a', missingMs: 48 });
    listener.take(undefined, 48);
    expect(listener.total(1_048)).toMatchObject({ missingMs: 48, damagedFrames: 0, longestStallMs: 1_000, switches: 0 });
    listener.disconnect();
    expect(listener.total(1_048)).toMatchObject({ damagedFrames: 1 });
    expect(listener.take(at('b', 0), 9_000)).toBeUndefined();
    expect(listener.total(9_000)).toMatchObject({ missingMs: 48, repeatedMs: 0, disconnects: 1, longestStallMs: 24 });
  });
});
