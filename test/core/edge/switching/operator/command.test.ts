import { describe, expect, it } from 'vitest';
import type { CommandResult, MountCommand } from '../../../../../core/edge/switching/operator/command.ts';
import { isFrom, streamCalled } from '../../../../../core/edge/switching/operator/command.ts';
import type { MountPolicy } from '../../../../../core/config/mount-policy.ts';
import type { Micros } from '../../../../../core/base/units.ts';
import { EdgeRig } from '../../../support/edge-rig.ts';
import { FRAME_BYTES, makersIn, numberedAac } from '../../../support/frames.ts';
import { FRAME_MS, onAir, Source } from '../../../support/station.ts';

const called = (name: string, origin?: string, source?: string): { name: string; origin: string | undefined; source: string | undefined } => ({ name, origin, source });

describe('a stream', () => {
  const one = called('0a1b2c3d', 'studio-a', '10.0.0.7');
  const two = called('0a1b9999', 'studio-b', '2001:db8::7');
  const find = (name: string): unknown => streamCalled([one, two], name, () => true);

  it('comes from its origin, or the address of its source', () => {
    for (const place of ['studio-a', '10.0.0.7']) expect(isFrom(one, place)).toBe(true);
    for (const place of ['studio-b', '2001:db8::7']) expect(isFrom(two, place)).toBe(true);
    for (const place of ['', 'studio', '10.0.0', '10.0.0.7:1', '0a1b2c3d']) expect(isFrom(one, place)).toBe(false);
    expect(isFrom(called('0a1b'), '')).toBe(false);
  });

  it('comes from a key when a relay says so, and not when its encoder calls itself that', () => {
    expect(isFrom(called('0a1b2c3d', 'studio-a', 'key:studio-a'), 'key:studio-a')).toBe(true);
    expect(isFrom(called('0a1b2c3d', 'key:studio-a', '10.0.0.7'), 'key:studio-a')).toBe(false);
  });

  it('is found by where it comes from, or by four digits of its id or more, where no other one has them', () => {
    expect(find('studio-b')).toBe(two);
    expect(find('10.0.0.7')).toBe(one);
    expect(find('0A1B2')).toBe(one);
    expect(find('0a1b9999')).toBe(two);
    expect(find('0a1b')).toBe('ambiguous');
    for (const nobody of ['', '0a1', '0a1c', 'studio-c', '0a1b99990']) expect(find(nobody)).toBe('no-such-stream');
  });

  it('is meant by its origin before another one by its id', () => {
    const odd = called('ffff', '0a1b2');
    expect(streamCalled([one, odd], '0a1b2', () => true)).toBe(odd);
  });

  it('is the one that is well of those from one place: an encoder that was started again has left one behind', () => {
    const again = called('77777777', 'studio-a');
    expect(streamCalled([one, again], 'studio-a', (stream) => stream === again)).toBe(again);
    expect(streamCalled([one, again], 'studio-a', () => true)).toBe('ambiguous');
    expect(streamCalled([one, again], 'studio-a', () => false)).toBe('ambiguous');
  });
});

/** Two encoders of one programme, half a frame apart, and one of another format. */
class Station {
  readonly rig: EdgeRig;
  readonly main: Source;
  readonly backup: Source;
  readonly other: Source;

  constructor(policy?: MountPolicy) {
    this.rig = new EdgeRig({}, policy === undefined ? {} : { policies: { test: policy } });
    const path = this.rig.open();
    this.main = new Source(path, { stream: 1 });
    this.backup = new Source(path, { stream: 2, phaseMs: FRAME_MS / 2 });
    this.other = new Source(path, { stream: 3, frame: numberedAac });
  }

  on(untilMs: number, sources: readonly Source[] = [this.main, this.backup]): void {
    onAir(this.rig, sources, untilMs);
  }

  command(command: MountCommand, mount = 'test'): CommandResult {
    return this.rig.edge.command(this.rig.now as Micros, mount, command);
  }

  get live(): string {
    return this.rig.edge.mount('test')!.liveStream;
  }
}

describe("an operator's command", () => {
  it('takes the listeners to the other stream, and they hear the programme go on', () => {
    const station = new Station();
    station.on(5_000);
    const listener = station.rig.join('test');
    station.on(8_000);
    expect(['switched', 'waits']).toContain(station.command({ kind: 'switch' }));
    station.on(16_000);
    expect(station.live).toBe(station.backup.name);
    expect(station.rig.of('switch')).toMatchObject([{ from: station.main.name, to: station.backup.name, reason: 'operator' }]);
    expect(Math.abs(station.rig.of('switch')[0]!.offByMs)).toBeLessThanOrEqual(FRAME_MS / 2 + 0.001);
    const audio = station.rig.audio(listener);
    expect([...new Set(makersIn(audio))]).toEqual([1, 2]);
    // Eleven seconds, but for what is gathered to be written.
    expect(Math.abs(audio.length / FRAME_BYTES - 11_000 / FRAME_MS)).toBeLessThanOrEqual(4);
  });

  it('takes them to the one that is named', () => {
    const station = new Station();
    station.on(20_000);
    expect(['switched', 'waits']).toContain(station.command({ kind: 'switch', to: station.backup.name.slice(0, 4) }));
    station.on(21_000);
    expect(station.live).toBe(station.backup.name);
    expect(station.command({ kind: 'switch', to: station.backup.name })).toBe('on-air');
    expect(['switched', 'waits']).toContain(station.command({ kind: 'switch', to: station.main.name }));
    station.on(22_000);
    expect(station.live).toBe(station.main.name);
    expect(station.command({ kind: 'automatic' })).toBe('automatic');
  });

  it('is refused where it cannot be done, and nothing changes', () => {
    const station = new Station();
    station.on(5_000, [station.main, station.other]);
    expect(station.command({ kind: 'switch' }, 'nowhere')).toBe('no-such-mount');
    expect(station.command({ kind: 'switch', to: 'studio-c' })).toBe('no-such-stream');
    expect(station.command({ kind: 'switch' })).toBe('no-such-stream');
    expect(station.command({ kind: 'switch', to: station.other.name })).toBe('cannot-follow');
    station.on(6_000, [station.main, station.other]);
    expect(station.live).toBe(station.main.name);
    expect(station.rig.of('switch')).toEqual([]);
  });
});

describe("a mountpoint's streams", () => {
  it('are told, the one on air first, with what keeps the others from it', () => {
    const station = new Station();
    const all = [station.main, station.backup, station.other];
    station.on(8_000, all);
    const streams = station.rig.edge.streamsOf(station.rig.now as Micros, 'test')!;
    expect(streams[0]).toMatchObject({ id: station.main.name, isOnAir: true, isHealthy: true, isPreferred: false, whyNot: undefined, matchedBy: undefined });
    expect(streams.find(({ id }) => id === station.backup.name)).toMatchObject({ isOnAir: false, isHealthy: true, matchedBy: 'arrival', format: { codec: 'mp3' } });
    expect(streams.find(({ id }) => id === station.other.name)).toMatchObject({
      isOnAir: false,
      format: { codec: 'aac' },
      whyNot: { code: 'cannot-follow', format: { codec: 'aac' }, before: { codec: 'mp3' } },
    });
    expect(streams).toHaveLength(3);
    expect(station.rig.edge.streamsOf(station.rig.now as Micros, 'nowhere')).toBeUndefined();
  });

  it('say when they have fallen silent', () => {
    const station = new Station();
    station.on(8_000);
    station.on(10_000, [station.main]);
    const [, backup] = station.rig.edge.streamsOf(station.rig.now as Micros, 'test')!;
    expect(backup).toMatchObject({ id: station.backup.name, isHealthy: false });
    expect(backup!.whyNot).toMatchObject({ code: 'silent', forMs: expect.closeTo(2_000, -2.3) as number });
  });
});
