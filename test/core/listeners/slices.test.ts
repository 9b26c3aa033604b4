import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../core/base/memory/budget.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import { ms, NEVER, type Micros } from '../../../core/base/units.ts';
import { defaultSettings, withSettings } from '../../../core/config/settings.ts';
import { Listeners } from '../../../core/listeners/listeners.ts';
import { FRAME_US, numbered } from '../support/frames.ts';

const mount = 1 as MountId;

/** Listeners of one mountpoint, and when each was written to. */
class Crowd {
  now = 0 as Micros;
  number = 0;
  readonly writes: { readonly at: Micros; readonly to: ListenerId; readonly bytes: Uint8Array }[] = [];
  readonly listeners: Listeners;
  /** What each has not taken. */
  readonly backlog: Map<ListenerId, number> = new Map();

  constructor(listenerFlushMs = defaultSettings.listenerFlushMs) {
    this.listeners = new Listeners({ settings: withSettings({ listenerFlushMs, listenerQueueBytes: 16_384, maxListeners: 20_000 }), budget: new MemoryBudget(1e12) }, {
      send: (to, bytes) => this.writes.push({ at: this.now, to, bytes }),
      backlogBytes: (listener) => this.backlog.get(listener) ?? 0,
      end: () => undefined,
      event: () => undefined,
    });
    this.listeners.opened(this.now, mount, 'test');
  }

  join(count: number, icy = false): ListenerId[] {
    return Array.from({ length: count }, () => this.listeners.join(this.now, 'test', { icy, label: 'listener' }) as ListenerId);
  }

  until(at: number): void {
    while (this.listeners.deadline <= at) {
      this.now = Math.max(this.now, this.listeners.deadline) as Micros;
      this.listeners.advance(this.now);
    }
    this.now = Math.max(this.now, at) as Micros;
  }

  play(spanMs: number): void {
    for (const end = this.now + ms(spanMs); this.number * FRAME_US <= end;) {
      this.until(Math.ceil(this.number * FRAME_US));
      this.listeners.frame(this.now, mount, numbered(this.number++), FRAME_US);
    }
  }

  /** How many were written to at each time. */
  get bySlice(): number[] {
    const counts = new Map<Micros, number>();
    for (const { at } of this.writes) counts.set(at, (counts.get(at) ?? 0) + 1);
    return [...counts.values()];
  }
}

describe('listeners in slices', () => {
  it('are given their burst at once, and written to once in each period after it', () => {
    const crowd = new Crowd();
    crowd.play(5_000);
    const joinedAt = crowd.now;
    const all = crowd.join(3_000);
    crowd.until(joinedAt);
    expect(crowd.writes.map(({ to, at }) => [to, at])).toEqual(all.map((id) => [id, joinedAt]));
    crowd.writes.length = 0;
    crowd.play(4_000);
    for (const id of all.filter((_, index) => index % 100 === 0)) {
      const times = crowd.writes.filter(({ to }) => to === id).map(({ at }) => at);
      expect(times.length).toBeGreaterThanOrEqual(9);
      expect(times.length).toBeLessThanOrEqual(10);
      // A slice that comes before the next frame has nothing for it.
      expect(times[0]! - joinedAt).toBeLessThanOrEqual(ms(400) + FRAME_US);
      for (let n = 1; n < times.length; n++) expect(times[n]! - times[n - 1]!).toBe(ms(400));
    }
  });

  it.each([[1, 50], [125, 50], [250, 100], [500, 200], [1_000, 400], [5_000, 400]])('%d are each written to every %d ms', (count, periodMs) => {
    const crowd = new Crowd();
    crowd.play(5_000);
    const all = crowd.join(count);
    crowd.until(crowd.now);
    crowd.play(1_000);
    crowd.writes.length = 0;
    crowd.play(8_000);
    for (const id of [all[0]!, all[all.length - 1]!]) {
      const writes = crowd.writes.filter(({ to }) => to === id).length;
      expect(Math.abs(writes - 8_000 / periodMs)).toBeLessThanOrEqual(1);
    }
    if (count <= 1_000) expect(crowd.writes.length / 8).toBeLessThanOrEqual(2_500 + count / 8);
  });

  it('who came in one storm cause no bursts of work, nor do those who stay when others leave', () => {
    const crowd = new Crowd();
    crowd.play(5_000);
    const all = crowd.join(10_000);
    crowd.until(crowd.now);
    crowd.writes.length = 0;
    crowd.play(800);
    expect(Math.max(...crowd.bySlice)).toBe(Math.ceil(10_000 / 32));
    // Most leave, and half as many come again.
    for (const id of all) if (id % 32 !== 5) crowd.listeners.leave(crowd.now, id, 'closed');
    crowd.join(5_000);
    crowd.until(crowd.now);
    crowd.writes.length = 0;
    crowd.play(800);
    expect(Math.max(...crowd.bySlice)).toBe(256);
    expect(crowd.bySlice.length).toBeGreaterThanOrEqual(2 * 20);
  });

  it('at the same place get the same bytes, and one write each, also where these do not lie together in memory', () => {
    const crowd = new Crowd();
    crowd.play(5_000);
    crowd.join(100);
    crowd.join(100, true);
    crowd.until(crowd.now);
    crowd.play(10_000);
    const turns = new Map<string, Set<Uint8Array>>();
    for (const { at, to, bytes } of crowd.writes) {
      const key = `${at} ${to > 100 ? 'icy' : 'plain'}`;
      turns.set(key, (turns.get(key) ?? new Set()).add(bytes));
    }
    expect(turns.size).toBeGreaterThanOrEqual(2 * 24);
    for (const [, given] of turns) expect(given.size).toBe(1);
    // Of audio without a block in it, those who want titles get the very same.
    const shared = [...turns].filter(([key, given]) => key.endsWith('icy') && turns.get(key.replace('icy', 'plain'))?.has([...given][0]!) === true);
    expect(shared.length / (turns.size / 2)).toBeGreaterThan(0.5);
  });

  it('are left alone while nothing is given out, and served again when something is', () => {
    const crowd = new Crowd();
    crowd.play(5_000);
    const [first] = crowd.join(40);
    crowd.until(crowd.now);
    crowd.play(1_000);
    crowd.until(crowd.now + ms(1_000));
    expect(crowd.listeners.deadline).toBe(NEVER);
    expect(crowd.listeners.behindBytes(first!)).toBe(0);
    crowd.number = Math.ceil((crowd.now + ms(60_000)) / FRAME_US);
    crowd.play(60_100);
    crowd.until(crowd.now + ms(400));
    expect(crowd.listeners.behindBytes(first!)).toBe(0);
  });

  it('are each served once when their driver comes late', () => {
    const crowd = new Crowd();
    crowd.play(5_000);
    crowd.join(64);
    crowd.until(crowd.now);
    crowd.play(400);
    crowd.until(crowd.now + ms(400));
    crowd.writes.length = 0;
    for (let n = 0; n < 20; n++) crowd.listeners.frame(crowd.now, mount, numbered(crowd.number++), FRAME_US);
    crowd.now = (crowd.now + ms(3_000)) as Micros;
    crowd.listeners.advance(crowd.now);
    expect(crowd.writes.map(({ to }) => to).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, index) => index + 1));
  });

  it('lose nothing when many are dropped in the middle of a slice', () => {
    const crowd = new Crowd();
    crowd.play(5_000);
    const all = crowd.join(640);
    crowd.until(crowd.now);
    for (const id of all) if (id % 3 === 0) crowd.backlog.set(id, 1_000_000);
    crowd.writes.length = 0;
    crowd.play(2_000);
    expect(crowd.listeners.size).toBe(all.filter((id) => id % 3 !== 0).length);
    crowd.until(crowd.now + ms(400));
    const given = new Map<ListenerId, number>();
    for (const { to, bytes } of crowd.writes) given.set(to, (given.get(to) ?? 0) + bytes.length);
    expect(given.size).toBe(crowd.listeners.size);
    expect(new Set(given.values()).size).toBe(1);
  });
});
