import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Path } from '../../../../core/links/paths/path.ts';
import { range } from '../../support/frames.ts';
import { ReassemblyRig } from '../../support/reassembly.ts';

interface Arrival {
  at: number;
  path: number;
  sequence: number;
}

const STEP_MS = 5;
const COUNT = 160;

/** What one path does to the messages of a stream, one every 5 ms. */
interface Route {
  transport: 'tcp' | 'udp';
  lagMs: number;
  /** Extra delay of a message, by turns. */
  jitterMs: readonly number[];
  /** Which messages it loses, by turns; every eighth gets through, so that it is never silent for long. */
  loses: readonly boolean[];
  /** Which it delivers twice. */
  repeats: readonly boolean[];
  /** How it shuffles each block of messages, UDP only. */
  shuffle: readonly number[];
}

const route: fc.Arbitrary<Route> = fc.record({
  transport: fc.constantFrom('tcp', 'udp'),
  lagMs: fc.nat(100),
  jitterMs: fc.array(fc.nat(40), { minLength: 1, maxLength: 20 }),
  loses: fc.array(fc.boolean(), { minLength: 1, maxLength: 13 }),
  repeats: fc.array(fc.boolean(), { minLength: 1, maxLength: 11 }),
  shuffle: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 24 }),
});

/** The arrivals by one path: in order on TCP, in order but for blocks of `reorder + 1` on UDP. */
function arrivals(path: number, { transport, lagMs, jitterMs, loses, repeats, shuffle }: Route, reorder: number, carries: (n: number) => boolean): Arrival[] {
  const block = transport === 'udp' ? reorder + 1 : 1;
  const sequences = range(1, COUNT).filter((n) => n % 8 === 0 || carries(n) || !loses[n % loses.length]!);
  sequences.sort((a, b) => Math.floor(a / block) - Math.floor(b / block) || (block === 1 ? a - b : shuffle[a % shuffle.length]! - shuffle[b % shuffle.length]!));
  let before = 0;
  return sequences.flatMap((sequence, i) => {
    before = Math.max(before, (Math.floor(sequence / block) * block + block) * STEP_MS + lagMs + jitterMs[i % jitterMs.length]!);
    const one = { at: before, path, sequence };
    return repeats[sequence % repeats.length]! ? [one, { ...one, at: before + 30 }] : [one];
  });
}

function play(rig: ReassemblyRig, paths: readonly Path[], all: Arrival[]): void {
  for (const { at, path, sequence } of all.sort((a, b) => a.at - b.at)) {
    rig.until(at);
    rig.accept(paths[path]!, sequence, { replica: path });
  }
  rig.after(5_000);
}

describe('the law of the reassembler', () => {
  it('any interleaving, duplication and reordering within the bounds, and loss on all paths but one, yields exactly the stream', () => {
    fc.assert(fc.property(fc.array(route, { minLength: 1, maxLength: 5 }), fc.constantFrom(0, 1, 3, 9), fc.infiniteStream(fc.nat()), (routes, reorder, keeper) => {
      const rig = new ReassemblyRig({ udpReorderMessages: reorder });
      const paths = routes.map(({ transport }) => rig.path(transport));
      // Everybody is known from the beginning: message 0 comes by all.
      paths.forEach((path, i) => rig.accept(path, 0, { replica: i }));
      // For every message somebody is drawn who does not lose it.
      const keepers = range(0, COUNT).map(() => keeper.next().value! % routes.length);
      play(rig, paths, routes.flatMap((one, i) => arrivals(i, one, reorder, (n) => keepers[n] === i)));
      expect(rig.lost).toEqual([]);
      expect(rig.released).toEqual(range(0, COUNT));
      expect(rig.reassembler.heldMessages).toBe(0);
      expect(rig.budget.usedBytes).toBe(0);
    }), { numRuns: 200 });
  });

  it('what all paths lose is all that is lost, and is given up without the hard limit', () => {
    fc.assert(fc.property(fc.array(route, { minLength: 1, maxLength: 4 }), fc.uniqueArray(fc.integer({ min: 1, max: COUNT - 8 }), { maxLength: 30 }), (routes, nowhere) => {
      const rig = new ReassemblyRig();
      const paths = routes.map(({ transport }) => rig.path(transport));
      paths.forEach((path, i) => rig.accept(path, 0, { replica: i }));
      const gone = new Set(nowhere.filter((n) => n % 8 !== 0));
      const complete = routes.map((one) => ({ ...one, loses: [false] }));
      play(rig, paths, complete.flatMap((one, i) => arrivals(i, one, 3, () => false)).filter(({ sequence }) => !gone.has(sequence)));
      expect(rig.released).toEqual(range(0, COUNT).filter((n) => !gone.has(n)));
      expect(rig.lost.flatMap(({ sequence, messages }) => range(sequence, sequence + messages - 1))).toEqual([...gone].sort((a, b) => a - b));
      for (const { verdict, waitedMs } of rig.lost) {
        expect(['disproved', 'silent-paths']).toContain(verdict);
        expect(waitedMs).toBeLessThan(400);
      }
    }), { numRuns: 100 });
  });

  it('whatever comes, whoever comes and goes: each once, in order or with a word, within the bounds, and never for long', () => {
    const step = fc.oneof(
      { weight: 12, arbitrary: fc.record({ kind: fc.constant('message' as const), path: fc.nat(3), replica: fc.nat(2), type: fc.constantFrom(0, 0, 0, 1, 2, 16), move: fc.integer({ min: -20, max: 12 }) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('next' as const), path: fc.nat(3), count: fc.nat(6) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('far' as const), path: fc.nat(3), to: fc.oneof(fc.nat(400), fc.maxSafeNat()), run: fc.integer({ min: 1, max: 4 }) }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 20, 150, 250, 2_100) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('close' as const), path: fc.nat(3) }) },
    );
    fc.assert(fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const rig = new ReassemblyRig({ windowMessages: 64, windowBytes: 65_536 });
      const paths = [rig.path('tcp'), rig.path('tcp'), rig.path('udp'), rig.path('udp')];
      let top = 100;
      /** What waits behind a gap for no longer than the hard limit; titles alone may wait for ever. */
      let audio: number[] = [];
      for (const one of steps) {
        if (one.kind === 'wait') rig.after(one.ms);
        else if (one.kind === 'close') rig.close(paths[one.path]!);
        else if (one.kind === 'far') rig.all(paths[one.path]!, range(0, one.run - 1).map((n) => Math.min(Number.MAX_SAFE_INTEGER, one.to + n)));
        else if (one.kind === 'next') for (let i = 0; i < one.count; i++) rig.accept(paths[one.path]!, (top = Math.min(200, top + 1)));
        else {
          const sequence = Math.min(200, Math.max(0, top + one.move));
          const reception = rig.accept(paths[one.path]!, sequence, { replica: one.replica, type: one.type, length: 2_000 });
          if (reception === 'held' && one.type === 0) audio.push(sequence);
          top = Math.max(top, sequence);
        }
        audio = audio.filter((sequence) => !rig.released.includes(sequence));
        expect(rig.reassembler.heldMessages).toBeLessThan(64);
        // Early messages, and at most a quarter as much at a rival place of each of twelve paths.
        expect(rig.reassembler.heldBytes).toBeLessThanOrEqual(65_536 + 2 * 2_026 + 12 * (16_384 + 2 * 2_026));
        if (audio.length > 0) expect(rig.deadlineMs).toBeLessThanOrEqual(rig.nowMs + 2_000);
      }
      // Somebody may send what was given out ten seconds ago: that the stream was there is forgotten by then.
      const newest = new Map<number, number>();
      rig.released.forEach((n, i) => {
        expect(rig.releasedAt[i]! - (newest.get(n) ?? -Infinity)).toBeGreaterThanOrEqual(10_000);
        newest.set(n, rig.releasedAt[i]!);
      });
      rig.after(10_000);
      expect(audio.filter((sequence) => !rig.released.includes(sequence))).toEqual([]);
      // Titles alone far ahead are kept for longest: 20 s.
      rig.after(10_000);
      expect(rig.deadlineMs).toBe(Infinity);
    }), { numRuns: 300 });
  });
});
