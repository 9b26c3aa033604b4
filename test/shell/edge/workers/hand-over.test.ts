import net from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { ListenerId, MountId } from '../../../../core/base/machine.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { FeedReader } from '../../../../core/listeners/feed/reader.ts';
import { PoolEstate, type SavedPool } from '../../../../shell/edge/workers/upgrade/pool-estate.ts';
import { PoolInheritance } from '../../../../shell/edge/workers/upgrade/pool-inheritance.ts';
import { formatOf, INTRO, introOf } from '../../../core/listeners/intro-rig.ts';
import { FRAME_BYTES, FRAME_US, makersIn, numbered, numbersIn, range } from '../../../core/support/frames.ts';
import { expectUnbroken, heard } from '../../support/heard.ts';
import { sleep, type RawClient } from '../../support/support.ts';
import { BEFORE, Rig } from './support.ts';

const QUEUE_BYTES = 16_777_216;

/** A pool with its listeners, and another one that is to go on with them: each with worker processes of its own. */
class TwoPools {
  readonly old: Rig;
  readonly fresh: Rig;
  readonly estate: PoolEstate;
  readonly inheritance: PoolInheritance;
  readonly told: (readonly ['written' | 'closed', ListenerId])[] = [];
  readonly #adopted = new Set<ListenerId>();

  constructor(workers = 2) {
    this.old = Rig.started(workers, 100, QUEUE_BYTES);
    this.fresh = new Rig(workers, 100, QUEUE_BYTES);
    this.estate = new PoolEstate(this.old.pool);
    this.inheritance = new PoolInheritance(this.fresh.pool);
  }

  /** While all goes on. */
  async ahead(): Promise<void> {
    await this.inheritance.start();
    await this.estate.gather();
    this.adopt();
  }

  async save(): Promise<SavedPool> {
    this.estate.freeze();
    await this.estate.gather();
    this.adopt();
    return JSON.parse(JSON.stringify(this.estate.save())) as SavedPool;
  }

  async restore(saved: SavedPool): Promise<void> {
    const reader = new FeedReader(this.fresh.feed);
    for (const bytes of this.old.feed.start().history) reader.push(0 as Micros, bytes);
    this.fresh.continueFrom(this.old.frames);
    this.inheritance.restore(saved);
    await this.inheritance.restored();
  }

  /** The new workers serve. */
  go(): Promise<void> {
    this.inheritance.resume();
    return this.estate.letGo({ written: (listener) => this.told.push(['written', listener]), closed: (listener) => this.told.push(['closed', listener]) }, 60_000);
  }

  async stop(): Promise<void> {
    await Promise.all([this.old.stop(), this.fresh.stop()]);
  }

  /** Passes on those that have come since the last time. */
  adopt(): void {
    for (const { listener, handle, place } of this.estate.lent) {
      if (this.#adopted.has(listener)) continue;
      this.#adopted.add(listener);
      this.inheritance.adopt(place, listener, handle);
    }
  }
}

/** Of the whole frames that have come. */
function makersOf(received: Buffer): readonly number[] {
  const audio = received.subarray(received.indexOf('\r\n\r\n') + 4);
  return makersIn(audio.subarray(0, audio.length - (audio.length % FRAME_BYTES)));
}

let pools: TwoPools;
afterEach(() => pools.stop());

/** Until each has got the newest frame. */
async function hear(rig: Rig, clients: readonly RawClient[]): Promise<void> {
  const last = Buffer.from(numbered(rig.frames - 1));
  for (const client of clients) await client.until((received) => received.includes(last));
}

/** What there is to go on with once the system takes no more for this listener. */
async function savedWith(slow: ListenerId): Promise<SavedPool> {
  for (;;) {
    const saved = await pools.save();
    if (saved.workers.some((place) => place?.saved.listeners.some(([, listener, , unwrittenBytes]) => listener === slow && unwrittenBytes > 0))) return saved;
    pools.estate.goOn();
    await sleep(200);
    await pools.estate.gather();
    pools.adopt();
  }
}

describe('workers of another process', () => {
  it('go on with all listeners, who hear every frame once, and count on', async () => {
    pools = new TwoPools();
    const { old, fresh } = pools;
    const clients = [await old.client(), await old.client(), await old.client()];
    await pools.ahead();
    // Between the connections and the standstill all goes on, and somebody comes.
    clients.push(await old.client());
    old.play(30);
    await hear(old, clients);
    await old.until(({ bytesOut }) => bytesOut >= clients.reduce((sum, { received }) => sum + received.length - 8, 0));
    old.play(30);
    const { bytesOut } = old.audience;
    const saved = await pools.save();
    await pools.restore(saved);
    const workers = [...old.pool.workers];
    await pools.go();
    // They have nothing to do any more.
    expect(workers.map((worker) => worker?.hasEnded)).toEqual([true, true]);
    expect(fresh.audience).toMatchObject({ listeners: 4, listenerPeak: 4 });
    expect(fresh.audience.bytesOut).toBeGreaterThanOrEqual(bytesOut);
    expect([old.pool.size, old.audience.listeners, fresh.pool.size]).toEqual([0, 0, 4]);
    fresh.play(30);
    await hear(fresh, clients);
    for (const client of clients) expectUnbroken(heard(client));
    expect(old.left).toEqual([]);
    expect(pools.told).toEqual([]);
    // Listeners are numbered on, and known by their numbers.
    clients.push(await fresh.client());
    fresh.pool.disconnect((BEFORE + 2) as ListenerId, 'killed');
    await clients[1]!.closed;
    await fresh.until(({ listeners }) => listeners === 4);
    expect(fresh.left).toEqual([[BEFORE + 2, 'killed']]);
    await fresh.log.until('listener-joined', { listener: BEFORE + 5 });
  }, 60_000);

  it('go on with an intro where the old one was, for whoever hears it, and have it for those who come', async () => {
    pools = new TwoPools(1);
    const { old, fresh } = pools;
    // Longer than the burst: the rest is given as it plays.
    for (const { feed } of [old, fresh]) feed.intro(0 as Micros, 'second', introOf(60));
    // Behind that, so that whoever can join is given it.
    const second = 2 as MountId;
    old.feed.opened(0 as Micros, second, 'second');
    old.feed.format(0 as Micros, second, formatOf(numbered(0)));
    for (let number = 0; number < 100; number++) old.feed.frame(0 as Micros, second, numbered(number), FRAME_US);
    for (const rig of [old, fresh]) rig.asked = 'second';
    await pools.ahead();
    const client = await old.client();
    const saved = await pools.save();
    await pools.restore(saved);
    await pools.go();
    const late = await fresh.client();
    for (const one of [client, late]) {
      const begun = one.received.length;
      await one.until((received) => received.length >= begun && makersOf(received).includes(0));
      const [makers, numbers] = [makersOf(one.received), heard(one)];
      const introFrames = makers.lastIndexOf(INTRO) + 1;
      expect(numbers.slice(0, introFrames)).toEqual(range(0, 59));
      expectUnbroken(numbers.slice(introFrames));
    }
  }, 60_000);

  it('give one who is slow nothing before the old worker has written what is its', async () => {
    pools = new TwoPools(1);
    const { old, fresh } = pools;
    const listener = (BEFORE + 1) as ListenerId;
    const slow = net.connect(await old.port(), '127.0.0.1');
    const pieces: Buffer[] = [];
    await old.log.until('listener-joined');
    // 8 MB, more than a system takes for it.
    old.play(19_000);
    await pools.ahead();
    const saved = await savedWith(listener);
    await pools.restore(saved);
    const over = pools.go();
    fresh.pool.awaitWritten(listener, () => undefined);
    expect(fresh.pool.isAwaitingAny).toBe(true);
    fresh.play(100);
    slow.on('data', (bytes) => pieces.push(bytes));
    await over;
    expect(pools.told).toEqual([['written', listener]]);
    fresh.pool.written(listener, true);
    expect(fresh.pool.isAwaitingAny).toBe(false);
    const last = Buffer.from(numbered(fresh.frames - 1));
    await expect.poll(() => Buffer.concat(pieces.slice(-3)).includes(last), { timeout: 60_000 }).toBe(true);
    const all = Buffer.concat(pieces);
    const numbers = numbersIn(all.subarray(all.indexOf('\r\n\r\n') + 4));
    expect(numbers.length).toBeGreaterThan(19_000);
    expectUnbroken(numbers);
    slow.destroy();
  }, 120_000);

  it('go on without the listeners of a worker that has ended before it has said what it has, and with those of one that ends later', async () => {
    pools = new TwoPools();
    const { old, fresh } = pools;
    const [first, second] = [await old.client(), await old.client()];
    await hear(old, [second]);
    await pools.ahead();
    const [one, other] = old.pool.workers.map((worker) => worker!.pid!);
    // It stands still, and cannot say anything, when it is asked.
    process.kill(one!, 'SIGSTOP');
    const saving = pools.save();
    process.kill(one!, 'SIGKILL');
    const saved = await saving;
    process.kill(other!, 'SIGKILL');
    expect(saved.workers.map((place) => place?.listeners.map(([listener]) => listener))).toEqual([undefined, [BEFORE + 2]]);
    expect(old.left).toEqual([[BEFORE + 1, 'worker ended']]);
    await pools.restore(saved);
    await pools.go();
    await first.closed;
    // The worker at its place has begun as any other, with the burst.
    const third = await fresh.client();
    fresh.play(30);
    await hear(fresh, [second, third]);
    for (const client of [second, third]) expectUnbroken(heard(client));
    expect(old.left).toHaveLength(1);
    expect(fresh.left).toEqual([]);
    expect(fresh.log.all('worker-ended')).toEqual([]);
  }, 60_000);

  it('fail the hand-over when one of them ends: the old ones go on, without the listeners of one that has ended meanwhile, and can be asked again', async () => {
    pools = new TwoPools();
    const { old, fresh } = pools;
    const [first, second] = [await old.client(), await old.client()];
    await pools.ahead();
    const saved = await pools.save();
    process.kill(fresh.pool.workers[0]!.pid!, 'SIGKILL');
    await expect(pools.restore(saved)).rejects.toThrow('a worker has ended: SIGKILL');
    const worker = old.pool.workers[0]!;
    process.kill(worker.pid!, 'SIGKILL');
    await expect.poll(() => worker.hasEnded).toBe(true);
    // Nobody is told before it is known who goes on.
    expect(old.left).toEqual([]);
    pools.estate.goOn();
    expect(old.left).toEqual([[BEFORE + 1, 'worker ended']]);
    await fresh.stop();
    await first.closed;
    const third = await old.client();
    await pools.estate.gather();
    expect(pools.estate.lent.map(({ listener }) => listener).toSorted()).toEqual([BEFORE + 2, BEFORE + 3]);
    pools.estate.goOn();
    old.play(30);
    await hear(old, [second, third]);
    for (const client of [second, third]) expectUnbroken(heard(client));
  }, 60_000);

  it('outlive listeners who leave while their connections are on their way', async () => {
    pools = new TwoPools(1);
    const { old } = pools;
    const stays = await old.client();
    const clients = await Promise.all(Array.from({ length: 90 }, () => old.client()));
    const gathered = pools.estate.gather();
    for (const { socket } of clients) socket.resetAndDestroy();
    await gathered;
    await old.until(({ listeners }) => listeners === 1);
    pools.estate.goOn();
    old.play(30);
    await hear(old, [stays]);
    expectUnbroken(heard(stays));
    expect(old.log.all('worker-ended')).toEqual([]);
  }, 60_000);

  it('do what they are asked while they stand still once it is known that they go on', async () => {
    pools = new TwoPools(1);
    const { old } = pools;
    const client = await old.client();
    await pools.save();
    old.pool.disconnect((BEFORE + 1) as ListenerId, 'killed');
    expect(pools.estate.save().workers[0]!.listeners).toEqual([[BEFORE + 1, 1, expect.any(Number)]]);
    pools.estate.goOn();
    await client.closed;
    await old.until(({ listeners }) => listeners === 0);
    expect(old.left).toEqual([[BEFORE + 1, 'killed']]);
  }, 60_000);

  it('fail the hand-over when something comes on air while they stand still, and give it out', async () => {
    pools = new TwoPools(1);
    const { old } = pools;
    const client = await old.client();
    await pools.save();
    old.play(30);
    expect(() => pools.estate.save()).toThrow('something has come on air while workers stood still');
    // Also when it is on its way to them.
    old.pool.workers[0]!.pump();
    expect(() => pools.estate.save()).toThrow('something has come on air while workers stood still');
    pools.estate.goOn();
    await hear(old, [client]);
    expectUnbroken(heard(client));
    expect(await pools.save()).toMatchObject({ workers: [{ listeners: [[BEFORE + 1, 1, expect.any(Number)]] }] });
  }, 60_000);

  it('do nothing more when others go on, whatever they were asked meanwhile', async () => {
    pools = new TwoPools(1);
    const { old, fresh } = pools;
    const client = await old.client();
    await hear(old, [client]);
    await pools.ahead();
    const saved = await pools.save();
    old.pool.disconnect((BEFORE + 1) as ListenerId, 'killed');
    await pools.restore(saved);
    await pools.go();
    expect(old.left).toEqual([]);
    fresh.play(30);
    await hear(fresh, [client]);
    expectUnbroken(heard(client));
  }, 60_000);

  it('end all when others go on, also one that has only begun', async () => {
    pools = new TwoPools();
    const { old, fresh } = pools;
    const client = await old.client();
    await hear(old, [client]);
    process.kill(old.pool.workers[1]!.pid!, 'SIGKILL');
    await expect.poll(() => old.log.all('worker-started').length).toBe(3);
    const young = old.pool.workers[1]!;
    process.kill(young.pid!, 'SIGSTOP');
    await pools.ahead();
    const saved = await pools.save();
    expect(saved.workers.map((place) => place?.listeners.length)).toEqual([1, undefined]);
    await pools.restore(saved);
    const over = pools.go();
    process.kill(young.pid!, 'SIGCONT');
    await over;
    expect(young.hasEnded).toBe(true);
    fresh.play(30);
    await hear(fresh, [client]);
    expectUnbroken(heard(client));
  }, 60_000);
});
