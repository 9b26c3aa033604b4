import { describe, expect, it } from 'vitest';
import { Repeats } from '../../../core/probe/repeats.ts';

/** Hears frames of 25 ms that are told apart by a number. */
class Hearing {
  readonly told: string[] = [];
  readonly repeats = new Repeats({
    repeating: (backUs) => this.told.push(`back ${backUs / 1000}`),
    repeated: (us) => this.told.push(`repeated ${us / 1000}`),
  });

  hear(from: number, until: number): this {
    for (let i = from; i < until; i++) this.repeats.frame(Uint8Array.of(0xff, i >> 8, i & 0xff), 25_000);
    return this;
  }
}

describe('Repeats', () => {
  it('has nothing to say about what is new', () => {
    const { told, repeats } = new Hearing().hear(0, 1_000);
    expect(told).toEqual([]);
    expect([repeats.totalUs, repeats.places]).toEqual([0, 0]);
  });

  it('finds what comes again, how long ago it came, and how much it is', () => {
    const { told, repeats } = new Hearing().hear(0, 100).hear(88, 200);
    expect(told).toEqual(['back 300', 'repeated 300']);
    expect([repeats.totalUs, repeats.places]).toEqual([300_000, 1]);
  });

  it('counts an encoder that goes round and round for as long as it does', () => {
    const hearing = new Hearing().hear(0, 100);
    for (let round = 0; round < 50; round++) hearing.hear(60, 100);
    expect(hearing.told).toEqual(['back 1000']);
    expect(hearing.repeats.totalUs).toBe(50 * 40 * 25_000);
  });

  it('takes no silence for it: a few frames, again and again', () => {
    const hearing = new Hearing();
    for (let i = 0; i < 400; i++) hearing.hear(i % 7, (i % 7) + 1);
    for (let i = 0; i < 400; i++) hearing.hear(50, 51);
    expect(hearing.told).toEqual([]);
  });

  it('takes no two frames for it that are the same by chance', () => {
    expect(new Hearing().hear(0, 100).hear(50, 52).hear(100, 200).told).toEqual([]);
  });

  it('forgets after ten seconds', () => {
    expect(new Hearing().hear(0, 400).hear(0, 100).hear(400, 401).told).toEqual(['back 10000', 'repeated 2500']);
    expect(new Hearing().hear(0, 401).hear(0, 100).told).toEqual([]);
  });

  it('begins anew with a connection, whose burst repeats what was there', () => {
    const hearing = new Hearing().hear(0, 100);
    hearing.repeats.restart();
    expect(hearing.hear(50, 200).told).toEqual([]);
  });
});
