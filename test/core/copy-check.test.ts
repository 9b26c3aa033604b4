import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../core/budget.ts';
import { Path } from '../../core/intake.ts';
import type { PathId } from '../../core/machine.ts';
import { emptyMessageView, readMessage } from '../../core/pdu.ts';
import { Reassembler, type Reception } from '../../core/reassembler.ts';
import { defaultSettings } from '../../core/settings.ts';
import { TimerQueue } from '../../core/timers.ts';
import { ms } from '../../core/units.ts';
import { data, parts, type Fields } from './support/messages.ts';

const TRUE = 1;
const FORGED = 66;

/** One stream by several paths; `heard` are the makers of what came out. */
class Rig {
  nowMs = 1_000;
  heard: string[] = [];
  readonly told: string[] = [];
  readonly budget = new MemoryBudget(1e9);
  readonly reassembler: Reassembler;
  readonly #timers = new TimerQueue<string>();
  #paths = 0;

  constructor() {
    const timer = this.#timers.timer('gap-expires', (now) => this.reassembler.judge(now));
    this.reassembler = new Reassembler(defaultSettings, this.budget, timer, {
      message: (_now, _at, bytes, start, end) => {
        const { sequence, payload } = parts(bytes.slice(start, end));
        this.heard.push(`${sequence}:${payload[0]}`);
      },
      lost: () => {},
      contradicted: (believed, other, messages) => this.told.push(`${believed.label} not ${other.label} ${messages}`),
    });
  }

  path(label: string): Path {
    return new Path({ id: ++this.#paths as PathId, transport: 'tcp', label, isUpstream: true, openedAt: ms(this.nowMs), message: () => undefined });
  }

  send(path: Path, sequence: number, maker = TRUE, fields?: Fields): Reception {
    // As it lies in what has come by a connection: behind it is something else each time.
    const message = data(sequence, new Uint8Array(100).fill(maker), fields);
    const bytes = new Uint8Array(message.length + 8).fill(path.id);
    bytes.set(message);
    const view = emptyMessageView();
    readMessage(view, bytes, 0, message.length);
    return this.reassembler.accept(ms(this.nowMs), path, view);
  }

  after(spanMs: number): void {
    this.nowMs += spanMs;
    this.#timers.run(ms(this.nowMs));
  }

  get forged(): string[] {
    return this.heard.filter((one) => one.endsWith(`:${FORGED}`));
  }
}

/** An encoder's stream by one relay for three seconds, and then what somebody makes up by another relay, ahead of it. */
function attacked(frames: number, { ahead = 3 } = {}): { rig: Rig; first: Path; second: Path; sequence: number } {
  const rig = new Rig();
  const [first, second] = [rig.path('relay-1'), rig.path('relay-2')];
  let sequence = 1;
  for (; sequence <= 120; sequence++, rig.after(26)) rig.send(first, sequence);
  for (let frame = 0; frame < frames; frame++, sequence++, rig.after(26)) {
    for (let next = 0; next < ahead; next++) rig.send(second, sequence + next, FORGED);
    rig.send(first, sequence);
  }
  return { rig, first, second, sequence };
}

describe('copies that are not the same', () => {
  it('are told, and the path that was there for longer is believed: what somebody makes up ahead of it is heard no more', () => {
    const { rig } = attacked(1_000);
    expect(rig.forged.length).toBeLessThanOrEqual(3);
    expect(rig.heard.slice(-900).every((one) => one.endsWith(`:${TRUE}`))).toBe(true);
    expect(rig.heard).toHaveLength(1_120);
    expect(rig.told[0]).toBe('relay-1 not relay-2 1');
    expect(rig.told.length).toBeLessThan(12);
  });

  it('leave nothing in front of the believed one that is waited with', () => {
    const { rig } = attacked(200, { ahead: 60 });
    expect(rig.forged.length).toBeLessThanOrEqual(60);
    expect(rig.reassembler.heldMessages).toBe(0);
    expect(rig.heard.at(-1)).toBe(`320:${TRUE}`);
  });

  it('by a path that was silent, and goes on as another one: that one is not believed, though it is as old', () => {
    const rig = new Rig();
    const [first, second] = [rig.path('relay-1'), rig.path('relay-2')];
    let sequence = 1;
    for (; sequence <= 120; sequence++, rig.after(26)) for (const path of [first, second]) rig.send(path, sequence);
    for (let frame = 0; frame < 80; frame++, sequence++, rig.after(26)) rig.send(first, sequence);
    for (let frame = 0; frame < 500; frame++, sequence++, rig.after(26)) {
      rig.send(second, sequence, FORGED);
      rig.send(first, sequence);
    }
    expect(rig.forged.length).toBeLessThanOrEqual(1);
  });

  it('are no reason to be silent when only the doubted path is left', () => {
    const { rig, first, second, sequence } = attacked(10);
    rig.reassembler.forgetPath(first);
    rig.after(2_000);
    for (let next = 0; next < 10; next++) rig.send(second, sequence + next);
    expect(rig.heard.at(-1)).toBe(`${sequence + 9}:${TRUE}`);
  });

  it('do not come by replica numbers alone', () => {
    const rig = new Rig();
    const [first, second] = [rig.path('relay-1'), rig.path('relay-2')];
    for (let sequence = 1; sequence <= 300; sequence++, rig.after(26)) {
      rig.send(second, sequence, TRUE, { replica: 1 });
      rig.send(first, sequence, TRUE, { replica: 0 });
    }
    expect(rig.told).toEqual([]);
    expect(rig.heard).toHaveLength(300);
  });
});
