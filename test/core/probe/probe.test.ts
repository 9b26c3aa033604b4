import { describe, expect, it } from 'vitest';
import type { ProbeEvent } from '../../../core/probe/events.ts';
import type { ProbeFigures } from '../../../core/probe/figures.ts';
import { Probe } from '../../../core/probe/probe.ts';
import { ms, NEVER } from '../../../core/base/units.ts';
import { loadProgramme, type ProgrammeFrame } from '../../../demo/programme.ts';
import { FRAME_US, numbered, silent } from '../support/frames.ts';
import { layer3Frame } from './layer3.ts';

const { a, b } = loadProgramme();
const FRAME_MS = 24;

type Frames = { readonly frames: readonly ProgrammeFrame[] };

/** A probe in virtual time, and the server that it listens to. */
class Listening {
  readonly events: ProbeEvent[] = [];
  readonly probe: Probe;
  nowMs = 0;
  #next = 100;

  constructor({ bufferMs = 1_000, stallMs = 500 } = {}) {
    this.probe = new Probe({ bufferMs, stallMs }, { event: (_, event) => this.events.push(event) });
    this.probe.start(ms(0));
  }

  /** Connects at once, and gets a burst. */
  connect(burstFrames = 100): this {
    this.probe.connected(ms(this.nowMs));
    return this.frames(burstFrames);
  }

  /** So many frames now. */
  frames(count: number, { frames }: Frames = a): this {
    for (let i = 0; i < count; i++) this.bytes(frames[this.#next++ % frames.length]!.bytes);
    return this;
  }

  skip(count: number): this {
    this.#next += count;
    return this;
  }

  bytes(bytes: Uint8Array): this {
    this.probe.receive(ms(this.nowMs), bytes);
    return this;
  }

  /** Time passes, and nothing comes. */
  nothing(forMs: number): this {
    const untilMs = this.nowMs + forMs;
    while (this.probe.deadline <= ms(untilMs)) this.probe.advance(this.probe.deadline);
    this.nowMs = untilMs;
    return this;
  }

  /** A frame each 24 ms. */
  goesOn(count: number, encoding: Frames = a): this {
    for (let i = 0; i < count; i++) this.nothing(FRAME_MS).frames(1, encoding);
    return this;
  }

  lost(reason: string): this {
    this.probe.disconnected(ms(this.nowMs), reason);
    return this;
  }

  get figures(): ProbeFigures {
    return this.probe.figures(ms(this.nowMs));
  }

  told(...kinds: readonly ProbeEvent['kind'][]): ProbeEvent[] {
    return this.events.filter(({ kind }) => kinds.includes(kind));
  }
}

describe('a probe', () => {
  it('tells of digital silence in the audio, once it is longer than a pause', () => {
    const l = new Listening().connect();
    const muted = (count: number): void => {
      for (let n = 0; n < count; n++) l.nothing(26).bytes(silent(numbered(n)));
    };
    muted(70);
    l.nothing(26).bytes(numbered(1));
    expect(l.told('digital-silence', 'digital-silence-over')).toEqual([]);
    muted(100);
    expect(l.told('digital-silence', 'digital-silence-over')).toEqual([{ kind: 'digital-silence', silentMs: expect.closeTo((77 * FRAME_US) / 1000, 3) as unknown }]);
    l.nothing(26).bytes(numbered(2)).bytes(numbered(3));
    expect(l.told('digital-silence-over')).toEqual([{ kind: 'digital-silence-over', silentMs: expect.closeTo((100 * FRAME_US) / 1000, 3) as unknown }]);
    expect(l.figures.digitalSilenceMs).toBeCloseTo((100 * FRAME_US) / 1000, 3);
  });

  it('has nothing to find fault with in a stream that is well', () => {
    const { figures, events } = new Listening().nothing(120).connect().goesOn(2_400);
    expect(figures).toMatchObject({
      listenedMs: 120 + 2_400 * FRAME_MS,
      connects: 1,
      disconnects: 0,
      firstAudioMs: 120,
      longestStallMs: FRAME_MS,
      stalls: 0,
      silenceMs: 0,
      bufferNeededMs: FRAME_MS,
      frames: 2_500,
      programmeMs: 2_500 * FRAME_MS,
      missingMs: 0,
      kbps: 48,
      garbledPlaces: 0,
      strayBytes: 0,
      repeatedMs: 0,
      oddRates: 0,
      formatChanges: 0,
      format: { codec: 'mp3', sampleRateHz: 48_000, channels: 1 },
    });
    expect(new Set(events.map(({ kind }) => kind))).toEqual(new Set(['connected', 'format', 'first-audio', 'second']));
  });

  it('tells each second how it is', () => {
    const listening = new Listening().connect().goesOn(200);
    const seconds = listening.told('second');
    expect(seconds).toHaveLength(4);
    expect(seconds.at(-1)).toMatchObject({ isConnected: true, frames: 42, bytes: 42 * 144, kbps: 48, silentMs: 16 });
    listening.lost('ECONNRESET').nothing(2_000);
    // 2.4 s came as a burst, of which a player with a second of buffer keeps that second.
    expect(listening.told('second').at(-1)).toMatchObject({ isConnected: false, frames: 0, kbps: 0, heldMs: 0 });
    expect(listening.probe.deadline).not.toBe(NEVER);
  });

  it('tells of a stall as soon as it is one, and how long it was', () => {
    const listening = new Listening({ bufferMs: 2_000 }).connect().goesOn(100);
    listening.nothing(501);
    expect(listening.told('stalled')).toMatchObject([{ silentMs: 500.001 }]);
    listening.nothing(699).frames(50).goesOn(100);
    expect(listening.told('stall-over')).toEqual([{ kind: 'stall-over', silentMs: 1_200 }]);
    expect(listening.figures).toMatchObject({
      longestStallMs: 1_200,
      stalls: 1,
      stallTimes: [{ atMs: 100 * FRAME_MS, silentMs: 1_200 }],
      silenceMs: 0,
      bufferNeededMs: 1_200,
    });
  });

  it('counts a stall that has not ended', () => {
    const { figures } = new Listening().connect().goesOn(100).nothing(5_000);
    expect(figures).toMatchObject({ longestStallMs: 5_000, stalls: 1, silenceMs: 4_000 });
  });

  it('says what a player would have been silent, and which buffer would have done', () => {
    const listening = new Listening({ bufferMs: 1_000 }).connect().goesOn(100).nothing(2_400).frames(100).goesOn(100);
    const { silenceMs, bufferNeededMs } = listening.figures;
    expect(bufferNeededMs).toBe(2_400);
    expect(silenceMs).toBeGreaterThan(1_350);
    expect(silenceMs).toBeLessThanOrEqual(1_400);
    expect(listening.told('silence')).toEqual([{ kind: 'silence', silentMs: silenceMs }]);
    const patient = new Listening({ bufferMs: 2_400 }).connect(101).goesOn(100).nothing(2_400).frames(100).goesOn(100);
    expect(patient.figures.silenceMs).toBe(0);
  });

  it('counts connections that were lost apart from those that were never made', () => {
    const listening = new Listening();
    for (let i = 0; i < 5; i++) listening.lost('ECONNREFUSED').nothing(500);
    listening.lost('status 404').nothing(500).connect().goesOn(10).lost('closed by peer').nothing(300).lost('ECONNREFUSED').nothing(400).connect().goesOn(10);
    expect(listening.told('not-connected', 'disconnected', 'connected')).toEqual([
      { kind: 'not-connected', reason: 'ECONNREFUSED' },
      { kind: 'not-connected', reason: 'status 404' },
      { kind: 'connected', connects: 1 },
      { kind: 'disconnected', reason: 'closed by peer' },
      { kind: 'not-connected', reason: 'ECONNREFUSED' },
      { kind: 'connected', connects: 2 },
    ]);
    expect(listening.figures).toMatchObject({
      connects: 2,
      disconnects: 1,
      disconnectReasons: { 'closed by peer': 1 },
      failures: { 'ECONNREFUSED': 6, 'status 404': 1 },
      firstAudioMs: 3_000,
      longestStallMs: 700,
      stalls: 1,
    });
  });

  it('remembers a bounded number of reasons', () => {
    const listening = new Listening();
    for (let i = 0; i < 1_000; i++) listening.lost(`reason ${i}`);
    expect(Object.keys(listening.figures.failures).length).toBeLessThanOrEqual(17);
    expect(Object.values(listening.figures.failures).reduce((sum, count) => sum + count)).toBe(1_000);
  });

  it('finds a cut, and what is missing there', () => {
    const { figures } = new Listening().connect().goesOn(1_000).nothing(40 * FRAME_MS).skip(40).goesOn(1_000);
    expect(figures.garbled.overlap + figures.garbled.foreign).toBe(1);
    expect(figures.garbledPlaces).toBe(1);
    expect(figures.garbledFrames).toBeGreaterThanOrEqual(1);
    expect(figures.missingMs).toBeCloseTo(40 * FRAME_MS, 3);
  });

  it('finds a switch to another encoder, and nothing missing there', () => {
    const { figures } = new Listening().connect().goesOn(1_000).goesOn(1_000, b);
    expect(figures).toMatchObject({ garbledPlaces: 1, missingMs: 0, strayBytes: 0, repeatedMs: 0 });
  });

  it('finds what is sent again', () => {
    const listening = new Listening().connect().goesOn(100).skip(-20).goesOn(100);
    expect(listening.told('repeating', 'repeated')).toEqual([{ kind: 'repeating', backMs: 480 }, { kind: 'repeated', repeatedMs: 480 }]);
    expect(listening.figures).toMatchObject({ repeatedMs: 480, repeats: 1 });
  });

  it('finds bytes that are no frame, but not where it comes in or is thrown out', () => {
    const listening = new Listening();
    const half = a.frames[50]!.bytes.subarray(70);
    listening.probe.connected(ms(0));
    listening.bytes(half).goesOn(100);
    expect(listening.figures.strayBytes).toBe(0);
    listening.bytes(Uint8Array.from({ length: 15 }, (_, index) => index)).goesOn(10);
    expect(listening.told('stray-bytes')).toEqual([{ kind: 'stray-bytes', bytes: 15 }]);
    listening.bytes(a.frames[50]!.bytes.subarray(0, 100)).lost('closed by peer').nothing(100).connect();
    expect(listening.figures).toMatchObject({ strayPlaces: 1, strayBytes: 15, garbledPlaces: 1 });
    expect(listening.figures.skipped).toMatchObject({ 'cut-frame': { count: 1, bytes: 100 } });
  });

  it('tells of stray bytes that no frame ends', () => {
    const listening = new Listening().connect().bytes(new Uint8Array(100_000)).nothing(1_000);
    expect(listening.told('stray-bytes')).toEqual([{ kind: 'stray-bytes', bytes: 100_000 }]);
  });

  it('tells when the format changes', () => {
    const other = layer3Frame({});
    const listening = new Listening().connect().goesOn(10);
    for (let i = 0; i < 10; i++) listening.bytes(other);
    expect(listening.told('format')).toMatchObject([{ format: { sampleRateHz: 48_000 } }, { format: { sampleRateHz: 44_100, channels: 2 } }]);
    expect(listening.figures).toMatchObject({ formatChanges: 1, format: { sampleRateHz: 44_100 }, garbledPlaces: 0 });
  });

  it('tells of titles as they change, and of metadata that is none', () => {
    const { probe, events, figures } = new Listening();
    for (const text of ["StreamTitle='One';", "StreamTitle='One';StreamUrl='';", '', "StreamTitle='Two';", '\u00b7\u00e9~ no'.padEnd(500)]) probe.metadata(ms(0), text);
    expect(events).toEqual([
      { kind: 'title', title: 'One' },
      { kind: 'title', title: 'Two' },
      { kind: 'bad-metadata', text: '\u00b7\u00e9~ no'.padEnd(40) },
    ]);
    expect(figures.title).toBeUndefined();
    expect(probe.figures(ms(0))).toMatchObject({ title: 'Two', titles: 2, badMetadata: 1 });
  });

  it('hears nothing in what is no audio', () => {
    const { figures } = new Listening().connect(0).bytes(new Uint8Array(50_000).fill(0x4f)).nothing(3_000);
    expect(figures).toMatchObject({ frames: 0, firstAudioMs: undefined, audioBytes: 50_000, silenceMs: 0, kbps: 0, garbledPlaces: 0 });
  });
});
