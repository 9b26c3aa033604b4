import { afterEach, describe, expect, it } from 'vitest';
import type { MountId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { FRAME_US, numbered, numbersIn } from '../../../core/support/frames.ts';
import { sleep } from '../../support/support.ts';
import { BEFORE, radio, Rig } from './support.ts';

let rig: Rig;
afterEach(() => rig.stop());

describe('workers', () => {
  it('give each listener the burst and what comes after, and tell who has left', async () => {
    rig = Rig.started(2);
    const clients = await Promise.all([rig.client(), rig.client(), rig.client()]);
    await rig.until(({ listeners, bytesOut }) => listeners === 3 && bytesOut > 3 * 10_000);
    rig.play(40);
    const last = Buffer.from(numbered(139));
    for (const client of clients) await client.until((received) => received.includes(last));
    const [first] = clients;
    const numbers = numbersIn(first!.received.subarray(first!.received.indexOf('\r\n\r\n') + 4));
    // From somewhere in the last second on every frame, in order.
    expect(numbers[0]).toBeGreaterThanOrEqual(100 - 39 - 10);
    expect(numbers).toEqual(Array.from({ length: 140 - numbers[0]! }, (_, i) => numbers[0]! + i));
    first!.socket.destroy();
    // That it is gone, and has not only said its last word, is known when it is given more.
    const playing = setInterval(() => rig.play(1), 50);
    await rig.until(({ listeners }) => listeners === 2);
    clearInterval(playing);
    expect(rig.left).toEqual([[BEFORE + 1, 'closed by listener']]);
    expect(rig.audience.listenerPeak).toBe(3);
    expect(rig.pool.size).toBe(2);
    expect(rig.log.all('listener-joined').map(({ listener }) => listener).sort()).toEqual([BEFORE + 1, BEFORE + 2, BEFORE + 3]);
    expect(rig.log.all('listener-left')).toMatchObject([{ listener: BEFORE + 1, mount: 'radio', reason: 'closed by listener' }]);
  });

  it('that end take their own listeners only, and are replaced', async () => {
    rig = Rig.started(2);
    const [first, second] = [await rig.client(), await rig.client()];
    await rig.until(({ bytesOut }) => bytesOut > 2 * 10_000);
    const { bytesOut } = rig.audience;
    const pid = rig.log.all('worker-started')[0]!['pid'] as number;
    process.kill(pid, 'SIGKILL');
    await first.closed;
    await rig.until(({ listeners }) => listeners === 1);
    expect(rig.log.all('worker-ended')).toMatchObject([{ worker: 1, pid, how: 'SIGKILL', listeners: 1 }]);
    expect(rig.left).toEqual([[BEFORE + 1, 'worker ended']]);
    // As last reported.
    expect(rig.heardBytes[0]).toBeGreaterThan(10_000);
    expect(rig.heardBytes[0]).toBeLessThanOrEqual(first.received.length);
    expect(rig.audience.bytesOut).toBeGreaterThanOrEqual(bytesOut);
    // The next listener goes to the new one, which knows the burst.
    const third = await rig.client();
    rig.play(40);
    const last = Buffer.from(numbered(139));
    for (const client of [second, third]) await client.until((received) => received.includes(last));
    expect(rig.pool.size).toBe(2);
  });

  it('that no longer answer are ended', async () => {
    rig = Rig.started(1);
    await rig.client();
    const pid = rig.log.all('worker-started')[0]!['pid'] as number;
    process.kill(pid, 'SIGSTOP');
    await rig.log.until('worker-stuck', { pid });
    expect(await rig.log.until('worker-ended', { pid })).toMatchObject({ how: 'SIGKILL', listeners: 1 });
  });

  it('take no more listeners than all of them together may have, and none to a mountpoint that is not there', async () => {
    rig = Rig.started(2, 2);
    await Promise.all([rig.client(), rig.client()]);
    expect((await rig.client()).text).toBe('full');
    expect(rig.log.all('bound-hit')).toMatchObject([{ bound: 'maxListeners', count: 1 }]);
    rig.asked = 'other';
    expect((await rig.client()).text).toBe('no-such-mount');
  });

  it('learn of a mountpoint before anybody joins it, and let its listeners go when it is over', async () => {
    rig = Rig.started(1);
    await rig.client();
    const second = 2 as MountId;
    rig.feed.opened(0 as Micros, second, 'second');
    for (let i = 0; i < 100; i++) rig.feed.frame(0 as Micros, second, numbered(i), FRAME_US);
    rig.asked = 'second';
    const client = await rig.client();
    rig.feed.ended(0 as Micros, second);
    await client.closed;
    expect(numbersIn(client.received.subarray(client.received.indexOf('\r\n\r\n') + 4)).at(-1)).toBe(99);
    await rig.log.until('listener-left', { mount: 'second', reason: 'mount-ended' });
    expect(rig.left).toEqual([[BEFORE + 2, 'mount-ended']]);
    expect(rig.pool.size).toBe(1);
  });
});

describe('a worker', () => {
  it('tells of a listener that was too slow, also when nothing was given out since it was told last', async () => {
    rig = Rig.started(1, 100, 8_388_608);
    const client = await rig.client();
    client.socket.pause();
    // So short frames that they are not ahead of real time.
    const play = (count: number): void => {
      for (let n = 0; n < count; n++) rig.feed.frame(0 as Micros, radio, numbered(n), 1);
    };
    // 8 MB, more than a system takes for it: the rest waits.
    play(19_000);
    let bytesOut = -1;
    // A worker that has other processes beside it may tell nothing new for a while.
    for (let looks = 0; looks < 3 || bytesOut < 30_000; looks++) {
      if (bytesOut !== rig.audience.bytesOut) looks = 0;
      ({ bytesOut } = rig.audience);
      await sleep(400);
    }
    play(15_000);
    await rig.log.until('listener-dropped', { mount: 'radio' });
    await rig.until(({ slowListeners }) => slowListeners === 1);
    expect(rig.audience.bytesOut).toBe(bytesOut);
    expect(rig.left).toEqual([[BEFORE + 1, 'too-slow']]);
  });

  it('outlives a listener whose connection is reset', async () => {
    rig = Rig.started(1);
    const [first, second] = [await rig.client(), await rig.client()];
    await rig.until(({ listeners, bytesOut }) => listeners === 2 && bytesOut > 2 * 10_000);
    first.socket.resetAndDestroy();
    await rig.until(({ listeners }) => listeners < 2);
    rig.play(40);
    const last = Buffer.from(numbered(139));
    await second.until((received) => received.includes(last));
    expect(rig.left).toEqual([[BEFORE + 1, 'closed by listener']]);
    expect(rig.log.all('worker-ended')).toEqual([]);
  });

  it('goes on with a listener that will write no more', async () => {
    rig = Rig.started(1);
    const client = await rig.client();
    client.socket.end();
    await rig.until(({ bytesOut }) => bytesOut > 10_000);
    await sleep(300);
    rig.play(40);
    await client.until((received) => received.includes(Buffer.from(numbered(139))));
    expect(client.received.includes(Buffer.from(numbered(139)))).toBe(true);
    expect(rig.left).toEqual([]);
  });
});
