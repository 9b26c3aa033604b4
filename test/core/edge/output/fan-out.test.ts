import { expect, test } from 'vitest';
import type { Discontinuity, MountOutput, OutputOf } from '../../../../core/edge/output/output.ts';
import { toMs, type Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_US, makerOf, numbered, numberOf, range } from '../../support/frames.ts';
import { SameClock } from '../../support/same-clock.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

type Call =
  | { readonly call: 'opened' | 'ended' }
  | { readonly call: 'format'; readonly codec: string }
  | { readonly call: 'title'; readonly text: string }
  | { readonly call: 'discontinuity'; readonly reason: Discontinuity['reason']; readonly missingMs: number | undefined }
  | { readonly call: 'frame'; readonly bytes: Uint8Array; readonly durationUs: number };

/** An output that writes down all of its calls, and when each came. */
class Tape implements MountOutput {
  readonly calls: Call[] = [];
  readonly of: OutputOf;

  constructor(of: OutputOf) {
    this.of = of;
  }

  opened(): void {
    this.calls.push({ call: 'opened' });
  }

  format(_now: Micros, { codec }: { readonly codec: string }): void {
    this.calls.push({ call: 'format', codec });
  }

  title(_now: Micros, text: string): void {
    this.calls.push({ call: 'title', text });
  }

  discontinuity(_now: Micros, { reason, missingUs }: Discontinuity): void {
    this.calls.push({ call: 'discontinuity', reason, missingMs: missingUs === undefined ? undefined : toMs(missingUs as Micros) });
  }

  frame(_now: Micros, bytes: Uint8Array, durationUs: number): void {
    expect([this.of.format?.codec, this.of.text]).toEqual(['mp3', this.titles.at(-1) ?? '']);
    this.calls.push({ call: 'frame', bytes: bytes.slice(), durationUs });
  }

  ended(): void {
    this.calls.push({ call: 'ended' });
  }

  get titles(): string[] {
    return this.calls.flatMap((call) => (call.call === 'title' ? [call.text] : []));
  }

  get frames(): Uint8Array[] {
    return this.calls.flatMap((call) => (call.call === 'frame' ? [call.bytes] : []));
  }

  /** Each discontinuity with the numbers of the frames before and behind it. */
  get discontinuities(): (Omit<Discontinuity, 'missingUs'> & { readonly missingMs: number | undefined; readonly from: string; readonly to: string })[] {
    return this.calls.flatMap((call, index) => {
      if (call.call !== 'discontinuity') return [];
      const before = this.calls.slice(0, index).findLast(({ call: one }) => one === 'frame');
      const after = this.calls.slice(index).find(({ call: one }) => one === 'frame');
      return [{ reason: call.reason, missingMs: call.missingMs, from: who(before), to: who(after) }];
    });
  }
}

function who(call: Call | undefined): string {
  return call?.call === 'frame' ? `${makerOf(call.bytes)}:${numberOf(call.bytes)}` : 'nothing';
}

function taped(options: { readonly hasListeners?: boolean } = {}): { readonly rig: EdgeRig; readonly tapes: Tape[] } {
  const tapes: Tape[] = [];
  const outputs = (of: OutputOf): Tape[] => {
    tapes.push(new Tape(of));
    return tapes.slice(-1);
  };
  const rig = new EdgeRig({}, { outputs, newMatcher: () => new SameClock('content'), ...options });
  return { rig, tapes };
}

test('an output beside the listeners gets all that they get, titles where they change, and the end', () => {
  const { rig, tapes } = taped();
  const source = new Source(rig.open(), { stream: 1, title: 'One' });
  onAir(rig, [source], 2_000);
  const listener = rig.join('test', { burstMs: 60_000 });
  onAir(rig, [source], 5_000);
  source.setTitle(rig, 'Two');
  onAir(rig, [source], 8_000);
  rig.until(30_000);
  expect(tapes).toHaveLength(1);
  const [tape] = tapes;
  expect(tape!.of).toMatchObject({ id: 1, name: 'test' });
  expect(tape!.calls.slice(0, 3)).toEqual([{ call: 'opened' }, { call: 'format', codec: 'mp3' }, { call: 'title', text: "StreamTitle='One';" }]);
  expect(tape!.titles).toEqual(["StreamTitle='One';", "StreamTitle='Two';"]);
  expect(tape!.discontinuities).toEqual([]);
  expect(tape!.frames.map(numberOf)).toEqual(range(0, source.number - 1));
  expect(Buffer.compare(join(...tape!.frames), rig.audio(listener))).toBe(0);
  expect(tape!.calls.every((call) => call.call !== 'frame' || call.durationUs === FRAME_US)).toBe(true);
  expect(tape!.calls.at(-1)).toEqual({ call: 'ended' });
  const second = tape!.calls.findIndex((call) => call.call === 'title' && call.text.includes('Two'));
  expect(tape!.calls.slice(0, second).filter(({ call }) => call === 'frame')).toHaveLength(Math.floor((5_000 - 5) / FRAME_MS));
});

test('frames that are lost are a discontinuity of their length', () => {
  const { rig, tapes } = taped();
  const source = new Source(rig.open(), { stream: 1 });
  onAir(rig, [source], 5_000);
  const before = source.number - 1;
  source.lose(20);
  onAir(rig, [source], 8_000);
  expect(tapes[0]!.discontinuities).toEqual([{ reason: 'skipped', missingMs: expect.closeTo(20 * FRAME_MS, 0) as number, from: `1:${before}`, to: `1:${before + 21}` }]);
});

test('a switch is a discontinuity, with what is missing between the two streams', () => {
  const { rig, tapes } = taped();
  const [a, b] = [new Source(rig.open(), { stream: 1 }), new Source(rig.open(), { stream: 2, phaseMs: 9 })];
  onAir(rig, [a, b], 5_000);
  const last = a.number - 1;
  // Nobody brings the next half second.
  b.skipTo(5_500);
  onAir(rig, [b], 8_000);
  const [cut, ...more] = tapes[0]!.discontinuities;
  expect(more).toEqual([]);
  const [, first] = cut!.to.split(':');
  expect(cut).toMatchObject({ reason: 'switch', from: `1:${last}` });
  const { missingMs: missing } = rig.of('switch')[0]!;
  expect(cut!.missingMs).toBeGreaterThan(300);
  expect(Math.abs(cut!.missingMs! - missing)).toBeLessThan(FRAME_MS);
  expect(Math.abs(cut!.missingMs! - (Number(first) - last - 1) * FRAME_MS)).toBeLessThan(1);
  expect(tapes[0]!.frames.map(makerOf).filter((maker) => maker === 2)).toHaveLength(b.number - Number(first));
});

test('a fallback is a discontinuity where it begins, begins anew, and ends', () => {
  const { rig, tapes } = taped();
  expect(rig.edge.provideFallback(rig.now as Micros, 'test', 'Back soon', join(...range(0, 149).map((n) => numbered(n, 9))))).toBeUndefined();
  const source = new Source(rig.open(), { stream: 1, title: 'Song' });
  onAir(rig, [source], 10_000);
  const last = source.number - 1;
  rig.until(14_500);
  source.skipTo(14_500);
  onAir(rig, [source], 20_000);
  const { discontinuities } = tapes[0]!;
  expect(discontinuities.every(({ reason, missingMs }) => reason === 'fallback' && missingMs === undefined)).toBe(true);
  // The fallback was heard before the stream came, too.
  expect(discontinuities[0]).toMatchObject({ from: expect.stringMatching(/^9:/) as string, to: expect.stringMatching(/^1:/) as string });
  expect(discontinuities.slice(1).map(({ from, to }) => `${from} ${to}`)).toEqual([`1:${last} 9:0`, '9:149 9:0', expect.stringMatching(/^9:\d+ 1:\d+$/)]);
  expect(tapes[0]!.titles.slice(-3)).toEqual(["StreamTitle='Song';", "StreamTitle='Back soon';", "StreamTitle='Song';"]);
});

test('a mountpoint that begins again is another one for its outputs', () => {
  const { rig, tapes } = taped();
  onAir(rig, [new Source(rig.open(), { stream: 1 })], 5_000);
  rig.until(60_000);
  const late = new Source(rig.open(), { stream: 2, phaseMs: 60_000 });
  onAir(rig, [late], 62_000);
  expect(tapes.map(({ of }) => of.id)).toEqual([1, 2]);
  expect(tapes[0]!.calls.at(-1)).toEqual({ call: 'ended' });
  expect(tapes[1]!.frames.map(makerOf)).toEqual(tapes[1]!.frames.map(() => 2));
});

test('an edge without listeners of its own counts those elsewhere, and has nobody join', () => {
  const { rig, tapes } = taped({ hasListeners: false });
  const source = new Source(rig.open(), { stream: 1 });
  onAir(rig, [source], 5_000);
  expect(rig.edge.join(rig.now as Micros, 'test', { icy: false, label: 'listener' })).toBe('no-such-mount');
  const audience = { listeners: 3, listenerPeak: 4, slowListeners: 1, bytesOut: 5_000 };
  rig.edge.heardElsewhere(rig.now as Micros, 'test', audience);
  rig.edge.heardElsewhere(rig.now as Micros, 'other', audience);
  expect(rig.edge.mount('test')).toMatchObject(audience);
  expect(rig.edge.stats.listeners).toBe(3);
  expect(tapes[0]!.frames).toHaveLength(source.number);
  rig.until(60_000);
  expect(rig.of('mount-ended')).toMatchObject([{ listeners: 3 }]);
  expect(rig.edge.stats.listeners).toBe(0);
  expect(rig.edge.heldBytes).toBe(0);
});
