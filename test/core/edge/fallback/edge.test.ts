import { describe, expect, it } from 'vitest';
import type { Matcher } from '../../../../core/edge/content/matcher.ts';
import type { MountPolicies } from '../../../../core/config/mount-policy.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, makersIn, numbered, numberedAac, numbersIn, range, scenes, silent } from '../../support/frames.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

const FILE = 99;
const COUNT = 50;
const mp3File = join(...range(0, COUNT - 1).map((n) => numbered(n, FILE)));
const aacFile = join(...range(0, COUNT - 1).map((n) => numberedAac(n)));

function rigWithFile(file = mp3File, policies: MountPolicies = {}): EdgeRig {
  const rig = new EdgeRig({}, { policies });
  expect(rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', file)).toBeUndefined();
  return rig;
}

/** A second of a tone, again and again: whole frames that come again bit for bit. */
const toneOf = (number: number, maker: number): Uint8Array => numbered(number % 38, maker);

function rigWith(policies: MountPolicies): EdgeRig {
  return new EdgeRig({}, { policies });
}

const aToB: MountPolicies = { a: { fallback: { mount: 'b' } } };

/** The same media time is the same point of the programme. */
const sameClock: Matcher = {
  locate: (_, mediaUs) => ({ mediaUs, by: 'content' }),
  heard: () => undefined,
  switched: () => undefined,
  forget: () => undefined,
  snapshot: () => undefined,
};

/** From which maker the frames of a listener are, one behind the other, without repeating. */
function makersHeard(audio: Uint8Array): number[] {
  return scenes(makersIn(audio));
}

describe('a mountpoint with a file', () => {
  it('goes on with it a second after its last stream, and comes back a second after a stream does', () => {
    const rig = rigWithFile();
    const source = new Source(rig.open(), { stream: 1, title: 'Song' });
    onAir(rig, [source], 10_000);
    const listener = rig.join('test');
    onAir(rig, [source], 20_000);
    const lastMs = source.nextMs - FRAME_MS;
    rig.until(30_000);
    expect(rig.edge.mount('test')).toMatchObject({ fallback: 'Back soon', title: 'Back soon', liveStream: source.name });
    source.skipTo(30_000);
    onAir(rig, [source], 40_000);
    expect(rig.edge.mount('test')).toMatchObject({ fallback: undefined, title: 'Song' });

    // Once before the stream came, and once behind it.
    expect(rig.of('fallback-entered')).toHaveLength(2);
    expect(rig.of('fallback-entered').at(-1)).toMatchObject({ mount: 'test', what: 'Back soon', silentMs: 1_000 });
    expect(rig.of('fallback-left').at(-1)).toMatchObject({ mount: 'test', what: 'Back soon', to: source.name });
    const leftAt = rig.eventTimes[rig.events.findLastIndex(({ kind }) => kind === 'fallback-left')]! / 1000;
    expect(leftAt).toBeGreaterThanOrEqual(31_000);
    // So far ahead of what was heard last, the first message waits for a second one that agrees.
    expect(leftAt).toBeLessThan(31_000 + 3 * FRAME_MS);

    const audio = rig.audio(listener);
    expect(makersHeard(audio)).toEqual([1, FILE, 1]);
    expect(rig.ended.size).toBe(0);
    expect(rig.longestPauseMs(listener, 19_000)).toBeLessThan(1_000 + 2 * FRAME_MS + 50);
    // Time and audio are level again: what was silent was made up for, and nothing else.
    const heardMs = (audio.length / FRAME_BYTES) * FRAME_MS;
    expect(Math.abs(heardMs - 30_000)).toBeLessThan(3 * FRAME_MS + 50);
    expect(lastMs).toBeGreaterThan(19_900);
  });

  it('loops it from its beginning', () => {
    const rig = rigWithFile();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    const listener = rig.join('test');
    rig.until(16_000);
    const numbers = numbersIn(rig.audio(listener));
    expect(numbers).toEqual(numbers.map((_, n) => n % COUNT));
    expect(numbers.length).toBeGreaterThan(3 * COUNT);
  });

  it('never ends', () => {
    const rig = rigWithFile();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 5_000);
    const listener = rig.join('test');
    rig.until(200_000);
    expect(rig.ended.size).toBe(0);
    expect(rig.of('mount-ended')).toEqual([]);
    expect((rig.audio(listener).length / FRAME_BYTES) * FRAME_MS).toBeGreaterThan(194_900);
    const anew = new Source(rig.open(), { stream: 2, first: 5 });
    anew.skipTo(200_000);
    onAir(rig, [anew], 203_000);
    expect(rig.edge.mount('test')).toMatchObject({ liveStream: anew.name, fallback: undefined, switches: 1 });
    expect(makersHeard(rig.audio(listener))).toEqual([FILE, 2]);
  });

  it.each([
    ['silence', (number: number, maker: number) => silent(numbered(number, maker))],
    ['a tone', toneOf],
  ])('never hears it instead of an encoder that is well and sends %s', (_, steady) => {
    const rig = rigWithFile();
    const frame = (number: number, maker: number): Uint8Array => (number * FRAME_MS < 10_000 ? numbered(number, maker) : steady(number, maker));
    const sources = [new Source(rig.open(), { stream: 1, frame }), new Source(rig.open(), { stream: 2, phaseMs: 7, frame })] as const;
    onAir(rig, sources, 8_000);
    const entered = rig.of('fallback-entered').length;
    const listener = rig.join('test');
    onAir(rig, sources, 40_000);
    expect(rig.of('switch')).toEqual([]);
    // One of them is left alone, and goes on.
    onAir(rig, [sources[1]], 80_000);
    expect(rig.of('switch')).toHaveLength(1);
    expect(makersHeard(rig.audio(listener))).toEqual([1, 2]);
    // It comes back with the same after an outage of everything.
    rig.until(90_000);
    sources[1].skipTo(90_000);
    onAir(rig, [sources[1]], 100_000);
    expect(rig.of('fallback-entered')).toHaveLength(entered + 1);
    expect(rig.of('fallback-left').at(-1)).toMatchObject({ to: sources[1].name });
    expect(makersHeard(rig.audio(listener))).toEqual([1, 2, FILE, 2]);
  });

  it('comes back to the encoder that carries something, where another one is back with silence', () => {
    const rig = rigWithFile(mp3File, { test: { trust: 'all' } });
    const mute = new Source(rig.open(), { stream: 1, frame: (number, maker) => silent(numbered(number, maker)) });
    const other = new Source(rig.open(), { stream: 2 });
    onAir(rig, [mute, other], 10_000);
    expect(rig.edge.mount('test')!.liveStream).toBe(other.name);
    const listener = rig.join('test');
    rig.until(15_000);
    for (const source of [mute, other]) source.skipTo(15_000);
    onAir(rig, [mute, other], 30_000);
    expect(makersHeard(rig.audio(listener))).toEqual([FILE, 2]);
  });

  it.each(['a file', 'another mountpoint'])('hears %s also instead of silence where it is configured so, and comes back when there is something', (what) => {
    const rig = what === 'a file' ? rigWithFile(mp3File, { test: { fallbackOnSilence: true } }) : rigWith({ test: { fallbackOnSilence: true, fallback: { mount: 'b' } }, b: { fallback: { file: 'x.mp3' } } });
    if (what !== 'a file') rig.edge.provideFallback(0 as Micros, 'b', 'Back soon', mp3File);
    const silentFrom = Math.round(10_000 / FRAME_MS);
    const silentTo = Math.round(40_000 / FRAME_MS);
    const source = new Source(rig.open(), {
      stream: 1,
      frame: (number, maker) => (number >= silentFrom && number < silentTo ? silent(numbered(number, maker)) : numbered(number, maker)),
    });
    onAir(rig, [source], 8_000);
    const listener = rig.join('test', { burstMs: 0 });
    onAir(rig, [source], 60_000);
    const [, enteredAt, leftAt] = ['mount-started', 'fallback-entered', 'fallback-left'].map((kind) => rig.eventTimes[rig.events.findLastIndex((event) => event.kind === kind)]! / 1000);
    expect(Math.abs(enteredAt! - 15_000)).toBeLessThan(100);
    expect(Math.abs(leftAt! - 41_000)).toBeLessThan(100);
    expect(makersHeard(rig.audio(listener))).toEqual([1, FILE, 1]);
  });

  it('does not play out what a stream had kept while it was away', () => {
    const rig = rigWithFile();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    const listener = rig.join('test');
    rig.until(15_000);
    // All at once, then as it comes.
    while (source.nextMs < 15_000) source.send(rig);
    onAir(rig, [source], 20_000);
    const audio = rig.audio(listener);
    expect(makersHeard(audio)).toEqual([FILE, 1]);
    const back = numbersIn(audio)[makersIn(audio).indexOf(1)]!;
    expect(back).toBeGreaterThan(15_900 / FRAME_MS);
    expect((audio.length / FRAME_BYTES) * FRAME_MS).toBeLessThan(10_000 + 3 * FRAME_MS);
  });

  it('waits with it for a pause that its source is known for', () => {
    const rig = rigWithFile();
    const source = new Source(rig.open(), { stream: 1 });
    for (let atMs = 2_500; atMs < 30_000; atMs += 2_500) {
      rig.until(atMs);
      while (source.nextMs < atMs) source.send(rig);
    }
    const listener = rig.join('test');
    for (let atMs = 30_000; atMs < 60_000; atMs += 2_500) {
      rig.until(atMs);
      while (source.nextMs < atMs) source.send(rig);
    }
    expect(makersHeard(rig.audio(listener))).toEqual([1]);
  });

  it('is called once where its time is that at which the stream counts as stalled', () => {
    const rig = new EdgeRig({ fallbackMs: 300 });
    rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', mp3File);
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    rig.until(20_000);
    expect(rig.of('fallback-entered').at(-1)!.silentMs).toBe(300);
    expect(rig.edge.mount('test')!.fallback).toBe('Back soon');
  });

  it('is called also where its time is longer than that of the mountpoint', () => {
    const rig = new EdgeRig({ fallbackMs: 3_000, mountEndMs: 1_000 });
    rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', mp3File);
    onAir(rig, [new Source(rig.open(), { stream: 1 })], 10_000);
    const listener = rig.join('test');
    rig.until(20_000);
    expect(rig.ended.size).toBe(0);
    expect(makersHeard(rig.audio(listener))).toEqual([FILE]);
  });

  it('waits for a backup that is two seconds behind', () => {
    const rig = new EdgeRig({}, { newMatcher: () => sameClock });
    rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', mp3File);
    const sources = [new Source(rig.open(), { stream: 1 }), new Source(rig.open(), { stream: 2, delayMs: [2_000] })] as const;
    onAir(rig, sources, 20_000);
    const before = rig.of('fallback-entered').length;
    const listener = rig.join('test');
    onAir(rig, [sources[1]], 30_000);
    expect(makersHeard(rig.audio(listener))).toEqual([2]);
    expect(rig.of('fallback-entered')).toHaveLength(before);
  });

  it('is not on air while a backup takes over', () => {
    const rig = rigWithFile();
    const sources = [new Source(rig.open(), { stream: 1 }), new Source(rig.open(), { stream: 2, phaseMs: 7 })] as const;
    onAir(rig, sources, 10_000);
    const listener = rig.join('test');
    onAir(rig, [sources[1]], 20_000);
    expect(makersHeard(rig.audio(listener))).toEqual([2]);
    expect(rig.of('switch')).toHaveLength(1);
  });

  it('keeps an operator waiting while it is on air', () => {
    const rig = rigWithFile();
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    rig.until(15_000);
    expect(rig.edge.command(rig.now as Micros, 'test', { kind: 'switch', to: source.name })).toBe('waits');
    expect(rig.edge.mount('test')!.fallback).toBe('Back soon');
    expect(rig.edge.streamsOf(rig.now as Micros, 'test')).toMatchObject([{ id: source.name, isOnAir: false }]);
  });
});

describe('before any stream has come', () => {
  it('a mountpoint with a file is there, and gives way to the first stream', () => {
    const rig = rigWithFile();
    expect(rig.of('mount-started')).toMatchObject([{ mount: 'test', stream: '', codec: 'mp3', sampleRateHz: 44_100, channels: 2 }]);
    const listener = rig.join('test');
    rig.until(5_000);
    expect(rig.edge.mount('test')).toMatchObject({ fallback: 'Back soon', title: 'Back soon', liveStream: '', streams: 0, bitrateBps: 128_000, headers: [] });
    const source = new Source(rig.open(), { stream: 1, title: 'Song' });
    source.skipTo(5_000);
    onAir(rig, [source], 10_000);
    expect(makersHeard(rig.audio(listener))).toEqual([FILE, 1]);
    expect(rig.edge.mount('test')).toMatchObject({ fallback: undefined, title: 'Song', liveStream: source.name });
    expect(rig.ended.size).toBe(0);
  });

  it('a stream of another format makes it begin anew, and listeners are told to connect again', () => {
    const rig = rigWithFile(aacFile);
    const listener = rig.join('test');
    rig.until(5_000);
    const source = new Source(rig.open(), { stream: 1 });
    source.skipTo(5_000);
    onAir(rig, [source], 5_900);
    expect(rig.ended.size).toBe(0);
    onAir(rig, [source], 6_100);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    expect(rig.of('format-changed')).toMatchObject([{ mount: 'test', stream: source.name, why: { code: 'cannot-follow', format: { codec: 'mp3' }, before: { codec: 'aac' } }, listeners: 1 }]);
    expect(rig.edge.mount('test')).toMatchObject({ contentType: 'audio/mpeg', liveStream: source.name });
    // A burst of what it has given since it was there.
    const next = rig.join('test', { burstMs: 4_000 });
    rig.until(6_101);
    expect(numbersIn(rig.audio(next))).toEqual(range(Math.floor(4_995 / FRAME_MS), source.number - 1));
  });
});

describe('a file that cannot follow', () => {
  it('is refused with a reason; the mountpoint ends after its time, and begins anew with the file', () => {
    const rig = rigWithFile(aacFile);
    const source = new Source(rig.open(), { stream: 1 });
    onAir(rig, [source], 10_000);
    const listener = rig.join('test');
    const lastMs = source.nextMs - FRAME_MS;
    rig.until(lastMs + 9_999);
    expect(rig.ended.size).toBe(0);
    expect(rig.of('fallback-refused')).toMatchObject([{ mount: 'test', what: 'Back soon', why: { code: 'cannot-follow', format: { codec: 'aac' }, before: { codec: 'mp3' } } }]);
    rig.until(lastMs + 10_100);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    expect(rig.edge.mount('test')).toMatchObject({ contentType: 'audio/aac', fallback: 'Back soon' });
  });

  it.each([
    ['nothing in it', new Uint8Array(0), { code: 'no-frame' }],
    ['too much in it', new Uint8Array(8_388_609), { code: 'too-large', mostBytes: 8_388_608 }],
  ])('as one with %s is not taken', (_, file, problem) => {
    const rig = new EdgeRig();
    expect(rig.edge.provideFallback(0 as Micros, 'test', 'x', file)).toEqual(problem);
    expect(rig.edge.mounts()).toEqual([]);
  });

  it('as one that comes when its mountpoint has begun is not taken', () => {
    const rig = new EdgeRig();
    onAir(rig, [new Source(rig.open(), { stream: 1 })], 1_000);
    expect(rig.edge.provideFallback(rig.now as Micros, 'test', 'x', mp3File)).toEqual({ code: 'too-late' });
  });
});

describe('a mountpoint with another one', () => {
  it('goes on with what that gives out, with its titles, and comes back', () => {
    const rig = rigWith(aToB);
    const [a, b] = [new Source(rig.open(), { stream: 1, mount: 'a', title: 'A' }), new Source(rig.open(), { stream: 2, mount: 'b', title: 'B' })];
    onAir(rig, [a, b], 10_000);
    const [onA, onB] = [rig.join('a'), rig.join('b')];
    onAir(rig, [b], 15_000);
    expect(rig.edge.mount('a')).toMatchObject({ fallback: 'b', title: 'B', listeners: 1 });
    b.setTitle(rig, 'B 2');
    onAir(rig, [b], 16_000);
    expect(rig.edge.mount('a')!.title).toBe('B 2');
    a.skipTo(16_000);
    onAir(rig, [a, b], 20_000);
    expect(rig.edge.mount('a')).toMatchObject({ fallback: undefined, title: 'A' });
    expect(makersHeard(rig.audio(onA))).toEqual([2, 1]);
    expect(makersHeard(rig.audio(onB))).toEqual([2]);
    expect(rig.of('fallback-entered').at(-1)).toMatchObject({ mount: 'a', what: 'b' });
    expect(rig.ended.size).toBe(0);
  });

  it('exists as long as that does', () => {
    const rig = rigWith(aToB);
    const b = new Source(rig.open(), { stream: 2, mount: 'b' });
    onAir(rig, [b], 5_000);
    const onA = rig.join('a');
    onAir(rig, [b], 10_000);
    expect(makersIn(rig.audio(onA)).length).toBeGreaterThan(4_900 / FRAME_MS);
    rig.until(19_500);
    expect(rig.ended.size).toBe(0);
    rig.until(21_500);
    expect(rig.ended.get(onA)).toBe('mount-ended');
    expect(rig.edge.mounts()).toEqual([]);
  });

  it('is silent as soon as that is, but takes the first stream at once', () => {
    const rig = rigWith(aToB);
    const [a, b] = [new Source(rig.open(), { stream: 1, mount: 'a' }), new Source(rig.open(), { stream: 2, mount: 'b' })];
    onAir(rig, [a, b], 10_000);
    const onA = rig.join('a');
    onAir(rig, [b], 15_000);
    rig.until(18_000);
    a.skipTo(18_000);
    onAir(rig, [a], 18_100);
    expect(makersHeard(rig.audio(onA))).toEqual([2, 1]);
  });

  it('that has another codec from now on gives way to the first stream, which is told', () => {
    const rig = rigWith({ ...aToB, b: { fallback: { file: 'x.mp3' } } });
    rig.edge.provideFallback(0 as Micros, 'b', 'Back soon', mp3File);
    rig.until(3_000);
    const onA = rig.join('a');
    const b = new Source(rig.open(), { stream: 2, mount: 'b', phaseMs: 3_000, frame: (number) => numberedAac(number) });
    onAir(rig, [b], 5_000);
    expect(rig.of('fallback-refused')).toMatchObject([{ mount: 'a', what: 'b' }]);
    const a = new Source(rig.open(), { stream: 1, mount: 'a', phaseMs: 5_000 });
    onAir(rig, [a, b], 6_000);
    expect(makersHeard(rig.audio(onA))).toEqual([FILE, 1]);
    expect(rig.of('mount-started').filter(({ mount }) => mount === 'a').map(({ stream }) => stream)).toEqual(['', a.name]);
  });

  it('plays the other one\'s own fallback', () => {
    const rig = rigWith({ ...aToB, b: { fallback: { file: 'x.mp3' } } });
    rig.edge.provideFallback(0 as Micros, 'b', 'Back soon', mp3File);
    const a = new Source(rig.open(), { stream: 1, mount: 'a' });
    onAir(rig, [a], 10_000);
    const onA = rig.join('a');
    rig.until(20_000);
    expect(rig.edge.mount('a')).toMatchObject({ fallback: 'b', title: 'Back soon' });
    expect(makersHeard(rig.audio(onA))).toEqual([FILE]);
  });

  it.each([
    ['itself', { a: { fallback: { mount: 'a' } } }],
    ['one that has it', { a: { fallback: { mount: 'b' } }, b: { fallback: { mount: 'a' } } }],
  ] as const)('that is %s ends all the same, and comes back', (_, policies) => {
    const rig = rigWith(policies);
    const [a, b] = [new Source(rig.open(), { stream: 1, mount: 'a' }), new Source(rig.open(), { stream: 2, mount: 'b' })];
    onAir(rig, [a, b], 10_000);
    const onA = rig.join('a');
    rig.until(15_000);
    a.skipTo(15_000);
    onAir(rig, [a], 16_000);
    expect(makersHeard(rig.audio(onA))).toEqual([1]);
    rig.until(40_000);
    expect(rig.ended.get(onA)).toBe('mount-ended');
    expect(rig.edge.mounts()).toEqual([]);
    expect(rig.edge.heldBytes).toBe(0);
  });
});

it('memory is counted, of files and of what is kept of other mountpoints', () => {
  const rig = rigWithFile();
  expect(rig.edge.heldBytes).toBeGreaterThanOrEqual(mp3File.length);
  const other = rigWith(aToB);
  onAir(other, [new Source(other.open(), { stream: 2, mount: 'b' })], 10_000);
  const alone = new EdgeRig();
  onAir(alone, [new Source(alone.open(), { stream: 2, mount: 'b' })], 10_000);
  expect(other.edge.heldBytes - alone.edge.heldBytes).toBeGreaterThan(64_000);
  other.until(60_000);
  expect(other.edge.heldBytes).toBe(0);
});
