import type net from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AwaitedParts } from '../../../../shell/edge/hls/awaited-parts.ts';
import { MountParts } from '../../../../shell/edge/hls/media/parts/mount-parts.ts';
import type { Session } from '../../../../shell/edge/hls/sessions.ts';
import { SLOT_US } from './media/segments.ts';
import { parts, PART_US } from './media/parts/parts.ts';

const FIRST = 6 * 300_000_000;
let nowMs = 0;
const session = (): Session => ({ over: undefined }) as Session;

function rig(): { awaited: AwaitedParts; mount: MountParts; told: [string, boolean][]; ask: (name: string, number: number, more?: { session?: Session; socket?: net.Socket; over?: (isThere: boolean) => void }) => boolean } {
  const awaited = new AwaitedParts({ waitMs: 12_000, nowMs: () => nowMs });
  const mount = new MountParts('radio', SLOT_US, PART_US);
  for (const one of parts(FIRST, 2)) mount.add(one);
  const told: [string, boolean][] = [];
  return {
    awaited,
    mount,
    told,
    ask: (name, number, more = {}) => awaited.add({ socket: { destroyed: false } as net.Socket, session: session(), mount, number, over: (isThere) => told.push([name, isThere]), failed: () => told.push([`${name} failed`, false]), ...more }),
  };
}

describe('requests for what is not there yet', () => {
  afterEach(() => vi.useRealTimers());

  it('are answered when it is, and no others', () => {
    const { awaited, mount, told, ask } = rig();
    expect([ask('next', FIRST + 2), ask('second', FIRST + 3)]).toEqual([true, true]);
    mount.add(parts(FIRST + 2, 1)[0]!);
    awaited.changed(mount);
    expect([told, awaited.size]).toEqual([[['next', true]], 1]);
    mount.add(parts(FIRST + 3, 1)[0]!);
    awaited.changed(mount);
    expect([told.at(-1), awaited.size]).toEqual([['second', true], 0]);
  });

  it('end with their time, with the mountpoint, with the listener, and with the process', () => {
    const { awaited, mount, told, ask } = rig();
    const kicked = session();
    const gone = { destroyed: false } as { destroyed: boolean };
    ask('late', FIRST + 2);
    nowMs += 6_000;
    ask('later', FIRST + 2);
    ask('kicked', FIRST + 2, { session: kicked });
    ask('gone', FIRST + 2, { socket: gone as net.Socket });
    kicked.over = 'killed';
    gone.destroyed = true;
    nowMs += 6_000;
    awaited.look();
    expect(told).toEqual([['late', false], ['kicked', false]]);
    mount.end();
    awaited.changed(mount);
    expect(told.at(-1)).toEqual(['later', false]);
    ask('stopped', FIRST + 2);
    awaited.stop();
    expect([told.at(-1), awaited.size]).toEqual([['stopped', false], 0]);
  });

  it('are four of one listener at most', () => {
    const { awaited, mount, told, ask } = rig();
    const one = session();
    expect([1, 2, 3, 4, 5].map((n) => ask(String(n), FIRST + 2, { session: one }))).toEqual([true, true, true, true, false]);
    expect(ask('other', FIRST + 2)).toBe(true);
    mount.add(parts(FIRST + 2, 1)[0]!);
    awaited.changed(mount);
    expect(told).toHaveLength(5);
    expect(ask('again', FIRST + 3, { session: one })).toBe(true);
    awaited.stop();
  });

  it('cost nobody else anything when one fails', () => {
    const { awaited, mount, told, ask } = rig();
    ask('bad', FIRST + 2, { over: () => { throw new Error('broken'); } });
    ask('good', FIRST + 2);
    mount.add(parts(FIRST + 2, 1)[0]!);
    awaited.changed(mount);
    expect(told).toEqual([['bad failed', false], ['good', true]]);
  });

  it('are looked at by a timer only while there are any', () => {
    vi.useFakeTimers();
    const { awaited, told, ask } = rig();
    ask('late', FIRST + 2);
    expect(vi.getTimerCount()).toBe(1);
    nowMs += 12_000;
    vi.advanceTimersByTime(500);
    expect([told, awaited.size, vi.getTimerCount()]).toEqual([[['late', false]], 0, 0]);
  });
});
