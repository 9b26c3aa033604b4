import { describe, expect, it } from 'vitest';
import { range } from '../../support/frames.ts';
import { ReassemblyRig } from '../../support/reassembly.ts';

describe('the reassembler', () => {
  it.each([0, 1, 7, 2 ** 40])('begins at the first DATA, %i', (first) => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    expect(rig.accept(path, first, { type: 2 })).toBe('not-started');
    expect(rig.all(path, range(first, first + 3))).toEqual(['released', 'released', 'released', 'released']);
    expect(rig.released).toEqual(range(first, first + 3));
  });

  it('releases a message the moment those before it are there', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    expect(rig.all(a, [3, 4, 5])).toEqual(['held', 'held', 'held']);
    expect(rig.released).toEqual([1]);
    rig.accept(b, 2);
    expect(rig.released).toEqual([1, 2, 3, 4, 5]);
    expect(rig.reassembler.heldMessages).toBe(0);
    expect(rig.deadlineMs === Infinity || rig.lost.length === 0).toBe(true);
    rig.after(10_000);
    expect(rig.lost).toEqual([]);
  });

  it('counts unknown types in the sequence', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.accept(path, 1);
    rig.accept(path, 2, { type: 16 });
    rig.accept(path, 3, { type: 255 });
    rig.accept(path, 4);
    expect(rig.released).toEqual([1, 2, 3, 4]);
    expect(rig.lost).toEqual([]);
  });

  it('tells second copies from late ones', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.all(a, [1, 2, 5]);
    expect(rig.lost).toMatchObject([{ sequence: 3, messages: 2, verdict: 'disproved', waitedMs: 0 }]);
    expect(rig.all(b, [1, 2, 3, 4, 5, 6])).toEqual(['duplicate', 'duplicate', 'late', 'late', 'duplicate', 'released']);
    expect(rig.released).toEqual([1, 2, 5, 6]);
  });

  it('gives a message up at once when every live TCP path has delivered later ones', () => {
    const rig = new ReassemblyRig();
    const [a, b, c] = [rig.path('tcp'), rig.path('tcp'), rig.path('tcp')];
    for (const path of [a, b, c]) rig.accept(path, 1);
    rig.accept(a, 3);
    rig.accept(b, 3);
    expect(rig.lost).toEqual([]);
    rig.nowMs = 1;
    rig.accept(c, 4);
    expect(rig.lost).toEqual([{ sequence: 2, messages: 1, waitedMs: 1, verdict: 'disproved', at: 1 }]);
    expect(rig.released).toEqual([1, 3, 4]);
  });

  it('gives up no audio for silence while only a title waits behind it', () => {
    const rig = new ReassemblyRig();
    const [tcp, udp] = [rig.path('tcp'), rig.path('udp')];
    for (const path of [tcp, udp]) rig.all(path, [1, 2]);
    rig.accept(udp, 5, { type: 2 });
    // Both are silent for longer than a path is waited for; then the slow one brings all of it.
    rig.after(500);
    expect(rig.lost).toEqual([]);
    expect(rig.all(tcp, [3, 4, 5])).toEqual(['released', 'released', 'duplicate']);
    expect(rig.lost).toEqual([]);
  });

  it('gives no audio up for a title, however long it waits and whoever goes: a new connection may bring the history', () => {
    const rig = new ReassemblyRig();
    const first = rig.path('tcp');
    rig.all(first, [1, 2]);
    // The newest title, out of its order, is all that comes by the next connection before it breaks.
    rig.close(first);
    const second = rig.path('tcp');
    rig.accept(second, 9, { type: 2 });
    rig.after(5_000);
    rig.close(second);
    const third = rig.path('tcp');
    rig.all(third, [3, 4, 5, 6, 7, 8, 9, 10]);
    expect(rig.lost).toEqual([]);
    expect(rig.released).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('waits for what is missing between a title and audio from when the audio came', () => {
    const rig = new ReassemblyRig();
    const [tcp, udp] = [rig.path('tcp'), rig.path('udp')];
    for (const path of [tcp, udp]) rig.all(path, [1, 2]);
    rig.accept(udp, 5, { type: 2 });
    rig.after(5_000);
    rig.all(tcp, [3]);
    rig.all(udp, [3, 7]);
    expect(rig.lost).toEqual([]);
    rig.all(tcp, [4, 5, 6]);
    expect(rig.released).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it('gives that audio up when other audio waits behind it', () => {
    for (const afterMs of [700, 2_000]) {
      const rig = new ReassemblyRig();
      const [tcp, udp] = [rig.path('tcp'), rig.path('udp')];
      for (const path of [tcp, udp]) rig.all(path, [1, 2]);
      rig.accept(udp, 5, { type: 2 });
      rig.after(afterMs);
      rig.all(udp, [6, 7, 8]);
      expect(rig.lost).toMatchObject([{ sequence: 3, messages: 2, verdict: 'silent-paths', waitedMs: afterMs }]);
      expect(rig.released).toEqual([1, 2, 5, 6, 7, 8]);
    }
  });

  it('gives up nothing in front of a title while the audio behind that title is waited for', () => {
    const rig = new ReassemblyRig();
    const [tcp, udp] = [rig.path('tcp'), rig.path('udp')];
    for (const path of [tcp, udp]) rig.all(path, [1, 2]);
    rig.after(500);
    // 3, 4 and 6 are missing: UDP may have reordered 6, and so nothing would be released by giving up 3 and 4.
    rig.accept(udp, 5, { type: 2 });
    rig.all(udp, [7, 8]);
    expect(rig.lost).toEqual([]);
    rig.all(tcp, [3, 4, 5, 6]);
    expect(rig.released).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(rig.lost).toEqual([]);
  });

  it('waits at most so long from when the audio behind a title came, also where it waited behind another gap before', () => {
    const rig = new ReassemblyRig();
    const [fast, slow] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [fast, slow]) rig.all(path, [1, 2]);
    const alive = (forMs: number): void => {
      for (let passedMs = 0; passedMs < forMs; passedMs += 100) {
        rig.after(100);
        rig.accept(slow, 2);
      }
    };
    rig.accept(fast, 5);
    rig.accept(fast, 8, { type: 2 });
    alive(1_000);
    rig.accept(fast, 11);
    alive(1_500);
    expect(rig.lost).toMatchObject([{ sequence: 3, messages: 2, verdict: 'hard-limit' }]);
    rig.all(slow, [6, 7, 9, 10]);
    expect(rig.released).toEqual([1, 2, 5, 6, 7, 8, 9, 10, 11]);
  });

  it('waits for what is missing before messages that came far ahead from when they are taken in', () => {
    const rig = new ReassemblyRig({ gapMaxMs: 500 });
    const [ahead, behind] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [ahead, behind]) rig.all(path, [1, 2]);
    // It has left out two, twice: they can come by the other path alone, which delivers all the time, and is far behind.
    rig.all(ahead, [...range(100, 109), ...range(112, 121), ...range(124, 160)]);
    for (let sequence = 3; sequence <= 106; sequence++) {
      rig.after(10);
      rig.accept(behind, sequence);
    }
    rig.accept(ahead, 161);
    rig.after(300);
    expect(rig.all(behind, range(107, 125)).every((reception) => reception !== 'late')).toBe(true);
    expect(rig.lost).toEqual([]);
    expect(rig.released).toEqual(range(1, 161));
  });

  it.each([0, 10])('gives up nothing that the history of a path may still bring, of which live messages came %i ms before it', (msBefore) => {
    const rig = new ReassemblyRig();
    const [ahead, late] = [rig.path('tcp'), rig.path('tcp')];
    rig.all(ahead, range(1, 100));
    rig.all(late, [300, 301, 302]);
    rig.after(msBefore);
    rig.all(late, range(1, 100));
    for (let sequence = 101; sequence <= 298; sequence++) {
      rig.after(5);
      rig.accept(ahead, sequence);
      if (sequence < 200) rig.accept(late, sequence);
    }
    // It has lost 299 to 302: the other one has brought three of them, and has not come to the first.
    rig.accept(ahead, 303);
    expect(rig.lost).toEqual([]);
    rig.all(late, range(200, 304));
    expect(rig.lost).toEqual([]);
    expect(rig.released).toEqual(range(1, 304));
  });

  it('has waited for a message since the audio behind it came, also where a title comes in between', () => {
    const rig = new ReassemblyRig();
    const [fast, slow, shuffled] = [rig.path('tcp'), rig.path('tcp'), rig.path('udp')];
    for (const path of [fast, slow]) rig.all(path, [1, 2]);
    rig.all(fast, [4, 7]);
    for (let passedMs = 0; passedMs < 1_900; passedMs += 100) {
      rig.after(100);
      rig.accept(slow, 2);
    }
    rig.accept(shuffled, 6, { type: 2 });
    rig.accept(shuffled, 3);
    for (let passedMs = 0; passedMs < 200; passedMs += 100) {
      rig.after(100);
      rig.accept(slow, 2);
    }
    expect(rig.lost).toMatchObject([{ sequence: 5, messages: 1, verdict: 'hard-limit', waitedMs: 2_000 }]);
  });

  it('keeps the first message from beyond its window until the window gets there', () => {
    const rig = new ReassemblyRig({ windowMessages: 16 });
    const [ahead, behind] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [ahead, behind]) rig.all(path, [1, 2]);
    expect(rig.accept(ahead, 20)).toBe('elsewhere');
    rig.all(behind, range(3, 19));
    rig.all(behind, [21, 22]);
    expect(rig.lost).toEqual([]);
    expect(rig.released).toEqual(range(1, 22));
  });

  it('lets a second copy of a later message disprove, too', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.accept(a, 3);
    expect(rig.accept(b, 3)).toBe('duplicate');
    expect(rig.released).toEqual([1, 3]);
  });

  it('takes replicas by one connection for paths of their own', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.accept(path, 1, { replica: 0 });
    rig.accept(path, 1, { replica: 1 });
    rig.accept(path, 3, { replica: 0 });
    expect(rig.lost).toEqual([]);
    rig.accept(path, 2, { replica: 1 });
    expect(rig.released).toEqual([1, 2, 3]);
  });

  it('waits for what a live path may still deliver, though all others have lost it', () => {
    const rig = new ReassemblyRig();
    const [fast, slow] = [rig.path('udp'), rig.path('tcp')];
    rig.accept(fast, 1);
    rig.accept(slow, 1);
    for (let n = 2; n <= 60; n++) {
      rig.until(n * 10);
      if (n !== 20) rig.accept(fast, n);
      // The slow one is 180 ms behind, and never silent for long.
      if (n > 20) rig.accept(slow, n - 18);
    }
    expect(rig.lost).toEqual([]);
    expect(rig.released).toEqual(range(1, 60));
  });

  it('waits on UDP until more than the assumed reordering came by', () => {
    const rig = new ReassemblyRig({ udpReorderMessages: 3 });
    const path = rig.path('udp');
    rig.all(path, [1, 3, 4, 5]);
    expect(rig.released).toEqual([1]);
    rig.accept(path, 6);
    expect(rig.released).toEqual([1, 3, 4, 5, 6]);
    expect(rig.lost).toMatchObject([{ sequence: 2, messages: 1, verdict: 'disproved' }]);
  });

  it.each([1, 2, 3, 4, 5, 10])('gives a run of %i lost messages up as one, on UDP too', (count) => {
    const rig = new ReassemblyRig({ udpReorderMessages: 3 });
    const path = rig.path('udp');
    rig.all(path, range(1, 9));
    for (const n of range(10 + count, 30)) {
      rig.after(26);
      rig.accept(path, n);
    }
    expect(rig.lost).toMatchObject([{ sequence: 10, messages: count, verdict: 'disproved' }]);
    expect(rig.lost[0]!.waitedMs).toBeLessThanOrEqual(3 * 26);
    expect(rig.released).toEqual([...range(1, 9), ...range(10 + count, 30)]);
  });

  it('gives up the part of a run that is disproved when a later part of it comes', () => {
    const rig = new ReassemblyRig({ udpReorderMessages: 3 });
    const path = rig.path('udp');
    rig.all(path, [1, 2, 5, 7]);
    expect(rig.released).toEqual([1, 2]);
    rig.accept(path, 4);
    expect(rig.released).toEqual([1, 2, 4, 5]);
    expect(rig.lost).toMatchObject([{ sequence: 3, messages: 1 }]);
    rig.accept(path, 6);
    expect(rig.released).toEqual([1, 2, 4, 5, 6, 7]);
  });

  it('learns how much a path reorders, TCP behind a relay too, and forgets it again', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.all(path, [1, 2, 4, 3, 5]);
    expect(rig.released).toEqual([1, 2, 4, 5]);
    rig.all(path, [7, 6, 8]);
    expect(rig.released).toEqual([1, 2, 4, 5, 6, 7, 8]);
    for (let n = 9; n < 2_000; n++) {
      rig.after(50);
      rig.accept(path, n);
    }
    const before = rig.released.length;
    expect(rig.lost).toHaveLength(1);
    rig.all(path, [2_001, 2_002, 2_003]);
    expect(rig.lost.length).toBe(2);
    expect(rig.released.length).toBe(before + 3);
  });

  it('does not wait for a silent path longer than a bounded time', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (let n = 1; n <= 100; n++) {
      rig.until(n * 26);
      rig.accept(a, n);
      rig.accept(b, n);
    }
    const stopped = rig.nowMs;
    for (let n = 102; n <= 140; n++) {
      rig.until(stopped + (n - 100) * 26);
      rig.accept(a, n);
    }
    expect(rig.lost).toMatchObject([{ sequence: 101, messages: 1, verdict: 'silent-paths' }]);
    // b fell silent 52 ms before the gap was seen; it counts for 600 ms, for it may be repaired.
    expect(rig.lost[0]!.at - stopped).toBeCloseTo(600, 0);
  });

  it('adapts that time to the pauses of the path, up to its bound', () => {
    for (const [pauseMs, stallTimeoutMs] of [[50, 600], [300, 600], [700, 1_400], [1_100, 1_500]] as const) {
      const rig = new ReassemblyRig({ gapMaxMs: 60_000 });
      const [a, bursty] = [rig.path('tcp'), rig.path('tcp')];
      rig.accept(a, 1);
      rig.accept(bursty, 1);
      let n = 1;
      for (let turn = 0; turn < 20; turn++) {
        rig.after(pauseMs);
        rig.accept(a, ++n);
        rig.accept(bursty, n);
      }
      rig.after(1);
      rig.accept(a, n + 2);
      rig.after(10_000);
      expect(rig.lost).toHaveLength(1);
      expect(rig.lost[0]!.waitedMs).toBeCloseTo(stallTimeoutMs - 1, 0);
    }
  });

  it('has a hard limit behind all evidence', () => {
    const rig = new ReassemblyRig({ gapMaxMs: 2_000 });
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.all(a, range(1, 10));
    rig.accept(b, 1);
    rig.accept(a, 12);
    // b is alive, and never gets further.
    for (let at = 50; at < 3_000; at += 50) {
      rig.until(at);
      rig.accept(b, 2 + at / 1_000_000 > 2 ? 2 : 1);
    }
    expect(rig.lost).toMatchObject([{ sequence: 11, messages: 1, verdict: 'hard-limit', waitedMs: 2_000 }]);
  });

  it('gives up at once what only a closed path could have delivered', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.accept(a, 3);
    expect(rig.lost).toEqual([]);
    rig.close(b);
    expect(rig.lost).toMatchObject([{ sequence: 2, verdict: 'disproved' }]);
    rig.accept(a, 4);
    const c = rig.path('udp');
    rig.accept(c, 6);
    rig.close(a);
    expect(rig.lost).toHaveLength(1);
    rig.close(c);
    expect(rig.lost[1]).toMatchObject({ sequence: 5, verdict: 'no-path' });
    expect(rig.released).toEqual([1, 3, 4, 6]);
    expect(rig.reassembler.hasPath).toBe(false);
  });

  it('does not take the opening of a relay for proof: the history is still to come', () => {
    const rig = new ReassemblyRig();
    const before = rig.path('tcp');
    rig.all(before, range(1, 400));
    rig.close(before);
    rig.after(3_000);
    const path = rig.path('tcp');
    for (const [sequence, type] of [[700, 2], [701, 3], [702, 1]] as const) rig.accept(path, sequence, { type });
    expect(rig.lost).toEqual([]);
    rig.after(30);
    rig.all(path, range(320, 699));
    for (const [sequence, type] of [[700, 2], [701, 3], [702, 1]] as const) rig.accept(path, sequence, { type });
    rig.all(path, range(703, 710));
    expect(rig.lost).toEqual([]);
    expect(rig.released).toEqual(range(1, 710));
  });

  it('does not wait for a history that does not come', () => {
    const rig = new ReassemblyRig();
    const before = rig.path('tcp');
    rig.all(before, range(1, 400));
    rig.close(before);
    const path = rig.path('tcp');
    rig.accept(path, 450, { type: 2 });
    rig.after(5_000);
    rig.all(path, [451, 452]);
    expect(rig.lost).toMatchObject([{ sequence: 401, messages: 49, at: 5_000 }]);
    expect(rig.released.slice(-3)).toEqual([450, 451, 452]);
  });

  it('holds no more than its window, in bytes', () => {
    const rig = new ReassemblyRig({ windowBytes: 65_536 });
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    for (let n = 3; n < 200; n++) {
      rig.accept(a, n, { length: 1_000 });
      expect(rig.reassembler.heldBytes).toBeLessThanOrEqual(65_536);
    }
    expect(rig.lost).toMatchObject([{ sequence: 2, messages: 1, verdict: 'window-full' }]);
    expect(rig.released).toEqual([1, ...range(3, 199)]);
  });

  it('holds nothing when the memory of all is spent', () => {
    const rig = new ReassemblyRig({}, 100);
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.accept(a, 3, { length: 200 });
    expect(rig.lost).toMatchObject([{ verdict: 'window-full' }]);
    expect(rig.budget.usedBytes).toBe(0);
  });

  it('gives its memory back', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.all(a, range(3, 20));
    expect(rig.budget.usedBytes).toBe(rig.reassembler.heldBytes);
    rig.reassembler.dispose();
    expect(rig.budget.usedBytes).toBe(0);
    rig.after(10_000);
    expect(rig.lost).toEqual([]);
  });

  it('is not moved by one message far ahead', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.all(path, range(1, 5));
    expect(rig.accept(path, 2 ** 50)).toBe('elsewhere');
    expect(rig.accept(path, 2 ** 50)).toBe('duplicate');
    rig.all(path, range(6, 10));
    rig.accept(path, 2 ** 30);
    rig.all(path, range(11, 20));
    expect(rig.released).toEqual(range(1, 20));
    expect(rig.lost).toEqual([]);
  });

  it('gives nothing up that came too far ahead to be believed, once others have passed it', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [a, b]) rig.all(path, range(1, 10));
    expect(rig.accept(b, 100)).toBe('elsewhere');
    rig.all(a, [60, 110]);
    rig.after(5_000);
    expect(rig.released).toEqual([...range(1, 10), 60, 100, 110]);
    // The message that was kept says that its path has passed over what is missing before it.
    expect(rig.lost[0]).toMatchObject({ sequence: 11, messages: 49, verdict: 'disproved', at: 0 });
  });

  it('waits for no path that has delivered where the stream has gone, too', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [a, b]) rig.all(path, range(1, 10));
    rig.after(5_000);
    rig.accept(b, 100);
    rig.all(a, [101, 102]);
    expect(rig.released).toEqual([...range(1, 10), ...range(100, 102)]);
    expect(rig.lost).toMatchObject([{ sequence: 11, messages: 89, verdict: 'disproved' }]);
  });

  it('gives nothing up that came between long losses of a path', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.all(path, range(1, 10));
    rig.all(path, [...range(100, 120), ...range(300, 310), ...range(500, 501), ...range(700, 710)]);
    rig.after(5_000);
    expect(rig.released).toEqual([...range(1, 10), ...range(100, 120), ...range(300, 310), 500, 501, ...range(700, 710)]);
  });

  const afterLosses = [
    { what: 'one, and more bytes than a path may keep', settings: { windowBytes: 65_536 }, came: range(100, 400) },
    { what: 'one, and more messages than the window has', settings: { windowMessages: 192 }, came: range(100, 500) },
    { what: 'several, and more bytes between them', settings: { windowBytes: 65_536 }, came: [...range(100, 130), ...range(300, 330), ...range(500, 530), ...range(700, 730)] },
  ];

  it.each(afterLosses)('gives nothing up that comes at once after a long loss: $what', ({ settings, came }) => {
    const rig = new ReassemblyRig(settings);
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [a, b]) rig.all(path, range(1, 10), { length: 400 });
    for (const path of [a, b]) rig.all(path, came, { length: 400 });
    rig.after(5_000);
    expect(rig.released).toEqual([...range(1, 10), ...came]);
    expect(rig.budget.usedBytes).toBe(0);
  });

  it('gives nothing up that comes after a long loss when its path closes at once', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.all(path, [...range(1, 10), ...range(100, 110), ...range(300, 310)]);
    rig.close(path);
    expect(rig.released).toEqual([...range(1, 10), ...range(100, 110), ...range(300, 310)]);
    expect(rig.lost).toMatchObject([{ sequence: 11, messages: 89, verdict: 'no-path' }, { sequence: 111, messages: 189, verdict: 'no-path' }]);
    expect(rig.budget.usedBytes).toBe(0);
  });

  it.each([
    ['one replica', (): number => 0],
    ['two replicas, each with every other message', (sequence: number): number => sequence % 2],
  ])('gives out what only a closing path has brought beyond the window, by %s', (_name, replicaOf) => {
    const rig = new ReassemblyRig({ windowMessages: 64 });
    const path = rig.path('tcp');
    for (const sequence of [...range(1, 10), ...range(300, 320)]) rig.accept(path, sequence, { replica: replicaOf(sequence) });
    expect(rig.released).toEqual(range(1, 10));
    rig.close(path);
    expect(rig.released).toEqual([...range(1, 10), ...range(300, 320)]);
    expect(rig.lost).toMatchObject([{ sequence: 11, messages: 289, verdict: 'jump' }]);
    expect(rig.budget.usedBytes).toBe(0);
    const again = rig.path('tcp');
    rig.all(again, range(290, 330));
    expect(rig.released).toEqual([...range(1, 10), ...range(300, 330)]);
  });

  it('does not believe a closing path beyond the window that has gone on where the stream is', () => {
    const rig = new ReassemblyRig({ windowMessages: 64 });
    const path = rig.path('tcp');
    rig.all(path, [...range(1, 10), 5_000_000, 5_000_001]);
    rig.after(26);
    rig.accept(path, 11);
    rig.close(path);
    const again = rig.path('tcp');
    rig.all(again, range(12, 20));
    expect(rig.released).toEqual(range(1, 20));
    expect(rig.lost).toEqual([]);
  });

  it('goes to where a path has brought the highest number first, which it has no room for any more', () => {
    const rig = new ReassemblyRig({ windowMessages: 16 });
    const [here, elsewhere] = [rig.path('tcp'), rig.path('tcp')];
    rig.all(here, range(1, 10));
    rig.all(elsewhere, [5_000, ...range(4_940, 4_957)]);
    expect(rig.released).toEqual(range(1, 10));
    rig.close(here);
    expect(rig.released).toEqual([...range(1, 10), ...range(4_942, 4_957)]);
    expect(rig.budget.usedBytes).toBe(0);
  });

  it('does not believe a path that closes while another one brings what comes next', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [a, b]) rig.all(path, range(1, 10));
    rig.all(a, range(100, 110));
    rig.close(a);
    rig.after(100);
    rig.all(b, range(11, 20));
    expect(rig.released).toEqual(range(1, 20));
    expect(rig.lost).toEqual([]);
    expect(rig.budget.usedBytes).toBe(0);
  });

  it('does not report as lost what was given out before the stream went back', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.all(path, [523, ...range(223, 300), ...range(524, 530)]);
    rig.after(5_000);
    expect(rig.released).toEqual([523, ...range(223, 300), ...range(524, 530)]);
    const lost = rig.lost.filter(({ messages }) => messages > 0);
    expect(lost).toMatchObject([{ sequence: 301, messages: 222 }]);
  });

  it.each([
    ['one part each', [{ from: 0, to: 6 }]],
    ['parts that overlap', [{ from: 0, to: 3 }, { from: 0, to: 6 }]],
  ])('goes back behind all that was given out there, also where several lives of the stream have given out %s', (_name, runs) => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.reassembler.goOnBehind(runs);
    rig.accept(path, 6);
    rig.after(3_000);
    rig.all(path, [5_000_000, 5_000_001]);
    rig.after(3_000);
    rig.all(path, [9, 10]);
    rig.after(3_000);
    expect(rig.released).toEqual([6, 5_000_000, 5_000_001, 9, 10]);
    expect(rig.lost.at(-1)).toMatchObject({ sequence: 7, messages: 2 });
  });

  it('gives out what a closing path had brought far ahead before the stream goes on to where another path is', () => {
    const rig = new ReassemblyRig({ windowMessages: 32 });
    const [tcp, udp] = [rig.path('tcp'), rig.path('udp')];
    const withTitles = (path: typeof tcp, first: number, last: number): void => {
      rig.all(path, [first, first + 1], { type: 2 });
      rig.all(path, range(first + 2, last));
    };
    withTitles(tcp, 5, 7);
    rig.accept(tcp, 8, { type: 1, replica: 1 });
    withTitles(udp, 10, 17);
    withTitles(tcp, 18, 29);
    rig.nowMs = 100;
    withTitles(tcp, 30, 49);
    withTitles(udp, 50, 73);
    // The gap is given up, and nothing else is decided yet.
    rig.nowMs = 200;
    rig.reassembler.judge(rig.now);
    expect(rig.released.at(-1)).toBe(40);
    rig.close(tcp);
    expect(rig.released.slice(0, 42)).toEqual([7, 8, ...range(10, 49)]);
  });

  it('does not let a path that brings much from elsewhere outvote one that brings what comes next', () => {
    const rig = new ReassemblyRig({ windowBytes: 65_536 });
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    for (const path of [a, b]) rig.all(path, range(1, 10), { length: 400 });
    rig.all(a, range(100, 400), { length: 400 });
    rig.all(b, range(11, 400), { length: 400 });
    expect(rig.released).toEqual(range(1, 400));
    expect(rig.lost).toEqual([]);
  });

  it('waits no longer than the hard limit for a path that has gone on elsewhere, whatever its pauses were', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    for (const [turn, first] of [1, 11, 21].entries()) {
      rig.until(2_700 * turn);
      rig.all(path, range(first, first + 9));
    }
    rig.all(path, range(742, 751));
    rig.after(400);
    rig.all(path, range(31, 60));
    for (const sequence of range(752, 900)) {
      rig.after(26);
      rig.accept(path, sequence);
    }
    expect(rig.released).toEqual([...range(1, 60), ...range(742, 900)]);
    expect(rig.lost).toMatchObject([{ sequence: 61, messages: 681, at: 5_800 + rig.settings.gapMaxMs }]);
  });

  it('keeps titles that a new path opens with, though they lie far ahead and audio before them comes from elsewhere too', () => {
    const rig = new ReassemblyRig();
    const first = rig.path('tcp');
    rig.all(first, range(1, 10));
    rig.close(first);
    rig.after(5_000);
    const second = rig.path('tcp');
    for (const title of [150, 151, 152]) rig.accept(second, title, { type: 2 });
    rig.all(second, [...range(100, 149), 153, 154]);
    expect(rig.released).toEqual([...range(1, 10), ...range(100, 154)]);
    expect(rig.lost).toMatchObject([{ sequence: 11, messages: 89 }]);
  });

  it('keeps such titles while a slow path is on its way to them through a history', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    for (const title of [300, 301, 302, 303]) rig.accept(path, title, { type: 2 });
    rig.accept(path, 100);
    for (const title of [300, 301, 302, 303]) rig.accept(path, title, { type: 2 });
    for (const sequence of range(101, 299)) {
      rig.after(60);
      rig.accept(path, sequence);
    }
    rig.all(path, [304, 305]);
    expect(rig.released).toEqual(range(100, 305));
    expect(rig.lost).toEqual([]);
  });

  it('waits for what is missing far before the next audio no longer than for any other gap, though the place was in doubt first', () => {
    const rig = new ReassemblyRig();
    const [path, other] = [rig.path('tcp'), rig.path('tcp')];
    rig.all(other, range(1, 10));
    // It is out of order by more than what will be missing, and pauses for long.
    rig.all(path, [...range(1, 10), 74, 138, ...range(11, 73), ...range(75, 137)]);
    rig.close(other);
    for (const sequence of range(139, 141)) {
      rig.after(2_600);
      rig.accept(path, sequence);
    }
    rig.all(path, range(142, 150));
    rig.after(26);
    const cameMs = rig.nowMs;
    for (const sequence of range(221, 340)) {
      rig.accept(path, sequence);
      rig.after(26);
    }
    expect(rig.lost).toMatchObject([{ sequence: 151, messages: 70, verdict: 'hard-limit', at: cameMs + rig.settings.gapMaxMs }]);
    expect(rig.released).toEqual([...range(1, 150), ...range(221, 340)]);
  });

  it('lets go of titles far ahead to which nothing leads', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.accept(path, 1);
    rig.accept(path, 5_000, { type: 2 });
    expect(rig.reassembler.heldBytes).toBeGreaterThan(0);
    for (const sequence of range(2, 1_000)) {
      rig.after(26);
      rig.accept(path, sequence);
    }
    expect(rig.reassembler.heldBytes).toBe(0);
  });

  it('goes on at once where two far ahead agree', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.all(path, range(1, 5));
    rig.after(60_000);
    rig.accept(path, 9_001);
    expect(rig.lost).toEqual([]);
    rig.all(path, range(9_002, 9_010));
    expect(rig.lost).toMatchObject([{ sequence: 6, messages: 8_995, verdict: 'jump' }]);
    expect(rig.released).toEqual([...range(1, 5), ...range(9_001, 9_010)]);
    expect(rig.accept(path, 8_000)).toBe('late');
  });

  it.each([[192, 200, 320], [192, 1_000, 1_200], [2_048, 200, 320]])('goes by where its only path has been between two long losses, in a window of %i', (windowMessages, first, next) => {
    const rig = new ReassemblyRig({ windowMessages });
    const path = rig.path('tcp');
    for (const sequence of range(1, 100)) {
      rig.after(26);
      rig.accept(path, sequence);
    }
    rig.after(50);
    rig.all(path, range(first, first + 40));
    rig.all(path, range(next, next + 10));
    for (const sequence of range(next + 11, next + 50)) {
      rig.after(26);
      rig.accept(path, sequence);
    }
    expect(rig.released).toEqual([...range(1, 100), ...range(first, first + 40), ...range(next, next + 50)]);
    expect(rig.lost.map(({ sequence, messages }) => [sequence, messages])).toEqual([[101, first - 101], [first + 41, next - first - 41]]);
  });

  it('keeps what it holds when it goes on far ahead', () => {
    const rig = new ReassemblyRig({ windowMessages: 16 });
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.all(a, [4, 6]);
    rig.all(a, [500, 501]);
    rig.after(5_000);
    expect(rig.released).toEqual([1, 4, 6, 500, 501]);
    expect(rig.lost.reduce((sum, { messages }) => sum + messages, 0)).toBe(501 - 5);
  });

  it('never goes back: a far one that was passed meanwhile counts no longer', () => {
    const rig = new ReassemblyRig({ windowMessages: 16 });
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 0);
    rig.accept(b, 0);
    expect(rig.accept(a, 20)).toBe('elsewhere');
    rig.all(b, range(1, 17));
    rig.all(a, [21, 22]);
    rig.all(a, [35, 36]);
    rig.all(b, [20, 21, 22, 23]);
    rig.after(5_000);
    expect([...rig.released].sort((x, y) => x - y)).toEqual(rig.released);
    expect(new Set(rig.released).size).toBe(rig.released.length);
  });

  it('finds back when its very first message was a wrong one', () => {
    const rig = new ReassemblyRig();
    const path = rig.path('tcp');
    rig.accept(path, 2 ** 50);
    rig.all(path, range(1, 300));
    expect(rig.released).toEqual([2 ** 50, ...range(1, 300)]);
  });

  it('takes a wrong first message back of which nothing is heard yet, and keeps it for no longer than others', () => {
    const rig = new ReassemblyRig();
    rig.canTakeBack = true;
    const path = rig.path('tcp');
    rig.accept(path, 2 ** 50);
    rig.all(path, range(1, 300));
    rig.after(5_000);
    expect(rig.released).toEqual(range(1, 300));
    expect(rig.lost).toEqual([]);
    expect(rig.budget.usedBytes).toBe(0);
    expect([...path.dropped]).toEqual([['far-off', 1]]);
  });

  it.each([
    ['the path that brought it brings the history', true, range(1, 101)],
    ['another path does', false, range(1, 101)],
    ['the history leaves it out, on the same path', true, range(1, 100)],
    ['the history leaves it out, on another path', false, range(1, 100)],
  ])('puts a first message that came before a history in its place: %s', (_what, isSame, history) => {
    const rig = new ReassemblyRig();
    rig.canTakeBack = true;
    const path = rig.path('tcp');
    const other = isSame ? path : rig.path('tcp');
    rig.accept(path, 101);
    rig.all(other, [...history, ...range(102, 200)]);
    expect(rig.released).toEqual(range(1, 200));
    expect(rig.lost).toEqual([]);
    expect(rig.reassembler.runs).toEqual([{ from: 1, to: 201 }]);
    rig.after(5_000);
    expect(rig.budget.usedBytes).toBe(0);
  });

  it('takes a first message back for older ones only: newer ones come behind it', () => {
    const rig = new ReassemblyRig();
    rig.canTakeBack = true;
    const path = rig.path('tcp');
    rig.all(path, [1, ...range(3_000, 3_010)]);
    expect(rig.released).toEqual([1, ...range(3_000, 3_010)]);
    expect(rig.lost).toMatchObject([{ sequence: 2, verdict: 'jump', messages: 2_998 }]);
  });

  it('still waits for a path whose first message was a wrong one', () => {
    const rig = new ReassemblyRig();
    const [wrong, other] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(wrong, 2 ** 50);
    for (const n of range(1, 100)) {
      rig.after(5);
      rig.accept(wrong, n);
      rig.accept(other, n);
    }
    rig.accept(other, 102);
    rig.after(5);
    rig.accept(wrong, 101);
    expect(rig.released).toEqual([2 ** 50, ...range(1, 102)]);
    expect(rig.lost).toMatchObject([{ verdict: 'jump', messages: 0 }]);
  });

  it('shows every gap, one after the other, and waits for each no longer than the hard limit', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.all(a, [3, 5, 7]);
    rig.after(3_000);
    expect(rig.lost.map(({ sequence, messages }) => [sequence, messages])).toEqual([[2, 1], [4, 1], [6, 1]]);
    expect(rig.lost.every(({ waitedMs }) => waitedMs <= 2_000)).toBe(true);
    expect(rig.released).toEqual([1, 3, 5, 7]);
  });

  it('waits for a later gap from when that one was seen', () => {
    const rig = new ReassemblyRig();
    const [a, b] = [rig.path('tcp'), rig.path('tcp')];
    rig.accept(a, 1);
    rig.accept(b, 1);
    rig.accept(a, 3);
    // b stays alive, by second copies, and is far behind.
    const alive = (untilMs: number): void => {
      while (rig.nowMs < untilMs) {
        rig.after(100);
        rig.accept(b, 1);
      }
    };
    alive(1_500);
    rig.accept(a, 5);
    alive(1_900);
    rig.accept(b, 2);
    expect(rig.released).toEqual([1, 2, 3]);
    alive(3_400);
    expect(rig.lost).toEqual([]);
    alive(3_600);
    expect(rig.lost).toMatchObject([{ sequence: 4, verdict: 'hard-limit', waitedMs: 2_000 }]);
  });

  it('bounds the path records: a made-up replica number each does not keep real ones out for long', () => {
    const rig = new ReassemblyRig();
    const [udp, tcp] = [rig.path('udp'), rig.path('tcp')];
    for (let replica = 1; replica < 256; replica++) rig.accept(udp, 1, { replica });
    rig.accept(tcp, 1);
    for (const n of range(2, 40)) {
      rig.after(26);
      rig.accept(tcp, n);
    }
    rig.accept(tcp, 42);
    rig.after(1);
    rig.accept(tcp, 43);
    expect(rig.lost).toMatchObject([{ sequence: 41 }]);
    expect(rig.lost[0]!.waitedMs).toBeLessThan(250);
  });
});
