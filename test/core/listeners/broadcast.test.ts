import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../core/base/memory/budget.ts';
import type { ListenersEvent } from '../../../core/listeners/events.ts';
import type { JoinOptions } from '../../../core/listeners/listener.ts';
import { Listeners } from '../../../core/listeners/listeners.ts';
import type { EndReason } from '../../../core/listeners/sink.ts';
import type { ListenerId, MountId } from '../../../core/base/machine.ts';
import { defaultSettings, type Settings } from '../../../core/config/settings.ts';
import { NEVER, type Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';
import { breaks, FRAME_BYTES, FRAME_US, numbered, numberOf, numbersIn, range } from '../support/frames.ts';

const FRAME_MS = FRAME_US / 1000;

const mount = 1 as MountId;

class Rig {
  nowMs = 0;
  number = 0;
  text = '';
  readonly events: ListenersEvent[] = [];
  readonly sent: Map<ListenerId, { atMs: number; bytes: Uint8Array }[]> = new Map();
  readonly backlog: Map<ListenerId, number> = new Map();
  readonly stuck: Set<ListenerId> = new Set();
  readonly ended: Map<ListenerId, EndReason> = new Map();
  readonly listeners: Listeners;

  constructor(settings: Partial<Settings> = {}) {
    this.listeners = new Listeners({ settings: { ...defaultSettings, listenerFlushMs: 50, ...settings }, budget: new MemoryBudget(1e9) }, {
      send: (listener, bytes) => {
        this.sent.get(listener)!.push({ atMs: this.nowMs, bytes });
        if (this.stuck.has(listener)) this.backlog.set(listener, (this.backlog.get(listener) ?? 0) + bytes.length);
      },
      backlogBytes: (listener) => this.backlog.get(listener) ?? 0,
      end: (listener, reason) => this.ended.set(listener, reason),
      event: (event) => this.events.push(event),
    });
    this.listeners.opened(this.now, mount, 'test');
  }

  get now(): Micros {
    return Math.round(this.nowMs * 1000) as Micros;
  }

  get deadline(): Micros {
    return this.listeners.deadline;
  }

  until(atMs: number): void {
    while (this.deadline <= Math.round(atMs * 1000)) {
      this.nowMs = Math.max(this.nowMs, this.deadline / 1000);
      this.listeners.advance(this.now);
    }
    this.nowMs = Math.max(this.nowMs, atMs);
  }

  /** The next `count` frames, each at its time. */
  play(count: number, text?: string): void {
    for (let i = 0; i < count; i++) {
      this.until(this.number * FRAME_MS);
      if (text !== this.text && text !== undefined) this.listeners.title(this.now, mount, (this.text = text));
      this.listeners.frame(this.now, mount, numbered(this.number++), FRAME_US);
    }
  }

  join(options: Partial<JoinOptions> = {}): ListenerId {
    const id = this.listeners.join(this.now, 'test', { icy: false, label: `listener ${this.sent.size + 1}`, ...options });
    if (typeof id === 'string') throw new Error(id);
    this.sent.set(id, []);
    return id;
  }

  audio(listener: ListenerId): Uint8Array {
    return join(...this.sent.get(listener)!.map(({ bytes }) => bytes));
  }
}

describe('a burst', () => {
  it.each([0, 1_000, 2_500, 4_000])('of %i ms begins on a frame boundary, and is as long as asked for', (burstMs) => {
    const rig = new Rig();
    rig.play(400);
    const listener = rig.join({ burstMs });
    expect(rig.audio(listener)).toHaveLength(0);
    rig.until(rig.nowMs);
    const numbers = numbersIn(rig.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    if (burstMs > 0) expect(numbers.at(-1)).toBe(399);
    expect(numbers.length * FRAME_MS).toBeGreaterThanOrEqual(burstMs);
    expect(numbers.length * FRAME_MS).toBeLessThan(burstMs + 100 + 2 * FRAME_MS + (burstMs === 0 ? -100 : 0));
    rig.play(100);
    rig.until(rig.nowMs + 50);
    expect(breaks(numbersIn(rig.audio(listener)))).toEqual([]);
    expect(numbersIn(rig.audio(listener)).at(-1)).toBe(499);
  });

  it('is four seconds by default, and no more than there is', () => {
    const rig = new Rig();
    rig.play(20);
    const early = rig.join();
    rig.play(500);
    const late = rig.join();
    rig.until(rig.nowMs);
    expect(numbersIn(rig.audio(early))[0]).toBe(0);
    const numbers = numbersIn(rig.audio(late));
    expect((numbers.length * FRAME_MS) / 1000).toBeCloseTo(4, 0);
    const greedy = rig.join({ burstMs: 60_000 });
    rig.until(rig.nowMs);
    expect(numbersIn(rig.audio(greedy)).length).toBeGreaterThanOrEqual(numbers.length);
  });

  it('is measured in programme, not in when it came', () => {
    const rig = new Rig();
    rig.play(10);
    for (let i = 0; i < 400; i++) rig.listeners.frame(rig.now, mount, numbered(rig.number++), FRAME_US);
    const listener = rig.join({ burstMs: 2_000 });
    rig.until(rig.nowMs);
    expect((numbersIn(rig.audio(listener)).length * FRAME_MS) / 2_000).toBeCloseTo(1, 1);
  });

  it('is held for those who come, and nothing more', () => {
    const rig = new Rig();
    rig.play(2_000);
    expect(rig.listeners.heldBytes).toBeLessThan((4_100 / FRAME_MS) * FRAME_BYTES + 3 * 16_384);
    const listener = rig.join();
    rig.play(2_000);
    rig.until(rig.nowMs + 100);
    expect(rig.listeners.heldBytes).toBeLessThan((4_200 / FRAME_MS) * FRAME_BYTES + 3 * 16_384);
    expect(numbersIn(rig.audio(listener)).at(-1)).toBe(3_999);
  });

  it('larger than a connection takes at once is sent as it takes it', () => {
    const rig = new Rig({ burstMs: 20_000 });
    rig.play(800);
    const listener = rig.join();
    rig.stuck.add(listener);
    rig.until(rig.nowMs);
    expect(rig.audio(listener).length).toBeLessThan(2 * 65_536);
    for (let i = 0; i < 200; i++) {
      rig.play(1);
      rig.backlog.set(listener, 0);
    }
    rig.until(rig.nowMs + 100);
    const numbers = numbersIn(rig.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.at(-1)).toBe(999);
    expect(rig.ended.size).toBe(0);
  });
});

describe('frames', () => {
  it('are gathered for 50 ms and written at once', () => {
    const rig = new Rig();
    rig.play(10);
    const listeners = [rig.join({ burstMs: 0 }), rig.join({ burstMs: 0 })];
    rig.play(400);
    rig.until(rig.nowMs + 50);
    for (const listener of listeners) {
      const writes = rig.sent.get(listener)!;
      expect(numbersIn(rig.audio(listener))).toEqual(range(10, 409));
      expect(writes.length).toBeLessThan(230);
      for (let i = 1; i < writes.length; i++) expect(writes[i]!.atMs - writes[i - 1]!.atMs).toBeLessThan(50 + 2 * FRAME_MS);
    }
  });

  it('are written at once when they are not to be gathered', () => {
    const rig = new Rig({ listenerFlushMs: 0 });
    rig.play(10);
    const listener = rig.join({ burstMs: 0 });
    for (let i = 0; i < 20; i++) {
      rig.play(1);
      rig.until(rig.nowMs);
      expect(numbersIn(rig.audio(listener)).at(-1)).toBe(rig.number - 1);
    }
  });

  it('make no work when nobody listens', () => {
    const rig = new Rig();
    rig.play(100);
    expect(rig.deadline).toBe(NEVER);
    const listener = rig.join();
    rig.listeners.leave(rig.now, listener, 'closed');
    rig.play(100);
    rig.until(rig.nowMs + 100);
    expect(rig.deadline).toBe(NEVER);
    expect(rig.audio(listener)).toHaveLength(0);
  });
});

describe('a slow listener', () => {
  it('is dropped at its bound, and delays nobody', () => {
    const rig = new Rig({ listenerQueueBytes: 100_000 });
    rig.play(300);
    const [slow, good] = [rig.join({ burstMs: 0 }), rig.join({ burstMs: 0 })];
    rig.stuck.add(slow);
    rig.play(200);
    expect(rig.ended.size).toBe(0);
    rig.play(400);
    rig.until(rig.nowMs + 50);
    expect([...rig.ended]).toEqual([[slow, 'too-slow']]);
    const dropped = rig.events.find((event) => event.kind === 'listener-dropped')!;
    expect(dropped).toMatchObject({ listener: slow, mount: 'test', label: 'listener 1', bytes: rig.audio(slow).length });
    expect(dropped.lagBytes).toBeGreaterThan(100_000);
    expect(dropped.lagBytes).toBeLessThan(100_000 + 5 * FRAME_BYTES);
    expect(rig.audio(slow).length).toBeLessThan(2 * 65_536);
    expect(numbersIn(rig.audio(good))).toEqual(range(300, 899));
    expect(rig.listeners.audience(mount)).toMatchObject({ listeners: 1, slowListeners: 1, listenerPeak: 2 });
    expect(rig.listeners.heldBytes).toBeLessThan(200_000);
  });

  it('may be behind by its burst, and catches up without loss', () => {
    const rig = new Rig();
    rig.play(300);
    const listener = rig.join();
    rig.stuck.add(listener);
    rig.play(1_000);
    expect(rig.ended.size).toBe(0);
    expect(rig.listeners.heldBytes).toBeGreaterThan(300_000);
    rig.stuck.delete(listener);
    rig.backlog.set(listener, 0);
    rig.play(10);
    rig.until(rig.nowMs + 100);
    const numbers = numbersIn(rig.audio(listener));
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.at(-1)).toBe(1_309);
    expect(rig.listeners.heldBytes).toBeLessThan(150_000);
  });

  it('is dropped when it is behind by its burst and its bound', () => {
    const rig = new Rig({ listenerQueueBytes: 100_000 });
    rig.play(300);
    const listener = rig.join({ burstMs: 4_000 });
    rig.stuck.add(listener);
    rig.play(200);
    expect(rig.ended.size).toBe(0);
    rig.play(100);
    expect(rig.ended.get(listener)).toBe('too-slow');
  });

  it('gets the rest when the programme pauses', () => {
    const rig = new Rig();
    rig.play(300);
    const listener = rig.join();
    rig.stuck.add(listener);
    rig.play(300);
    rig.until(rig.nowMs + 100);
    expect(numbersIn(rig.audio(listener)).at(-1)!).toBeLessThan(599);
    rig.stuck.delete(listener);
    rig.backlog.set(listener, 0);
    rig.until(rig.nowMs + 100);
    expect(numbersIn(rig.audio(listener)).at(-1)).toBe(599);
  });
});

describe('a listener', () => {
  it('with ICY gets the audio, the title at the first block, and news when there are some', () => {
    const rig = new Rig({ icyIntervalBytes: 1_000 });
    rig.play(100, "StreamTitle='one';");
    const listener = rig.join({ icy: true, burstMs: 1_000 });
    rig.play(50, "StreamTitle='one';");
    rig.play(50, "StreamTitle='two';");
    rig.until(rig.nowMs + 50);
    const bytes = rig.audio(listener);
    const audio: Uint8Array[] = [];
    const titles: string[] = [];
    let blocks = 0;
    for (let at = 0; at < bytes.length; ) {
      audio.push(bytes.subarray(at, at + 1_000));
      at += 1_000;
      if (at >= bytes.length) break;
      const units = bytes[at]!;
      blocks++;
      if (units > 0) titles.push(Buffer.from(bytes.subarray(at + 1, at + 1 + 16 * units)).toString().replace(/\0+$/, ''));
      else expect(blocks).toBeGreaterThan(1);
      at += 1 + 16 * units;
    }
    expect(titles).toEqual(["StreamTitle='one';", "StreamTitle='two';"]);
    const numbers = numbersIn(join(...audio));
    expect(breaks(numbers)).toEqual([]);
    expect(numbers.at(-1)).toBe(199);
  });

  it('without ICY gets audio and nothing else', () => {
    const rig = new Rig({ icyIntervalBytes: 1_000 });
    rig.play(100, "StreamTitle='one';");
    const listener = rig.join({ icy: false });
    rig.play(100, "StreamTitle='two';");
    rig.until(rig.nowMs + 50);
    expect(numbersIn(rig.audio(listener))).toEqual(range(0, 199));
  });

  it('with ICY hears of many titles each in its place; of very many the oldest give way', () => {
    const rig = new Rig({ icyIntervalBytes: FRAME_BYTES });
    for (let n = 0; n < 150; n++) rig.play(1, `StreamTitle='${n}';`);
    const listener = rig.join({ icy: true, burstMs: 4_000 });
    rig.until(rig.nowMs);
    const bytes = rig.audio(listener);
    const heard: (readonly [frame: number, title: string])[] = [];
    let title = 'none';
    for (let at = 0; at + FRAME_BYTES < bytes.length; ) {
      const frame = numberOf(bytes.subarray(at));
      at += FRAME_BYTES;
      const units = bytes[at]!;
      if (units > 0) title = Buffer.from(bytes.subarray(at + 1, at + 1 + 16 * units)).toString().replace(/\0+$/, '');
      else if (heard.length === 0) title = '';
      heard.push([frame, title]);
      at += 1 + 16 * units;
    }
    for (const [frame, shown] of heard) {
      expect(shown).toMatch(/^StreamTitle='\d+';$/);
      if (frame >= 90 && frame < 149) expect(Math.abs(Number(/\d+/.exec(shown)![0]) - frame)).toBeLessThanOrEqual(1);
    }
  });

  it('is counted, and reported when it comes and goes', () => {
    const rig = new Rig();
    rig.play(100);
    const listener = rig.join({ burstMs: 1_000 });
    rig.play(100);
    rig.listeners.leave(rig.now, listener, 'closed');
    rig.listeners.leave(rig.now, listener, 'closed');
    expect(rig.events).toMatchObject([
      { kind: 'listener-joined', listener, mount: 'test', label: 'listener 1', burstMs: 1_000 },
      { kind: 'listener-left', listener, mount: 'test', reason: 'closed', bytes: rig.audio(listener).length },
    ]);
    expect(rig.listeners.audience(mount)).toEqual({ listeners: 0, listenerPeak: 1, slowListeners: 0, bytesOut: rig.audio(listener).length });
  });

  it('gets what is left, and the end, when the mountpoint is over', () => {
    const rig = new Rig();
    rig.play(100);
    const listener = rig.join({ burstMs: 0 });
    rig.play(3);
    rig.listeners.ended(rig.now, mount);
    expect(numbersIn(rig.audio(listener)).at(-1)).toBe(102);
    expect(rig.ended.get(listener)).toBe('mount-ended');
    rig.until(rig.nowMs + 1_000);
    expect(rig.deadline).toBe(NEVER);
  });
});
