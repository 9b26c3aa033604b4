import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../../../core/base/memory/budget.ts';
import { HELD_MESSAGE_BYTES } from '../../../../core/base/memory/costs.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { Window, type Held } from '../../../../core/arrival/order/window.ts';
import { StateReader, StateWriter } from '../../../../core/recording/saved-state.ts';
import { ByteReader, ByteWriter } from '../../../../core/recording/file/wire.ts';
import { data, metadata } from '../../support/messages.ts';

const SIZE = 64;

function audio(sequence: number, atMs = 0): Held {
  const at = (atMs * 1000) as Micros;
  return { sequence, message: data(sequence, new Uint8Array(40)), at, since: at };
}

function title(sequence: number): Held {
  return { sequence, message: metadata(sequence, 'a title'), at: 0 as Micros, since: 0 as Micros };
}

describe('a window', () => {
  it('is empty at first, and holds no memory', () => {
    const budget = new MemoryBudget(1e9);
    const window = new Window(SIZE, budget);
    expect([window.count, window.bytes, window.hasAudio, budget.usedBytes]).toEqual([0, 0, false, 0]);
    expect(window.take(7)).toBeUndefined();
    expect(window.firstAudioFrom(0)).toBeUndefined();
    expect(window.lastMissingFrom(0)).toBeUndefined();
    expect(() => window.firstFrom(0)).toThrow('nothing is held');
  });

  it('holds each message once, with its cost', () => {
    const budget = new MemoryBudget(1e9);
    const window = new Window(SIZE, budget);
    const held = audio(12);
    expect(window.put(held)).toBe(true);
    expect(window.put(audio(12, 5))).toBe(false);
    expect(window.bytes).toBe(held.message.length + HELD_MESSAGE_BYTES);
    expect(budget.usedBytes).toBe(window.bytes);
    expect(window.take(12)).toBe(held);
    expect([window.count, window.bytes, budget.usedBytes]).toEqual([0, 0, 0]);
  });

  it('asks for what is missing before the first audio, also behind a title', () => {
    const window = new Window(SIZE, new MemoryBudget(1e9));
    window.put(title(11));
    expect(window.hasAudio).toBe(false);
    expect(window.lastMissingFrom(10)).toBeUndefined();
    window.put(audio(14));
    window.put(audio(15));
    expect(window.firstFrom(10).sequence).toBe(11);
    expect(window.firstAudioFrom(10)?.sequence).toBe(14);
    expect(window.lastMissingFrom(10)).toBe(13);
    window.put(title(13));
    expect(window.lastMissingFrom(10)).toBe(12);
    window.take(14);
    window.take(15);
    expect(window.hasAudio).toBe(false);
  });

  it('refuses two messages that lie further apart than it is wide, and share a place', () => {
    const window = new Window(SIZE, new MemoryBudget(1e9));
    window.put(audio(100));
    expect(() => window.put(audio(100 + SIZE))).toThrow('share a place');
  });

  it('gives its memory back when it is disposed of', () => {
    const budget = new MemoryBudget(1e9);
    const window = new Window(SIZE, budget);
    for (const sequence of [3, 5, 60]) window.put(audio(sequence));
    window.dispose();
    expect([window.count, window.hasAudio, window.bytes, budget.usedBytes]).toEqual([0, false, 0, 0]);
  });

  it('is saved and restored, but for the budget, which is by itself', () => {
    const window = new Window(SIZE, new MemoryBudget(1e9));
    for (const held of [title(21), audio(25, 40), audio(24, 50)]) window.put(held);
    const writer = new ByteWriter();
    window.snapshot(new StateWriter(writer, 'whole'));
    const budget = new MemoryBudget(1e9);
    const restored = new Window(SIZE, budget);
    restored.snapshot(new StateReader(new ByteReader(writer.written), 'whole'));
    expect([restored.count, restored.bytes, restored.hasAudio, budget.usedBytes]).toEqual([3, window.bytes, true, 0]);
    expect(restored.firstAudioFrom(20)).toEqual(audio(24, 50));
    expect(restored.lastMissingFrom(20)).toBe(23);
  });
});
