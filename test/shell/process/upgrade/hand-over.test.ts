import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Handle } from '../../../../shell/process/upgrade/handle.ts';
import { HandOver, type Estate, type NewProcess, type NewProcessUser, type Offered, type Outcome, type Rest } from '../../../../shell/process/upgrade/hand-over.ts';
import type { ToNew } from '../../../../shell/process/upgrade/messages.ts';
import { TakeOver } from '../../../../shell/process/upgrade/take-over.ts';

const settings = { upgradeStartMs: 1_000, upgradeTakeMs: 200 };

function handle(): Handle {
  return { readStart: () => 0, readStop: () => 0, recvStart: () => 0, recvStop: () => 0, close: () => undefined };
}

/** An estate that tells what is asked of it. */
class FakeEstate implements Omit<Estate, 'gather'> {
  readonly calls: string[] = [];
  readonly hindrance = undefined;
  readonly ahead: readonly Handle[] = [handle(), handle()];
  /** One that comes while the others are on their way. */
  readonly newcomer = handle();
  rest: Rest | undefined;
  numbers: readonly number[] = [];
  fails: Error | undefined;

  terms(): unknown {
    return { of: 'the old one' };
  }

  /** What other processes of the old one have is there when one of these is called; undefined: there are none. */
  gathers: (() => void)[] | undefined;

  gather(): Promise<void> | undefined {
    if (this.gathers === undefined) return undefined;
    this.calls.push('gather');
    return new Promise((gathered) => this.gathers!.push(gathered));
  }

  giveUp(): void {
    if (this.gathers !== undefined) this.calls.push('give up');
  }

  handles(): readonly Offered[] {
    return this.ahead.map((one) => ({ handle: one, about: 'a listener' }));
  }

  freeze(): void {
    this.calls.push('freeze');
  }

  save(_takes: unknown, numberOf: (offered: Offered) => number): Uint8Array {
    this.calls.push('save');
    if (this.fails !== undefined) throw this.fails;
    this.numbers = [...this.ahead, this.newcomer].map((one) => numberOf({ handle: one }));
    return Uint8Array.of(7, 8, 9);
  }

  goOn(): void {
    this.calls.push('go on');
  }

  handedOver(_takes: unknown, rest: Rest): Promise<void> {
    this.calls.push('handed over');
    this.rest = rest;
    return Promise.resolve();
  }
}

/** A new process that takes each handle when it is told to. */
class FakeProcess implements NewProcess {
  readonly pid = 42;
  readonly said: { readonly message: ToNew; readonly handle: Handle | undefined }[] = [];
  saved: Uint8Array | undefined;
  isKilled = false;
  takesHandles = true;

  say(message: ToNew, given?: Handle, sent: () => void = () => undefined): void {
    this.said.push({ message, handle: given });
    if (this.takesHandles) sent();
  }

  save(bytes: Uint8Array): void {
    this.saved = bytes;
  }

  hangUp(): void {}

  kill(): void {
    this.isKilled = true;
  }

  get kinds(): readonly string[] {
    return this.said.map(({ message }) => message.kind);
  }
}

let estate: FakeEstate;
let fresh: FakeProcess;
let user: NewProcessUser;
let outcome: Outcome | undefined;

function begin(): void {
  const handOver = new HandOver(estate as Estate, settings, (it) => {
    user = it;
    return fresh;
  });
  void handOver.run('1.0').then((it) => (outcome = it));
}

/** All that follows at once. */
async function settle(afterMs = 0): Promise<void> {
  await vi.advanceTimersByTimeAsync(afterMs);
}

beforeEach(() => {
  vi.useFakeTimers();
  [estate, fresh, outcome] = [new FakeEstate(), new FakeProcess(), undefined];
  begin();
});
afterEach(() => vi.useRealTimers());

describe('a hand-over', () => {
  it('gives connections ahead, stops, saves, and is over when the new process serves', async () => {
    expect(fresh.said[0]!.message).toEqual({ kind: 'offer', protocol: 1, version: '1.0', terms: { of: 'the old one' } });
    user.heard({ kind: 'ready', takes: 'all' });
    await settle();
    expect(fresh.kinds).toEqual(['offer', 'handle', 'handle', 'handle', 'take']);
    expect(fresh.said[1]!.message).toEqual({ kind: 'handle', number: 1, about: 'a listener' });
    expect(fresh.said.slice(1, 4).map(({ handle: given }) => given)).toEqual([...estate.ahead, estate.newcomer]);
    expect(estate.numbers).toEqual([1, 2, 3]);
    expect(fresh.saved).toEqual(Uint8Array.of(7, 8, 9));
    expect(fresh.said.at(-1)!.message).toEqual({ kind: 'take', bytes: 3 });
    user.heard({ kind: 'taken' });
    await settle();
    expect(fresh.kinds.at(-1)).toBe('go');
    expect(estate.calls).toEqual(['freeze', 'save']);
    user.heard({ kind: 'serves' });
    await settle();
    expect(outcome).toMatchObject({ isOver: true, takes: 'all' });
    expect(estate.calls).toEqual(['freeze', 'save', 'handed over']);
    expect(fresh.isKilled).toBe(false);
    // What is left to say of connections.
    const closed = vi.fn();
    estate.rest!.onClosed(closed);
    estate.rest!.written(estate.ahead[1]!);
    user.heard({ kind: 'closed', number: 1 });
    expect(fresh.said.at(-1)!.message).toEqual({ kind: 'written', number: 2 });
    expect(closed).toHaveBeenCalledExactlyOnceWith(estate.ahead[0]);
    await estate.rest!.connection('0', handle(), Buffer.from('GET'), undefined);
    expect(fresh.said.at(-1)!.message).toEqual({ kind: 'connection', port: '0', number: 4, bytes: 'R0VU', about: undefined });
  });

  it('does not wait for a new process that has ended right after it began to serve, and says how', async () => {
    for (const message of [{ kind: 'ready', takes: 'all' }, { kind: 'taken' }, { kind: 'serves' }] as const) {
      user.heard(message);
      await settle();
    }
    fresh.takesHandles = false;
    const given = vi.fn();
    void estate.rest!.connection('0', handle(), Buffer.from('GET'), undefined).then(given);
    const ended = vi.fn();
    void (outcome as Extract<Outcome, { isOver: true }>).ended.then(ended);
    await settle();
    expect([given, ended].map((one) => one.mock.calls.length)).toEqual([0, 0]);
    user.ended('SIGSEGV');
    await settle();
    expect(given).toHaveBeenCalledOnce();
    expect(ended).toHaveBeenCalledExactlyOnceWith('SIGSEGV');
    expect(estate.calls).toEqual(['freeze', 'save', 'handed over']);
  });

  it.each([
    ['is never ready', [], 'it was not ready in time (upgradeStartMs)', settings.upgradeStartMs],
    ['does not restore the state in time', [{ kind: 'ready', takes: 'all' }], 'it has not restored the state in time (upgradeTakeMs)', settings.upgradeTakeMs],
    ['does not begin to serve in time', [{ kind: 'ready', takes: 'all' }, { kind: 'taken' }], 'it did not begin to serve in time (upgradeTakeMs)', settings.upgradeTakeMs],
  ] as const)('fails when the new process %s', async (_what, messages, reason, afterMs) => {
    for (const message of messages) {
      user.heard(message);
      await settle();
    }
    await settle(afterMs - 1);
    expect(outcome).toBeUndefined();
    expect(fresh.isKilled).toBe(false);
    await settle(1);
    expect(outcome).toEqual({ isOver: false, reason });
    expect(fresh.isKilled).toBe(true);
    expect(estate.calls).toEqual(messages.length === 0 ? [] : ['freeze', 'save', 'go on']);
  });

  it('fails when connections are not taken in time, and nothing has stopped', async () => {
    fresh.takesHandles = false;
    user.heard({ kind: 'ready', takes: 'all' });
    await settle(settings.upgradeStartMs);
    expect(outcome).toEqual({ isOver: false, reason: 'it has not taken the connections in time (upgradeStartMs)' });
    expect(fresh.isKilled).toBe(true);
    expect(estate.calls).toEqual([]);
  });

  it('waits for what other processes of the old one have: their connections while all goes on, and what is saved', async () => {
    estate.gathers = [];
    user.heard({ kind: 'ready', takes: 'all' });
    for (let round = 1; round <= 3; round++) {
      await settle();
      expect(estate.calls).toEqual(Array.from({ length: round }, () => 'gather'));
      estate.gathers.at(-1)!();
    }
    await settle();
    expect(estate.calls.slice(3)).toEqual(['freeze', 'gather']);
    estate.gathers.at(-1)!();
    await settle();
    expect(estate.calls.slice(5)).toEqual(['save']);
  });

  it.each([
    ['give their connections', 0, settings.upgradeStartMs, 'workers have not given their connections in time (upgradeStartMs)', ['gather', 'give up']],
    ['stand still', 3, settings.upgradeTakeMs, 'workers have not stopped in time (upgradeTakeMs)', ['gather', 'gather', 'gather', 'freeze', 'gather', 'go on']],
  ] as const)('fails when they do not %s in time', async (_what, rounds, afterMs, reason, calls) => {
    estate.gathers = [];
    user.heard({ kind: 'ready', takes: 'all' });
    for (let round = 0; round < rounds; round++) {
      await settle();
      estate.gathers.at(-1)!();
    }
    await settle();
    await settle(afterMs - 1);
    expect(outcome).toBeUndefined();
    await settle(1);
    expect(outcome).toEqual({ isOver: false, reason });
    expect(estate.calls).toEqual(calls);
  });

  it('fails when what there is cannot be saved, and all goes on', async () => {
    estate.fails = new Error('a fault of ours');
    user.heard({ kind: 'ready', takes: 'all' });
    await settle();
    expect(outcome).toEqual({ isOver: false, reason: 'a fault of ours' });
    expect(fresh.isKilled).toBe(true);
    expect(estate.calls).toEqual(['freeze', 'save', 'go on']);
  });

  it('fails when the new process ends between two messages', async () => {
    fresh.takesHandles = false;
    user.heard({ kind: 'ready', takes: 'all' });
    await settle();
    user.ended('SIGKILL');
    await settle();
    expect(outcome).toEqual({ isOver: false, reason: 'it has ended: SIGKILL' });
    expect(estate.calls).toEqual([]);
  });
});

describe('taking over', () => {
  it('rejects what an old process of another protocol offers', async () => {
    const takeOver = new TakeOver({ say: () => undefined });
    takeOver.heard({ kind: 'offer', protocol: 2, version: '9.0', terms: {} });
    await expect(takeOver.offer()).rejects.toThrow('the process that is to be upgraded (version 9.0) hands over by protocol 2, and this program knows 1');
  });

  it('waits until all that was saved has come, by the pipe and before or after it is told how much', async () => {
    const takeOver = new TakeOver({ say: () => undefined });
    const taken = vi.fn();
    const given = handle();
    const prepare = vi.fn();
    void takeOver.ready('all', undefined, prepare).then(taken);
    takeOver.heard({ kind: 'handle', number: 1, about: 'a listener' }, given);
    expect(prepare).toHaveBeenCalledExactlyOnceWith(1, given, 'a listener');
    takeOver.saved(Uint8Array.of(1, 2));
    takeOver.heard({ kind: 'take', bytes: 3 });
    await settle();
    expect(taken).not.toHaveBeenCalled();
    takeOver.saved(Uint8Array.of(3));
    await settle();
    expect(taken).toHaveBeenCalledExactlyOnceWith({ saved: Buffer.of(1, 2, 3), handles: new Map([[1, given]]) });
  });

  it('ends when the old process is there no more before this one serves', async () => {
    const takeOver = new TakeOver({ say: () => undefined });
    const failed = vi.fn();
    takeOver.taken().catch(failed);
    takeOver.ended();
    await settle();
    expect(failed).toHaveBeenCalledOnce();
  });
});
