import { describe, expect, it } from 'vitest';
import type { ListenerId } from '../../../core/base/machine.ts';
import type { Micros } from '../../../core/base/units.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { JoinOptions } from '../../../core/listeners/listener.ts';
import { IcyStripper } from '../../../shell/http/client/icy-stripper.ts';
import { EdgeRig } from '../support/edge-rig.ts';
import { makersIn, numbered, numberedAac, numbersIn, range } from '../support/frames.ts';
import { onAir, Source } from '../support/station.ts';

const frameOf = (maker: number) => (number: number): Uint8Array => numbered(number, maker);

/** An edge with mountpoints `one` and `two`, each of frames of its own, and `aac`. */
class Station {
  readonly rig: EdgeRig;
  readonly #sources: readonly Source[];

  constructor(settings: Partial<Settings> = {}) {
    this.rig = new EdgeRig({ listenerFlushMs: 100, ...settings });
    const path = this.rig.open();
    this.#sources = [
      new Source(path, { stream: 1, mount: 'one', title: 'First', frame: frameOf(1) }),
      new Source(path, { stream: 2, mount: 'two', title: 'Second', frame: frameOf(2) }),
      new Source(path, { stream: 3, mount: 'aac', frame: numberedAac }),
    ];
    this.until(3_000);
  }

  until(atMs: number): void {
    onAir(this.rig, this.#sources, atMs);
  }

  join(mount: string, options: Partial<JoinOptions> = {}): ListenerId {
    return this.rig.join(mount, options);
  }

  move(listener: ListenerId, mount: string): string {
    return this.rig.edge.move(this.rig.now as Micros, listener, mount);
  }

  listeners(mount: string): number {
    return this.rig.edge.mount(mount)!.listeners;
  }
}

describe('a listener that is moved to another mountpoint', () => {
  it('gets all of the first, then the next frame of the other, and nothing else', () => {
    const station = new Station();
    const [moved, stays] = [station.join('one'), station.join('two')];
    // Between two writes to listeners.
    station.until(5_040);
    expect(station.move(moved, 'two')).toBe('moved');
    expect([station.listeners('one'), station.listeners('two')]).toEqual([0, 2]);
    station.until(8_000);
    const audio = station.rig.audio(moved);
    const makers = makersIn(audio);
    const cut = makers.indexOf(2);
    expect(cut).toBeGreaterThan(70);
    expect(makers).toEqual([...range(1, cut).map(() => 1), ...range(cut + 1, makers.length).map(() => 2)]);
    const numbers = numbersIn(audio);
    const before = numbers.slice(0, cut);
    expect(before).toEqual(range(before[0]!, before.at(-1)!));
    expect(numbers.slice(cut)).toEqual(range(before.at(-1)! + 1, numbersIn(station.rig.audio(stays)).at(-1)!));
    expect(station.rig.longestPauseMs(moved, 5_040)).toBeLessThan(300);
    expect(station.rig.ended.size).toBe(0);
  });

  it('sees the titles of the other at the interval that it had', () => {
    const station = new Station({ icyIntervalBytes: 1_000 });
    const moved = station.join('one', { icy: true });
    station.until(5_040);
    station.move(moved, 'two');
    station.until(8_000);
    const titles: string[] = [];
    const audio: Buffer[] = [];
    new IcyStripper(1_000, (bytes) => audio.push(Buffer.from(bytes)), (text) => titles.push(text)).push(station.rig.audio(moved));
    expect(titles).toEqual(["StreamTitle='First';", "StreamTitle='Second';"]);
    expect(new Set(makersIn(Buffer.concat(audio)))).toEqual(new Set([1, 2]));
    expect(numbersIn(Buffer.concat(audio)).length).toBeGreaterThan(180);
  });

  it('whose connection takes nothing is as far behind at the other as it was', () => {
    const station = new Station({ burstMs: 2_000 });
    const [moved, stays] = [station.join('one', { burstMs: 0 }), station.join('two', { burstMs: 0 })];
    station.until(4_000);
    station.rig.backlog.set(moved, 70_000);
    station.until(5_000);
    station.move(moved, 'two');
    station.rig.backlog.set(moved, 0);
    station.until(6_000);
    const heard = station.rig.audio(moved);
    const cut = makersIn(heard).indexOf(2);
    const numbers = numbersIn(heard);
    expect(numbers.slice(cut)).toEqual(range(numbers[cut]!, numbersIn(station.rig.audio(stays)).at(-1)!));
    // One second is 38 frames; a mark is each 250 ms.
    expect(numbers[cut]! - numbers[cut - 1]!).toBeLessThanOrEqual(1);
    expect(numbers[cut - 1]! - numbers[cut]!).toBeLessThan(20);
  });

  it('ends with the other, and not with the first', () => {
    const station = new Station();
    const moved = station.join('one');
    const other = station.join('one');
    station.move(moved, 'two');
    station.until(4_000);
    station.rig.edge.leave(station.rig.now as Micros, moved, 'closed');
    expect([station.listeners('one'), station.listeners('two')]).toEqual([1, 0]);
    expect(station.rig.of('listener-moved')).toEqual([{ kind: 'listener-moved', listener: moved, mount: 'one', label: 'listener', to: 'two' }]);
    expect(station.rig.of('listener-left')).toMatchObject([{ listener: moved, mount: 'two', bytes: station.rig.audio(moved).length }]);
    expect(station.move(other, 'one')).toBe('moved');
    expect(station.rig.edge.mount('two')!.listenerPeak).toBe(1);
  });

  it('is not, where that cannot be', () => {
    const station = new Station();
    const listener = station.join('one');
    expect(station.move(listener, 'aac')).toBe('cannot-follow');
    expect(station.move(listener, 'none')).toBe('no-such-mount');
    expect(station.move(99 as ListenerId, 'two')).toBe('no-such-listener');
    expect(station.move(station.join('aac'), 'two')).toBe('cannot-follow');
    station.until(4_000);
    expect(new Set(makersIn(station.rig.audio(listener)))).toEqual(new Set([1]));
    expect(station.rig.of('listener-moved')).toEqual([]);
  });
});
