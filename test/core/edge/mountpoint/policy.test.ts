import { describe, expect, it } from 'vitest';
import type { MountPolicies, MountPolicy } from '../../../../core/config/mount-policy.ts';
import type { GivenFile } from '../../../../core/edge/edge.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';
import { EdgeRig } from '../../support/edge-rig.ts';
import { FRAME_BYTES, makersIn, numbered, numberedAac, range, scenes, silent } from '../../support/frames.ts';
import { origin } from '../../support/messages.ts';
import { FRAME_MS, onAir, Source } from '../../support/station.ts';

const [FILE, OTHER_FILE] = [99, 98];

function file(maker: number): GivenFile {
  return { title: `file ${maker}`, bytes: join(...range(0, 49).map((n) => numbered(n, maker))) };
}

const withFile = (maker: number): MountPolicy => ({ fallback: { file: `/files/${maker}` } });

function change(rig: EdgeRig, policy: MountPolicy, { mount = 'test', given }: { readonly mount?: string; readonly given?: GivenFile } = {}): void {
  expect(rig.edge.changePolicy(rig.now as Micros, mount, policy, given)).toBeUndefined();
}

/** A stream on air for ten seconds, and a listener. */
function station(policies: MountPolicies = {}): { readonly rig: EdgeRig; readonly source: Source; readonly heard: () => readonly number[] } {
  const rig = new EdgeRig({}, { policies });
  const source = new Source(rig.open(), { stream: 1 });
  onAir(rig, [source], 10_000);
  const listener = rig.join('test');
  return { rig, source, heard: () => scenes(makersIn(rig.audio(listener))) };
}

describe('a fallback that is configured while the mountpoint is on air', () => {
  it('is heard at the next outage, and told of', () => {
    const { rig, source, heard } = station();
    change(rig, withFile(FILE), { given: file(FILE) });
    expect(rig.edge.policyOf('test')).toEqual(withFile(FILE));
    expect(rig.of('policy-changed')).toEqual([{ kind: 'policy-changed', mount: 'test', changed: 'fallback' }]);
    onAir(rig, [source], 12_000);
    rig.until(20_000);
    source.skipTo(20_000);
    onAir(rig, [source], 25_000);
    expect(heard()).toEqual([1, FILE, 1]);
    expect(rig.ended.size).toBe(0);
  });

  it('is heard also in an outage that has begun already, after its time', () => {
    const { rig, heard } = station();
    rig.until(15_000);
    expect(heard()).toEqual([]);
    change(rig, withFile(FILE), { given: file(FILE) });
    rig.until(16_000);
    expect(heard()).toEqual([FILE]);
  });

  it('that is another mountpoint is followed from then on, and the one before is not', () => {
    const rig = new EdgeRig({}, { policies: { a: { fallback: { mount: 'b' } } } });
    const [a, b, c] = ['a', 'b', 'c'].map((mount, at) => new Source(rig.open(), { stream: at + 1, mount }));
    onAir(rig, [a!, b!, c!], 10_000);
    change(rig, { fallback: { mount: 'c' } }, { mount: 'a' });
    const listener = rig.join('a');
    onAir(rig, [b!, c!], 20_000);
    expect(scenes(makersIn(rig.audio(listener)))).toEqual([3]);
    expect(rig.edge.mount('a')!.fallback).toBe('c');
  });

  it('makes the mountpoint exist where it is not there', () => {
    const rig = new EdgeRig();
    change(rig, withFile(FILE), { given: file(FILE) });
    const listener = rig.join('test');
    rig.until(2_000);
    expect(scenes(makersIn(rig.audio(listener)))).toEqual([FILE]);
    change(rig, { fallback: { mount: 'test' } }, { mount: 'other' });
    rig.until(3_000);
    expect(rig.edge.mount('other')!.fallback).toBe('test');
  });
});

describe('a fallback that is on air', () => {
  it('gives way to another one at once, and nothing is missing', () => {
    const { rig, heard } = station();
    change(rig, withFile(FILE), { given: file(FILE) });
    rig.until(20_000);
    change(rig, withFile(OTHER_FILE), { given: file(OTHER_FILE) });
    expect(rig.of('fallback-replaced')).toMatchObject([{ mount: 'test', what: 'file 99', by: 'file 98' }]);
    rig.until(20_000 + 3 * FRAME_MS);
    expect(heard()).toEqual([FILE, OTHER_FILE]);
    rig.until(40_000);
    expect(rig.edge.mount('test')).toMatchObject({ fallback: 'file 98', title: 'file 98' });
    expect(heard()).toEqual([FILE, OTHER_FILE]);
    const heardMs = (join(...[...rig.heard.values()].flat().map(({ bytes }) => bytes)).length / FRAME_BYTES) * FRAME_MS;
    expect(Math.abs(heardMs - 30_000)).toBeLessThan(3 * FRAME_MS + 50);
  });

  it('that is taken away leaves the mountpoint as without one: it ends after its time', () => {
    const { rig, heard } = station();
    change(rig, withFile(FILE), { given: file(FILE) });
    rig.until(20_000);
    change(rig, {});
    expect(rig.of('fallback-replaced')).toMatchObject([{ what: 'file 99', by: '' }]);
    expect(rig.edge.mount('test')!.fallback).toBeUndefined();
    rig.until(29_900);
    expect(rig.ended.size).toBe(0);
    rig.until(30_100);
    expect(rig.ended.size).toBe(1);
    expect(heard()).toEqual([FILE]);
    rig.until(60_000);
    expect(rig.edge.mounts()).toEqual([]);
  });

  it('that is taken away lets a stream be heard that was not well for long enough yet, mended where it begins', () => {
    const { rig, source, heard } = station({ test: { settings: { fallbackLeaveMs: 30_000 } } });
    change(rig, { ...withFile(FILE), settings: { fallbackLeaveMs: 30_000 } }, { given: file(FILE) });
    rig.until(20_000);
    source.skipTo(20_000);
    onAir(rig, [source], 25_000);
    expect(heard()).toEqual([FILE]);
    change(rig, { settings: { fallbackLeaveMs: 30_000 } });
    onAir(rig, [source], 27_000);
    expect(heard()).toEqual([FILE, 1]);
    expect(rig.ended.size).toBe(0);
  });

  it('that is taken away was all that there was: the first stream begins as ever', () => {
    const rig = new EdgeRig();
    change(rig, withFile(FILE), { given: file(FILE) });
    const listener = rig.join('test');
    rig.until(5_000);
    change(rig, {});
    const source = new Source(rig.open(), { stream: 1 });
    source.skipTo(6_000);
    onAir(rig, [source], 9_000);
    expect(scenes(makersIn(rig.audio(listener)))).toEqual([FILE, 1]);
  });

  it('instead of silence is left for the silence where that is wanted again', () => {
    const silentFrom = Math.round(5_000 / FRAME_MS);
    const rig = new EdgeRig();
    const source = new Source(rig.open(), { stream: 1, frame: (number, maker) => (number < silentFrom ? numbered(number, maker) : silent(numbered(number, maker))) });
    change(rig, { ...withFile(FILE), fallbackOnSilence: true }, { given: file(FILE) });
    onAir(rig, [source], 3_000);
    const listener = rig.join('test');
    onAir(rig, [source], 30_000);
    expect(rig.edge.mount('test')!.fallback).toBe('file 99');
    change(rig, withFile(FILE));
    onAir(rig, [source], 32_000);
    expect(rig.edge.mount('test')!.fallback).toBeUndefined();
    expect(scenes(makersIn(rig.audio(listener)))).toEqual([1, FILE, 1]);
  });

  const silentFrom = Math.round(5_000 / FRAME_MS);
  const silentBeside = (number: number, maker: number): Uint8Array => (number < silentFrom ? numbered(number, maker) : silent(numbered(number, maker)));

  /** A live stream and its backup, both silent, under a fallback; then `goes`, and at once one frame of the live stream is lost. */
  function silentPair(rig: EdgeRig, goes: (sources: readonly Source[]) => void): readonly number[] {
    const [live, backup] = [new Source(rig.open(), { stream: 1, frame: silentBeside }), new Source(rig.open(), { stream: 2, phaseMs: 9, frame: silentBeside })];
    onAir(rig, [live, backup], 20_000);
    expect(rig.edge.mount('test')!.fallback).toBeDefined();
    const listener = rig.join('test');
    onAir(rig, [live, backup], 30_000);
    goes([live, backup]);
    live.lose();
    onAir(rig, [live, backup], rig.now / 1_000 + 2_000);
    expect(rig.of('gap')).toMatchObject([{ messages: 1, action: 'skipped' }]);
    expect(rig.of('switch')).toEqual([]);
    return scenes(makersIn(rig.audio(listener)));
  }

  it('that is taken away has made nothing a loss that the live stream brought meanwhile: where one frame is lost behind it, nobody goes over to a backup', () => {
    const rig = new EdgeRig();
    change(rig, { ...withFile(FILE), fallbackOnSilence: true }, { given: file(FILE) });
    expect(silentPair(rig, () => change(rig, {}))).toEqual([FILE, 1]);
  });

  it('that cannot follow any more has made nothing a loss either', () => {
    const rig = new EdgeRig();
    change(rig, withFile(FILE), { mount: 'other', given: file(FILE) });
    change(rig, { fallback: { mount: 'other' }, fallbackOnSilence: true });
    const heard = silentPair(rig, (sources) => {
      const other = new Source(rig.open(), { stream: 3, mount: 'other', phaseMs: 30_000, frame: (number) => numberedAac(number) });
      for (let untilMs = 30_000; rig.of('fallback-refused').length === 0; untilMs += 1) onAir(rig, [...sources, other], untilMs);
    });
    expect(heard).toEqual([FILE, 1]);
  });
});

describe('what cannot be wanted', () => {
  it.each<[string, string, MountPolicy, GivenFile | undefined, object]>([
    ['fallbacks in a loop', 'b', { fallback: { mount: 'a' } }, undefined, { code: 'loop', mounts: ['b', 'a', 'b'] }],
    ['itself as its fallback', 'b', { fallback: { mount: 'b' } }, undefined, { code: 'loop', mounts: ['b', 'b'] }],
    ['a file that nobody has read', 'b', withFile(FILE), undefined, { code: 'no-file' }],
    ['a file without frames', 'b', withFile(FILE), { title: 'x', bytes: new Uint8Array(1_000) }, { code: 'no-frame' }],
    ['a file that is too large', 'b', withFile(FILE), { title: 'x', bytes: new Uint8Array(8_388_609) }, { code: 'too-large', mostBytes: 8_388_608 }],
  ])('is refused, and nothing has changed: %s', (_, mount, policy, given, problem) => {
    const rig = new EdgeRig({}, { policies: { a: { fallback: { mount: 'b' } } } });
    expect(rig.edge.changePolicy(0 as Micros, mount, { ...policy, prefer: 'studio' }, given)).toEqual(problem);
    expect(rig.edge.policyOf(mount)).toEqual({});
    expect(rig.events).toEqual([]);
  });

  it('is a file that was replaced by another one, and is not given again', () => {
    const { rig, heard } = station();
    change(rig, withFile(FILE), { given: file(FILE) });
    // The same one need not be read again, also when something else was the fallback in between.
    change(rig, { ...withFile(FILE), prefer: 'studio' });
    change(rig, { fallback: { mount: 'other' } });
    change(rig, {});
    change(rig, withFile(FILE));
    rig.until(15_000);
    expect(heard()).toEqual([FILE]);
    change(rig, withFile(OTHER_FILE), { given: file(OTHER_FILE) });
    expect(rig.edge.changePolicy(rig.now as Micros, 'test', withFile(FILE))).toEqual({ code: 'no-file' });
    expect(rig.edge.policyOf('test')).toEqual(withFile(OTHER_FILE));
  });
});

describe('times that are changed', () => {
  it('count for what has begun: the end of a mountpoint', () => {
    const { rig } = station();
    rig.until(13_000);
    change(rig, { settings: { mountEndMs: 30_000 } });
    rig.until(39_000);
    expect(rig.ended.size).toBe(0);
    change(rig, { settings: { mountEndMs: 5_000 } });
    rig.until(39_001);
    expect(rig.ended.size).toBe(1);
  });

  it('count for what has begun: the turn of a fallback', () => {
    const { rig, heard } = station({ test: { fallback: { mount: 'b' } } });
    change(rig, { ...withFile(FILE), settings: { fallbackMs: 5_000 } }, { given: file(FILE) });
    rig.until(13_000);
    expect(heard()).toEqual([]);
    change(rig, { ...withFile(FILE), settings: { fallbackMs: 3_100 } });
    rig.until(13_200);
    expect(heard()).toEqual([FILE]);
  });
});

describe('a preference that is changed', () => {
  it('brings the listeners to the encoder as usual, after it has been well for its time', () => {
    const rig = new EdgeRig();
    const [a, b] = [new Source(rig.open(), { stream: 1 }), new Source(rig.open(), { stream: 2, phaseMs: 7 })] as const;
    onAir(rig, [a, b], 1_000);
    for (const [source, name] of [[a, 'studio-a'], [b, 'studio-b']] as const) rig.tcp(source.paths[0]!, origin(source.sequence++, name, source));
    onAir(rig, [a, b], 60_000);
    expect(rig.edge.mount('test')!.liveStream).toBe(a.name);
    change(rig, { prefer: 'studio-b', trust: 'all', settings: { returnMs: 4_000 } });
    onAir(rig, [a, b], 63_900);
    expect(rig.of('switch')).toEqual([]);
    onAir(rig, [a, b], 67_000);
    expect(rig.of('switch')).toMatchObject([{ from: a.name, to: b.name, reason: 'preferred' }]);
    change(rig, { prefer: 'studio-a', trust: 'all', settings: { returnMs: 4_000 } });
    change(rig, { trust: 'all' });
    onAir(rig, [a, b], 80_000);
    expect(rig.of('switch')).toHaveLength(1);
  });
});

describe('a codec that is changed', () => {
  it('lets the listeners begin anew with a stream of that, when that on air has another one', () => {
    const rig = new EdgeRig();
    const mp3 = new Source(rig.open(), { stream: 1 });
    const aac = new Source(rig.open(), { stream: 2, frame: (number) => numberedAac(number) });
    onAir(rig, [mp3, aac], 10_000);
    const before = rig.edge.mount('test')!.format.codec;
    const wanted = before === 'mp3' ? 'aac' : 'mp3';
    const listener = rig.join('test');
    change(rig, { codec: wanted });
    expect(rig.of('format-changed')).toHaveLength(1);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    onAir(rig, [mp3, aac], 20_000);
    expect(rig.edge.mount('test')).toMatchObject({ format: { codec: wanted }, streams: 1 });
    change(rig, {});
    onAir(rig, [mp3, aac], 30_000);
    expect(rig.edge.mount('test')!.streams).toBe(2);
  });

  it('that no stream has leaves what is on air, for the fallback where there is one', () => {
    const { rig, source, heard } = station();
    change(rig, { ...withFile(FILE), codec: 'aac' }, { given: file(FILE) });
    onAir(rig, [source], 15_000);
    expect(heard()).toEqual([FILE]);
    change(rig, withFile(FILE));
    onAir(rig, [source], 20_000);
    expect(heard()).toEqual([FILE, 1]);
    expect(rig.ended.size).toBe(0);
  });

  it('that no stream has ends a mountpoint without a fallback', () => {
    const { rig, source } = station();
    change(rig, { codec: 'aac' });
    onAir(rig, [source], 25_000);
    expect(rig.ended.size).toBe(1);
    expect(rig.edge.mounts()).toEqual([]);
  });
});

describe('settings of the edge that change while it runs', () => {
  it('count at once where a mountpoint has none of its own', () => {
    const { rig } = station({ other: {} });
    rig.until(13_000);
    rig.edge.changeSettings(rig.now as Micros, { mountEndMs: 30_000 });
    rig.until(39_000);
    expect(rig.of('mount-ended')).toEqual([]);
    rig.until(41_000);
    expect(rig.of('mount-ended')).toMatchObject([{ mount: 'test', silentMs: 30_000 }]);
  });

  it('do not where a mountpoint has its own, but for those that it has not', () => {
    const { rig } = station({ test: { settings: { mountEndMs: 5_000 } } });
    rig.edge.changeSettings(rig.now as Micros, { mountEndMs: 30_000, fallbackMs: 2_000 });
    rig.until(16_000);
    expect(rig.of('mount-ended')).toMatchObject([{ mount: 'test', silentMs: 5_000 }]);
    // A mountpoint that begins has them, too.
    const source = new Source(rig.open(), { stream: 2 });
    source.skipTo(20_000);
    rig.until(20_000);
    change(rig, withFile(FILE), { given: file(FILE) });
    onAir(rig, [source], 25_000);
    rig.until(28_000);
    expect(rig.of('fallback-entered').at(-1)).toMatchObject({ silentMs: 2_000 });
  });

  it('limit the listeners from then on', () => {
    const { rig } = station();
    rig.edge.changeSettings(rig.now as Micros, { maxListeners: 1 });
    expect(rig.edge.join(rig.now as Micros, 'test', { icy: false, label: 'x' })).toBe('full');
    rig.edge.changeSettings(rig.now as Micros, { maxListeners: 2 });
    expect(rig.edge.join(rig.now as Micros, 'test', { icy: false, label: 'x' })).not.toBe('full');
  });
});
