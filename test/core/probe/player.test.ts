import { describe, expect, test } from 'vitest';
import { Player } from '../../../core/probe/player.ts';

const MS = 1_000;

class Listening {
  readonly played: number[] = [];
  readonly silences: [number, number][] = [];
  readonly player = new Player<number>(1_000 * MS, {
    plays: (item) => this.played.push(item),
    silence: (from, until) => this.silences.push([from / MS, until / MS]),
  });
  #next = 0;

  /** So many pieces of 100 ms at once. */
  gets(atMs: number, pieces: number): void {
    for (let i = 0; i < pieces; i++) this.player.take(atMs * MS, this.#next++, 100 * MS);
  }

  /** A piece of 100 ms every 100 ms. */
  streams(fromMs: number, untilMs: number): void {
    for (let at = fromMs; at < untilMs; at += 100) this.gets(at, 1);
  }
}

describe('Player', () => {
  test('keeps exactly its buffer of a burst', () => {
    const listening = new Listening();
    listening.gets(0, 40);
    listening.streams(100, 1_000);
    // 40 pieces came at once: the oldest 31 are thrown away, and the piece at 100 ms is the tenth that is kept.
    expect(listening.played[0]).toBe(31);
    expect(listening.played).toHaveLength(18);
  });

  test('begins when it has its buffer, and not before', () => {
    const listening = new Listening();
    listening.streams(0, 800);
    expect(listening.played).toEqual([]);
    listening.streams(800, 1_000);
    expect(listening.played).toHaveLength(10);
  });

  test.each([
    { outageMs: 900, silenceMs: 0 },
    { outageMs: 1_000, silenceMs: 0 },
    { outageMs: 1_100, silenceMs: 100 },
    { outageMs: 5_000, silenceMs: 4_000 },
  ])('is silent for $silenceMs ms when nothing comes for $outageMs ms', ({ outageMs, silenceMs }) => {
    const listening = new Listening();
    listening.gets(0, 10);
    listening.streams(100, 2_000);
    const back = 1_900 + outageMs;
    listening.gets(back, 1 + outageMs / 100);
    listening.streams(back + 100, back + 3_000);
    const { silenceUs, longestStallUs, isPlaying } = listening.player.finish((back + 2_900) * MS);
    expect(silenceUs / MS).toBe(silenceMs);
    expect(longestStallUs / MS).toBe(outageMs);
    expect(isPlaying).toBe(true);
  });

  test('what is skipped for good is missing from its buffer', () => {
    const listening = new Listening();
    listening.gets(0, 10);
    listening.streams(100, 2_000);
    listening.streams(2_800, 4_000);
    // 900 ms without anything, and nothing that makes up for it: 200 ms are left, and 400 ms later that is heard.
    listening.gets(4_300, 1);
    expect(listening.silences).toEqual([[4_100, 4_300]]);
  });

  test('counts the silence until it plays again after a new connection', () => {
    const listening = new Listening();
    listening.gets(0, 10);
    listening.streams(100, 1_000);
    listening.player.connected();
    listening.gets(5_000, 40);
    listening.gets(5_100, 1);
    const { silenceUs, isPlaying } = listening.player.finish(6_200 * MS);
    // It had something to play until 1,900; at 5,100 it begins with a second, and runs dry at 6,100.
    expect(silenceUs / MS).toBe(3_200 + 100);
    expect(isPlaying).toBe(false);
  });

  test('tells what it holds, and how long it has been silent, at any time', () => {
    const listening = new Listening();
    listening.gets(0, 5);
    expect([listening.player.heldUs(50 * MS), listening.player.silentUs(50 * MS)]).toEqual([500 * MS, 0]);
    listening.gets(100, 5);
    expect([listening.player.heldUs(400 * MS), listening.player.silentUs(400 * MS)]).toEqual([700 * MS, 0]);
    expect([listening.player.heldUs(1_500 * MS), listening.player.silentUs(1_500 * MS)]).toEqual([0, 400 * MS]);
    listening.gets(2_000, 3);
    expect([listening.player.heldUs(2_000 * MS), listening.player.silentUs(2_400 * MS)]).toEqual([300 * MS, 1_000 * MS]);
  });
});
