import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal, type Cursor } from '../../../../core/base/memory/journal.ts';
import type { Micros } from '../../../../core/base/units.ts';
import { join } from '../../codec/build.ts';

interface Record {
  time: number;
  bytes: Uint8Array;
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('append' as const), length: fc.oneof(fc.nat(90), fc.integer({ min: 200, max: 700 })), after: fc.oneof(fc.nat(30), fc.nat(300)) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), reader: fc.nat(4), times: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trimBefore' as const), age: fc.nat(800), keep: fc.option(fc.nat(4)) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('trimToBytes' as const), bytes: fc.nat(2_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reset' as const), reader: fc.nat(4), to: fc.constantFrom('oldest' as const, 'newest' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('at' as const), reader: fc.nat(4), age: fc.nat(1_000) }) },
);

const MARK_US = 100;
const CHUNK = 512;

describe('Journal', () => {
  it('does as a list of records does, for many readers, trims and entries by time', () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 120, size: 'max' }), fc.boolean(), fc.array(fc.boolean(), { maxLength: 8 }), (steps, prefixed, lettingGo) => {
      let asked = 0;
      /** Sometimes all readers let go of what they have. */
      const isFree = (): boolean => {
        const isLetGo = lettingGo[asked++ % lettingGo.length] === true;
        if (isLetGo) kept.length = 0;
        return isLetGo;
      };
      const journal = new Journal({ chunkBytes: CHUNK, markEveryUs: MARK_US, isFree });
      const all: Record[] = [];
      const positions = [0];
      const readers: Cursor[] = Array.from({ length: 5 }, () => journal.newest());
      /** What was handed out, to see that it is never written again. */
      const kept: { live: Uint8Array; copy: Uint8Array }[] = [];
      let now = 1_000;
      for (const one of steps) {
        if (one.kind === 'append') {
          now += one.after;
          const payload = Uint8Array.from({ length: prefixed ? one.length : Math.max(1, one.length) }, (_, i) => all.length + i);
          const around = join(Uint8Array.of(9, 9, 9), payload, Uint8Array.of(8));
          journal.append(now as Micros, around, 3, 3 + payload.length, prefixed);
          const bytes = prefixed ? join(Uint8Array.of(payload.length >> 8, payload.length & 255), payload) : payload;
          all.push({ time: now, bytes });
          positions.push(positions.at(-1)! + bytes.length);
        } else if (one.kind === 'read') {
          const cursor = readers[one.reader]!;
          const before = cursor.record;
          const lost = journal.catchUp(cursor);
          expect(lost).toBe(Math.max(0, journal.tailRecord - before));
          for (let i = 0; i < one.times; i++) {
            const from = cursor.record;
            const piece = from < all.length ? journal.piece(cursor.position, 1_500) : undefined;
            const bytes = journal.read(cursor);
            if (bytes === undefined) {
              expect(cursor.record).toBe(all.length);
              break;
            }
            expect(cursor.record).toBeGreaterThan(from);
            const rest = join(...all.slice(from).map((record) => record.bytes));
            expect(Buffer.compare(piece!, rest.subarray(0, piece!.length))).toBe(0);
            expect(positions).toContain(positions[from]! + piece!.length);
            expect(piece!.length).toBeGreaterThanOrEqual(bytes.length);
            // All of it, but for what is more than asked for.
            expect(piece!.length <= Math.max(1_500, bytes.length) && (piece!.length === rest.length || piece!.length > 1_500 - Math.max(CHUNK, 702))).toBe(true);
            kept.push({ live: piece!, copy: piece!.slice() });
            expect(Buffer.compare(bytes, join(...all.slice(from, cursor.record).map((record) => record.bytes)))).toBe(0);
            expect(bytes.length).toBeLessThanOrEqual(Math.max(CHUNK, 702));
            kept.push({ live: bytes, copy: bytes.slice() });
          }
        } else if (one.kind === 'trimBefore') {
          const keepFrom = one.keep === null ? undefined : Math.max(journal.tail, readers[one.keep]!.position);
          const tailBefore = journal.tailRecord;
          journal.trimBefore((now - one.age) as Micros, keepFrom);
          const dropped = all.slice(tailBefore, journal.tailRecord);
          for (const { time } of dropped) expect(time).toBeLessThanOrEqual(now - one.age);
          if (keepFrom !== undefined) expect(journal.tail).toBeLessThanOrEqual(keepFrom);
          if (keepFrom === undefined && journal.tailRecord < all.length) {
            // At most a mark's span too much: the second record that could be a mark is young enough.
            const first = all[journal.tailRecord]!.time;
            const younger = all.slice(journal.tailRecord).find(({ time }) => time - first >= MARK_US);
            if (younger !== undefined) expect(younger.time).toBeGreaterThan(now - one.age);
          }
        } else if (one.kind === 'trimToBytes') {
          journal.trimToBytes(one.bytes);
        } else if (one.kind === 'reset') readers[one.reader] = journal[one.to]();
        else {
          const cursor = journal.at((now - one.age) as Micros);
          readers[one.reader] = cursor;
          const found = all[cursor.record];
          // Entered at the asked time or up to a mark's span earlier, as long as so old a record is there.
          const exact = all.findIndex(({ time }, i) => i >= journal.tailRecord && time > now - one.age);
          if (exact > journal.tailRecord && found !== undefined) expect(cursor.record).toBeLessThanOrEqual(exact);
        }
        expect([journal.head, journal.headRecord]).toEqual([positions.at(-1), all.length]);
        expect(journal.tail).toBe(positions[journal.tailRecord]);
        // Besides what is between tail and head: the rest of the oldest chunk, and of each chunk that a record did not fit in.
        expect(journal.heldBytes).toBeLessThanOrEqual(4 * (journal.head - journal.tail) + 2 * Math.max(CHUNK, 702) + 2 * CHUNK);
      }
      for (const { live, copy } of kept) expect(Buffer.compare(live, copy)).toBe(0);
    }), { numRuns: 250 });
  });

  it.each([0, 1, 50])('keeps no more bytes than it is told, even of records that come %i us apart', (apartUs) => {
    const journal = new Journal({ chunkBytes: 1_024, markEveryUs: 100_000 });
    for (let i = 0; i < 1_000; i++) {
      journal.append((i * apartUs) as Micros, new Uint8Array(100), 0, 100, true);
      journal.trimToBytes(8_192);
    }
    expect(journal.head - journal.tail).toBeLessThanOrEqual(8_192 + 2_048);
    expect(journal.heldBytes).toBeLessThanOrEqual(8_192 + 4_096);
  });

  it('writes to what it has let go of again, but not while somebody may have it', () => {
    let isFree = false;
    const journal = new Journal({ chunkBytes: 1_024, markEveryUs: 1, isFree: () => isFree });
    const memoryOf = (from: number, to: number): ReadonlySet<unknown> => {
      const memory = new Set<unknown>();
      for (let i = from; i < to; i++) {
        const cursor = journal.newest();
        journal.append(i as Micros, new Uint8Array(1_024), 0, 1_024, false);
        memory.add(journal.read(cursor)!.buffer);
        journal.trimToBytes(4_096);
      }
      return memory;
    };
    expect(memoryOf(0, 100).size).toBe(100);
    isFree = true;
    expect(memoryOf(100, 200).size).toBeLessThanOrEqual(7);
  });

  it.each(['read', 'readWanted', 'piece'] as const)('writes to what it has let go of again, where nobody has had any of it by %s', (how) => {
    const journal = new Journal({ chunkBytes: 1_024, markEveryUs: 1 });
    const heldWhere = (isRead: boolean): number => {
      for (let i = 0; i < 20; i++) {
        const cursor = journal.newest();
        journal.append(i as Micros, new Uint8Array(1_022), 0, 1_022, true);
        if (isRead && how === 'piece') journal.piece(cursor.position, 0);
        else if (isRead && how === 'readWanted') journal.readWanted(cursor, () => true);
        else if (isRead) journal.read(cursor);
        journal.trimToBytes(4_096);
      }
      return journal.heldBytes;
    };
    // One that was let go of is kept to be written to.
    expect([heldWhere(true), heldWhere(false), heldWhere(true)]).toEqual([4_096, 5_120, 4_096]);
  });

  it('lets go of everything once all is too old', () => {
    const journal = new Journal({ chunkBytes: 1_024, markEveryUs: 100_000 });
    for (let i = 0; i < 100; i++) journal.append((i * 1_000) as Micros, new Uint8Array(100), 0, 100, true);
    journal.trimBefore(10_000_000 as Micros);
    expect([journal.tailRecord, journal.tail]).toEqual([100, journal.head]);
    expect(journal.heldBytes).toBeLessThanOrEqual(1_024);
    const cursor = journal.oldest();
    expect(journal.read(cursor)).toBeUndefined();
    journal.append(11_000_000 as Micros, Uint8Array.of(7), 0, 1, true);
    expect(journal.read(cursor)).toEqual(Uint8Array.of(0, 1, 7));
  });
});
