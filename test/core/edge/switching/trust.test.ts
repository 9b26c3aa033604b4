import { describe, expect, it } from 'vitest';
import type { EdgeEvent } from '../../../../core/edge/events.ts';
import type { MountPolicy } from '../../../../core/config/mount-policy.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { makersIn } from '../../support/frames.ts';
import { origin, source } from '../../support/messages.ts';
import { sounding, toneOf } from '../../support/sounding.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

/** Where the programme of a stranger lies, in frames: nowhere near. */
const ELSEWHERE = 1_000_000;
const STATION = { a: 1, b: 2 } as const;
const STRANGER = 6;

interface StationOptions {
  readonly policy?: MountPolicy;
  /** Programme of the stranger. */
  readonly stranger?: (number: number) => Uint8Array;
}

/** Two encoders of one programme, and somebody with another one. */
class Station {
  readonly rig: EdgeRig;
  readonly a: Source;
  readonly b: Source;
  silentFromMs = Infinity;
  readonly #stranger: (number: number) => Uint8Array;

  constructor({ policy = {}, stranger = (number) => sounding(number + ELSEWHERE, STRANGER) }: StationOptions = {}) {
    this.rig = new EdgeRig({}, { policies: { test: policy } });
    this.#stranger = stranger;
    const frame = (number: number, maker: number): Uint8Array => sounding(number, maker, number * FRAME_MS >= this.silentFromMs);
    this.a = new Source(this.rig.open(), { stream: STATION.a, frame });
    this.b = new Source(this.rig.open(), { stream: STATION.b, frame, delayMs: [15] });
  }

  /** Somebody who is there from now on. */
  joins(stream: number = STRANGER, frame: (number: number, maker: number) => Uint8Array = this.#stranger, delayMs = 9): Source {
    return new Source(this.rig.open(), { stream, phaseMs: this.rig.now / 1_000, frame, delayMs: [delayMs] });
  }

  on(untilMs: number, sources: readonly Source[]): void {
    onAir(this.rig, sources, untilMs);
  }

  called(from: Source, name: string, address = ''): void {
    this.rig.tcp(from.paths[0]!, origin(from.sequence++, name, from), source(1, { isOpen: true, hops: 0, address }, from));
  }

  get live(): string {
    return this.rig.edge.mount('test')!.liveStream;
  }

  get switches(): readonly (readonly [string, string])[] {
    return this.rig.of('switch').map(({ to, reason }) => [to, reason] as const);
  }

  /** Streams that are said not to carry the same programme. */
  get told(): readonly Extract<EdgeEvent, { readonly otherOrigin: string }>[] {
    return this.rig.events.filter((event): event is Extract<EdgeEvent, { readonly otherOrigin: string }> => event.kind === 'programmes-differ');
  }

  makers(listener: ReturnType<EdgeRig['join']>): number[] {
    return [...new Set(makersIn(this.rig.audio(listener)))];
  }
}

/** From 10 s on, or later, its path carries this share of its bit rate. */
function starved(station: Station, share: number, fromMs = 10_000): Source {
  const from = Math.round(fromMs / FRAME_MS);
  return new Source(station.rig.open(), { stream: STATION.a, frame: sounding, delayMs: Array.from({ length: 9_000 }, (_, n) => 5 + Math.max(0, n - from) * FRAME_MS * (1 / share - 1)) });
}

describe('a live stream that comes slower than it plays', () => {
  it('is left for an encoder that is new, whose content cannot be compared so far ahead of it', () => {
    const station = new Station();
    const a = starved(station, 0.6);
    station.on(60_000, [a]);
    const b = station.joins(STATION.b, (number, maker) => sounding(number + Math.round(60_000 / FRAME_MS), maker), 15);
    station.on(70_000, [a, b]);
    expect(station.switches).toEqual([[b.name, 'behind']]);
  });

  it('is left for an encoder with its programme before a stranger can have it', () => {
    const station = new Station();
    const a = starved(station, 0.85, 40_000);
    const slowFrames = Math.round(3_000 / FRAME_MS);
    const slow = station.joins(STATION.b, (number, maker) => sounding(number - slowFrames, maker), 15);
    station.on(50_000, [a, slow]);
    station.on(100_000, [a, slow, station.joins()]);
    expect(station.switches).toEqual([[slow.name, 'behind']]);
  });

  it('is not left for one that is known to carry something else', () => {
    const station = new Station();
    const a = starved(station, 0.6, 100_000);
    const stranger = station.joins();
    station.on(100_000, [a, stranger]);
    expect(station.told).toHaveLength(1);
    station.on(140_000, [a, stranger]);
    expect(station.switches).toEqual([]);
  });
});

describe('a stranger who announces the mountpoint', () => {
  it('gets nobody by having programme while the station is silent', () => {
    const station = new Station();
    const { a, b } = station;
    station.on(20_000, [a, b]);
    const listener = station.rig.join('test');
    station.silentFromMs = 20_000;
    station.on(22_000, [a, b]);
    station.on(60_000, [a, b, station.joins()]);
    expect(station.switches).toEqual([]);
    expect(station.makers(listener)).toEqual([STATION.a]);
  });

  it('gets nobody by the name of the encoder that is preferred', () => {
    const station = new Station({ policy: { prefer: 'studio-1', settings: { returnMs: 10_000 } } });
    const { a, b } = station;
    station.on(20_000, [a, b]);
    const stranger = station.joins();
    station.on(20_500, [a, b, stranger]);
    station.called(stranger, 'studio-1');
    station.on(120_000, [a, b, stranger]);
    expect(station.switches).toEqual([]);
    station.called(b, 'studio-1');
    station.on(140_000, [a, b, stranger]);
    expect(station.switches).toEqual([[b.name, 'preferred']]);
  });

  it('gets nobody by what the live stream has lost, or loses again and again', () => {
    const station = new Station();
    const { a } = station;
    station.on(20_000, [a]);
    const stranger = station.joins();
    station.on(30_000, [a, stranger]);
    for (let atMs = 30_500; atMs < 40_000; atMs += 500) {
      a.lose(6);
      station.on(atMs, [a, stranger]);
    }
    expect(station.rig.of('gap').every(({ action }) => action === 'skipped')).toBe(true);
    expect(station.switches).toEqual([]);
  });

  it('gets nobody by a path to the live encoder that stops now and then', () => {
    const station = new Station();
    // Two seconds in ten nothing comes, and then all of it.
    const a = new Source(station.rig.open(), { stream: STATION.a, frame: sounding, delayMs: Array.from({ length: 383 }, (_, n) => Math.max(5, 2_000 - n * FRAME_MS)) });
    station.on(20_000, [a]);
    station.on(60_000, [a, station.joins()]);
    expect(station.switches.filter(([, reason]) => reason !== 'stalled')).toEqual([]);
  });

  it('gets nobody while an encoder with the programme of the live one is left, though that has less', () => {
    const station = new Station();
    const { a, b } = station;
    station.on(20_000, [a, b]);
    const stranger = station.joins();
    station.on(24_000, [a, b, stranger]);
    station.on(30_000, [b, stranger]);
    expect(station.switches).toEqual([[b.name, 'stalled']]);
  });

  it.each([500, 2_000])('gets nobody while an encoder with the programme of the live one is %i ms slower: that is waited for', (slowerMs) => {
    const station = new Station();
    const { a } = station;
    const slow = station.joins(STATION.b, (number, maker) => sounding(number - Math.round(slowerMs / FRAME_MS), maker), 15);
    station.on(40_000, [a, slow]);
    const stranger = station.joins();
    station.on(44_000, [a, slow, stranger]);
    station.on(50_000, [slow, stranger]);
    expect(station.switches).toEqual([[slow.name, 'stalled']]);
    expect(station.rig.of('switch')).toMatchObject([{ missingMs: 0, repeatedMs: 0 }]);
  });

  it('gets nobody while an encoder is left that has paused just before, and matches by content', () => {
    const station = new Station();
    const { a } = station;
    const slow = station.joins(STATION.b, (number, maker) => sounding(number - Math.round(500 / FRAME_MS), maker), 15);
    station.on(40_000, [a, slow]);
    const stranger = station.joins();
    station.on(42_000, [a, stranger]);
    station.on(43_000, [a, slow, stranger]);
    station.on(45_000, [slow, stranger]);
    expect(station.rig.of('switch')).toMatchObject([{ to: slow.name, reason: 'stalled', matchedBy: 'content', missingMs: 0 }]);
  });

  it('is taken all the same when that encoder fails too', () => {
    const station = new Station();
    const { a } = station;
    const slow = station.joins(STATION.b, (number, maker) => sounding(number - Math.round(2_000 / FRAME_MS), maker), 15);
    station.on(40_000, [a, slow]);
    const stranger = station.joins();
    station.on(44_000, [a, slow, stranger]);
    station.on(44_500, [slow, stranger]);
    station.on(50_000, [stranger]);
    expect(station.switches).toEqual([[stranger.name, 'stalled']]);
  });

  it('is left again, when it was the first to be back after an outage of everything', () => {
    const station = new Station();
    const { a, b } = station;
    station.on(10_000, [a, b]);
    const stranger = station.joins();
    station.on(110_000, [a, b, stranger]);
    stranger.skipTo(111_500);
    station.on(113_000, [stranger]);
    expect(station.live).toBe(stranger.name);
    for (const source of [a, b]) source.skipTo(113_000);
    station.on(115_000, [a, b, stranger]);
    expect(station.switches.at(-1)![1]).toBe('foreign');
    expect([a.name, b.name]).toContain(station.live);
  });

  it('is better than nothing, and can be chosen by an operator', () => {
    const station = new Station();
    const { a } = station;
    station.on(20_000, [a]);
    const stranger = station.joins();
    station.on(40_000, [a, stranger]);
    station.rig.edge.command(station.rig.now as Micros, 'test', { kind: 'switch', to: stranger.name });
    station.on(45_000, [a, stranger]);
    expect(station.switches).toEqual([[stranger.name, 'operator']]);
    station.on(50_000, [a]);
    expect(station.switches.at(-1)).toEqual([a.name, 'stalled']);
    station.on(55_000, [stranger]);
    expect(station.live).toBe(stranger.name);
  });
});

describe('streams that do not carry the same programme', () => {
  it('are told, with both their names and addresses, within two minutes; those that do are not', () => {
    const station = new Station();
    const { a, b } = station;
    station.on(3_000, [a, b]);
    station.called(a, 'studio-1', '10.0.0.1');
    station.on(10_000, [a, b]);
    const stranger = station.joins();
    station.on(11_000, [a, b, stranger]);
    station.called(stranger, 'pirate', '10.6.6.6');
    station.on(60_000, [a, b, stranger]);
    expect(station.told).toEqual([]);
    station.on(130_000, [a, b, stranger]);
    const told = station.told;
    expect(told[0]).toMatchObject({ stream: a.name, origin: 'studio-1', source: '10.0.0.1', other: stranger.name, otherOrigin: 'pirate', otherSource: '10.6.6.6' });
    for (const event of told) expect([event.stream, event.other]).toContain(stranger.name);
  });

  it('are told to carry the same when they do after all', () => {
    const station = new Station({ stranger: (number) => sounding(number < 5_000 ? number + ELSEWHERE : number, STRANGER) });
    const { a } = station;
    const late = station.joins();
    station.on(200_000, [a, late]);
    expect(station.told).toHaveLength(1);
    expect(station.rig.events.filter(({ kind }) => kind === 'programmes-agree')).toHaveLength(1);
  });

  it.each([
    ['silence', (number: number) => sounding(number, STRANGER, true)],
    ['a tone', (number: number) => toneOf(number, STRANGER)],
  ])('are not told because of %s', (_, stranger) => {
    const station = new Station({ stranger });
    const { a } = station;
    station.on(1_000, [a]);
    station.on(200_000, [a, station.joins()]);
    expect(station.told).toEqual([]);
  });

  it('a stream that another one agrees with wins over one that nobody does, when the live one fails', () => {
    const station = new Station();
    const { a, b } = station;
    const stranger = station.joins();
    station.on(1_000, [stranger]);
    station.on(100_000, [stranger, a, b]);
    // Of a third encoder nothing is known yet; the two that agree do not agree with the one on air.
    expect(station.live).toBe(stranger.name);
    const newcomer = station.joins(7, (number) => sounding(number + 2 * ELSEWHERE, 7), 5);
    station.on(101_000, [stranger, a, b, newcomer]);
    station.on(105_000, [a, b, newcomer]);
    expect([a.name, b.name]).toContain(station.live);
  });
});

describe('two encoders of one origin', () => {
  it('at two addresses are told, once', () => {
    const station = new Station();
    const { a, b } = station;
    station.on(3_000, [a, b]);
    station.called(a, 'studio-1', '10.0.0.1');
    station.called(b, 'studio-1', '10.0.0.2');
    station.on(30_000, [a, b]);
    expect(station.rig.of('origin-contested')).toMatchObject([{ origin: 'studio-1', stream: a.name, source: '10.0.0.1', other: b.name, otherSource: '10.0.0.2' }]);
  });

  it('of which one is gone are not: it was started again somewhere else', () => {
    const station = new Station();
    const { a, b } = station;
    station.on(3_000, [a]);
    station.called(a, 'studio-1', '10.0.0.1');
    station.on(5_000, [a]);
    station.on(9_000, [b]);
    station.called(b, 'studio-1', '10.0.0.2');
    station.on(30_000, [b]);
    expect(station.rig.of('origin-contested')).toEqual([]);
  });
});
