import { afterEach, describe, expect, it, vi } from 'vitest';
import { formatNamed } from '../../../../../../core/codec/formats.ts';
import type { MountParts } from '../../../../../../shell/edge/hls/media/parts/mount-parts.ts';
import { partsPlaylist } from '../../../../../../shell/edge/hls/media/parts/parts-playlist.ts';
import { PartStore } from '../../../../../../shell/edge/hls/media/parts/part-store.ts';
import { MP3 } from '../segments.ts';
import { part, parts } from './parts.ts';

const FIRST = 6 * 300_000_000;

function store(more: Partial<ConstructorParameters<typeof PartStore>[0]> = {}): PartStore {
  return new PartStore({ slotMs: 6_000, partMs: 1_000, maxBytes: 10_000_000, nowMs: () => 0, ...more });
}

describe('parts in memory', () => {
  afterEach(() => vi.useRealTimers());

  it('are there from the first one on of a segment, of AAC that can be had in MP4', () => {
    const made = store();
    const told: [string, number][] = [];
    made.changed = ({ name, newest }: MountParts) => told.push([name, newest]);
    for (const one of parts(FIRST - 1, 3)) made.add('radio', one);
    made.add('mp3', part(FIRST, { format: MP3 }));
    // A frame is too long for what a part may be.
    made.add('phone', part(FIRST, { format: formatNamed('aac 4 8000 1 2')! }));
    expect([made.mount('radio')!.newest, ...['mp3', 'phone', 'none'].map((name) => made.mount(name))]).toEqual([FIRST + 1, undefined, undefined, undefined]);
    expect(told).toEqual([['radio', -1], ['radio', FIRST], ['radio', FIRST + 1]]);
    made.end('radio');
    expect(made.mount('radio')!.hasEnded).toBe(true);
  });

  it('end where the format becomes one that has none, and begin anew behind that', () => {
    const made = store();
    const told: boolean[] = [];
    for (const one of parts(FIRST, 8)) made.add('radio', one);
    made.changed = ({ hasEnded }: MountParts) => told.push(hasEnded);
    for (const one of parts(FIRST + 8, 3, { format: formatNamed('aac 4 8000 1 2')! })) made.add('radio', one);
    expect(told).toEqual([true]);
    for (const one of parts(FIRST + 11, 3)) made.add('radio', one);
    expect([made.mount('radio')!.newest, made.mount('radio')!.hasEnded]).toEqual([FIRST + 13, false]);
  });

  it('take no more than they may: the oldest go', () => {
    const whole = store();
    for (const name of ['a', 'b']) for (const one of parts(FIRST, 60)) whole.add(name, one);
    const made = store({ maxBytes: Math.floor(whole.bytes / 2) });
    for (const name of ['a', 'b']) for (const one of parts(FIRST, 60)) made.add(name, one);
    expect(made.bytes).toBeLessThanOrEqual(whole.bytes / 2);
    expect(made.bytes).toBe(made.mount('a')!.bytes + made.mount('b')!.bytes);
    expect([made.mount('a')!.newest, made.mount('b')!.newest]).toEqual([FIRST + 59, FIRST + 59]);
    const least = store({ maxBytes: 1 });
    for (const one of parts(FIRST, 20)) least.add('a', one);
    expect(least.mount('a')!.segments).toHaveLength(1);
  });

  it('are forgotten when no more come', () => {
    let nowMs = 0;
    const made = store({ nowMs: () => nowMs });
    for (const one of parts(FIRST, 6)) made.add('radio', one);
    const mount = made.mount('radio')!;
    nowMs = 144_000;
    made.look();
    expect(made.mount('radio')).toBe(mount);
    nowMs = 144_001;
    made.look();
    expect([made.mount('radio'), made.bytes, mount.hasEnded]).toEqual([undefined, 0, true]);
  });

  it('are not forgotten because a clock is set', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const made = new PartStore({ slotMs: 6_000, partMs: 1_000, maxBytes: 10_000_000 });
    for (const one of parts(FIRST, 6)) made.add('radio', one);
    vi.setSystemTime(Date.now() + 3_600_000);
    made.look();
    expect(made.mount('radio')).toBeDefined();
  });

  it('go on in another process, and not in one with other lengths', () => {
    const made = store();
    for (const one of parts(FIRST, 20)) made.add('radio', one);
    const saved = JSON.parse(JSON.stringify(made.save(1_000_000))) as ReturnType<PartStore['save']>;
    const next = store();
    next.restore(saved);
    expect(partsPlaylist(next.mount('radio')!)).toBe(partsPlaylist(made.mount('radio')!));
    expect(next.bytes).toBe(made.bytes);
    for (const both of [made, next]) for (const one of parts(FIRST + 18, 5)) both.add('radio', one);
    expect(next.mount('radio')!.segments.map((one) => one.parts.map(({ bytes }) => Buffer.from(bytes)))).toEqual(made.mount('radio')!.segments.map((one) => one.parts.map(({ bytes }) => Buffer.from(bytes))));
    const other = store({ partMs: 2_000 });
    other.restore(saved);
    expect(other.mount('radio')).toBeUndefined();
    expect(made.save(10).mounts).toEqual([]);
    // As many of each as there is room for, so that none has to begin anew.
    for (const one of parts(FIRST, 20)) made.add('other', one);
    const newest = store();
    newest.restore(made.save(Math.floor(made.bytes / 2)));
    for (const name of ['radio', 'other']) expect([name, newest.mount(name)!.segments.map(({ number }) => number - FIRST / 6)]).toEqual([name, [2, 3]]);
  });
});
