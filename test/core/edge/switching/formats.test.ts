import { describe, expect, it } from 'vitest';
import { type FrameFormat, emptyFrameHeader } from '../../../../core/codec/format/format.ts';
import { canFollow, isSameFormat } from '../../../../core/codec/formats.ts';
import { readHeader } from '../../../../core/codec/header.ts';
import { ReservoirCarrier } from '../../../../core/codec/mpeg/reservoir.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { adtsFrame, join, mpegFrame } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, makersIn, numbered, range, scenes } from '../../support/frames.ts';
import { origin } from '../../support/messages.ts';
import { SameClock } from '../../support/same-clock.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

function formatOf(frame: Uint8Array): FrameFormat {
  const header = emptyFrameHeader();
  expect(readHeader(frame, 0, header)).toBeUndefined();
  return header.format;
}

/** As `numbered`, with one channel: of the same length in bytes and time. */
function mono(number: number, maker = 0): Uint8Array {
  const frame = numbered(number, maker);
  frame[3] = 0xc0;
  return frame;
}

function channelsIn(audio: Uint8Array): number[] {
  return Array.from({ length: audio.length / FRAME_BYTES }, (_, n) => formatOf(audio.subarray(n * FRAME_BYTES)).channels);
}

describe('a format', () => {
  it('can be followed by any of the same codec, and not by another one', () => {
    const mp3 = [mpegFrame(), mpegFrame({ mode: 'mono' }), mpegFrame({ sampleRateHz: 48_000 }), mpegFrame({ version: '2' }), mpegFrame({ version: '2.5' }), mpegFrame({ layer: 2 })];
    const aac = [adtsFrame(), adtsFrame({ sampleRateHz: 48_000 }), adtsFrame({ channelConfiguration: 1 }), adtsFrame({ objectType: 1 }), adtsFrame({ mpegVersion: '2' })];
    const all = [...mp3, ...aac].map((frame, index) => ({ format: formatOf(frame), family: index < mp3.length }));
    for (const a of all) for (const b of all) expect(canFollow(a.format, b.format)).toBe(a.family === b.family);
    expect(canFollow(undefined, formatOf(mpegFrame()))).toBe(false);
    expect(canFollow(formatOf(mpegFrame({ layer: 1 })), formatOf(mpegFrame()))).toBe(false);
  });

  it('is the same to a decoder whatever bits change nothing for it', () => {
    const changed = (frame: Uint8Array, at: number, bits: number): Uint8Array => {
      frame[at]! ^= bits;
      return frame;
    };
    const aac = formatOf(adtsFrame());
    // ID; private; original and home; copyright bits.
    for (const [at, bits] of [[1, 0x08], [2, 0x02], [3, 0x20], [3, 0x10], [3, 0x0c]] as const) expect(isSameFormat(formatOf(changed(adtsFrame(), at, bits)), aac)).toBe(true);
    const mp3 = formatOf(mpegFrame());
    // Private; joint or dual; mode extension; copyright; original; emphasis.
    for (const [at, bits] of [[2, 0x01], [3, 0x40], [3, 0x80], [3, 0x30], [3, 0x08], [3, 0x04], [3, 0x01]] as const) {
      expect(isSameFormat(formatOf(changed(mpegFrame(), at, bits)), mp3)).toBe(true);
    }
    for (const other of [adtsFrame({ objectType: 1 }), adtsFrame({ sampleRateHz: 48_000 }), adtsFrame({ channelConfiguration: 1 })]) expect(isSameFormat(formatOf(other), aac)).toBe(false);
    for (const other of [mpegFrame({ mode: 'mono' }), mpegFrame({ version: '2' }), mpegFrame({ layer: 2 })]) expect(isSameFormat(formatOf(other), mp3)).toBe(false);
  });
});

describe('when a source leaves and one of another format comes', () => {
  const handOver = (): { readonly rig: EdgeRig; readonly stereo: Source; readonly other: Source } => {
    const rig = new EdgeRig();
    const stereo = new Source(rig.open(), { stream: 1 });
    onAir(rig, [stereo], 10_000);
    const other = new Source(rig.open(), { stream: 2, frame: mono });
    other.skipTo(11_000);
    return { rig, stereo, other };
  };

  it('the listeners go on with that as soon as it is well', () => {
    const { rig, stereo, other } = handOver();
    const listener = rig.join('test');
    onAir(rig, [other], 20_000);
    expect(rig.of('switch')).toMatchObject([{ from: stereo.name, to: other.name, reason: 'stalled' }]);
    expect(rig.of('switch')[0]!.silentMs).toBeLessThan(1_300);
    expect(rig.of('backup-refused')).toEqual([]);
    expect(rig.of('new-format')).toMatchObject([{ mount: 'test', before: { codec: 'mp3', sampleRateHz: 44_100, channels: 2 }, codec: 'mp3', sampleRateHz: 44_100, channels: 1, listeners: 1 }]);
    expect(rig.ended.size).toBe(0);
    expect(scenes(makersIn(rig.audio(listener)))).toEqual([2]);
    expect(rig.longestPauseMs(listener, 9_900)).toBeLessThan(1_400);
    expect(rig.edge.mount('test')!.format).toMatchObject({ channels: 1 });
  });

  it('new listeners have nothing but the new format, and as much of it as there is', () => {
    const { rig, other } = handOver();
    onAir(rig, [other], 12_500);
    const early = rig.join('test', { burstMs: 4_000 });
    onAir(rig, [other], 20_000);
    const late = rig.join('test', { burstMs: 4_000 });
    rig.until(20_001);
    expect(scenes(channelsIn(rig.audio(early)))).toEqual([1]);
    expect(makersIn(rig.audio(early)).length * FRAME_MS).toBeGreaterThan(8_800);
    expect(makersIn(rig.audio(late)).length * FRAME_MS).toBeGreaterThan(3_900);
  });

  it('a stream that itself goes over to another format begins the burst anew, too', () => {
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1, frame: (number, maker) => (number < 400 ? numbered(number, maker) : mono(number, maker)) });
    onAir(rig, [source], 401 * FRAME_MS + 1_000);
    const listener = rig.join('test', { burstMs: 4_000 });
    rig.until(rig.now / 1000 + 1);
    expect(scenes(channelsIn(rig.audio(listener)))).toEqual([1]);
    expect(rig.of('new-format')).toHaveLength(1);
  });
});

describe('a backup of another format', () => {
  class Station {
    readonly rig: EdgeRig;
    readonly main: Source;
    readonly other: Source;
    readonly slower: Source;

    constructor(prefer?: string) {
      this.rig = new EdgeRig({}, { newMatcher: () => new SameClock('content'), policies: prefer === undefined ? {} : { test: { prefer, settings: { returnMs: 1_000 } } } });
      this.main = new Source(this.rig.open(), { stream: 1 });
      this.other = new Source(this.rig.open(), { stream: 2, delayMs: [12], frame: mono });
      this.slower = new Source(this.rig.open(), { stream: 3, delayMs: [1_005] });
    }

    get switches(): readonly unknown[] {
      return this.rig.of('switch').map(({ to, reason }) => [to, reason]);
    }
  }

  it('is not taken while one of the same format is well, though that is slower', () => {
    const { rig, main, other, slower } = new Station();
    onAir(rig, [main, other, slower], 10_000);
    const listener = rig.join('test');
    onAir(rig, [other, slower], 20_000);
    expect(rig.of('switch').map(({ to }) => to)).toEqual([slower.name]);
    expect(scenes(channelsIn(rig.audio(listener)))).toEqual([2]);
    onAir(rig, [other], 30_000);
    expect(rig.of('switch').map(({ to }) => to)).toEqual([slower.name, other.name]);
  });

  it('is not taken for the sake of a lost frame, of many, or because it is preferred', () => {
    const station = new Station('studio-b');
    const { rig, main, other } = station;
    onAir(rig, [main, other], 2_100);
    rig.tcp(other.paths[0]!, origin(other.sequence++, 'studio-b', other));
    for (let atMs = 8_200; atMs < 12_000; atMs += 300) {
      onAir(rig, [main, other], atMs);
      main.lose();
    }
    onAir(rig, [main, other], 40_000);
    expect(station.switches).toEqual([]);
    // An operator may want it all the same.
    expect(rig.edge.command(rig.now as Micros, 'test', { kind: 'switch', to: other.name })).toMatch(/switched|waits/);
    onAir(rig, [main, other], 45_000);
    expect(station.switches).toEqual([[other.name, 'operator']]);
    expect(rig.edge.streamsOf(rig.now as Micros, 'test')!.map(({ whyNot }) => whyNot)).toEqual([undefined, undefined]);
  });

  it('that differs in the ID bit of ADTS alone is one of the same format', () => {
    const rig = new EdgeRig({}, { newMatcher: () => new SameClock('content') });
    const aac = (mpegVersion: '2' | '4') => (number: number, maker: number): Uint8Array => {
      const frame = adtsFrame({ mpegVersion });
      [frame[40], frame[41], frame[42]] = [maker, number & 0x7f, (number >> 7) & 0x7f];
      return frame;
    };
    const [four, two] = [new Source(rig.open(), { stream: 1, frame: aac('4') }), new Source(rig.open(), { stream: 2, delayMs: [12], frame: aac('2') })];
    onAir(rig, [four, two], 10_000);
    four.lose();
    onAir(rig, [four, two], 11_000);
    expect(rig.of('switch')).toMatchObject([{ to: two.name, reason: 'lost' }]);
    expect(rig.of('new-format')).toEqual([]);
  });
});

it('a fallback of another format stands in all the same', () => {
  const rig = new EdgeRig();
  expect(rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', join(...range(0, 49).map((n) => mono(n, 99))))).toBeUndefined();
  const source = new Source(rig.open(), { stream: 1 });
  onAir(rig, [source], 10_000);
  const listener = rig.join('test');
  rig.until(20_000);
  expect(rig.edge.mount('test')).toMatchObject({ fallback: 'Back soon', format: { channels: 1 } });
  source.skipTo(20_000);
  onAir(rig, [source], 30_000);
  expect(rig.of('fallback-refused')).toEqual([]);
  expect(scenes(channelsIn(rig.audio(listener)))).toEqual([1, 2]);
  expect(rig.ended.size).toBe(0);
  expect(rig.edge.mount('test')).toMatchObject({ fallback: undefined, format: { channels: 2 } });
});

it('a frame behind a cut is made of nothing that came before a change of format', () => {
  const carrier = new ReservoirCarrier();
  carrier.cut();
  const made = carrier.next(mpegFrame({ mode: 'mono', mainDataBegin: 100 }), () => mpegFrame());
  // Mute, for what it needs is not there.
  expect(made.subarray(4, 21).every((byte) => byte === 0)).toBe(true);
  expect(formatOf(made).channels).toBe(1);
});
