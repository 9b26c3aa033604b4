import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Journal } from '../../../core/base/memory/journal.ts';
import type { Micros } from '../../../core/base/units.ts';
import { join } from '../codec/build.ts';

it('what is wanted of a journal is given in its order, up to where it may be, and the place of the reader is as if all had been', () => {
  const record = fc.record({ length: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 200, max: 700 })), isWanted: fc.boolean() });
  fc.assert(fc.property(fc.array(record, { maxLength: 60, size: 'max' }), fc.nat(60), fc.nat(60), (records, first, last) => {
    const journal = new Journal({ chunkBytes: 512, markEveryUs: 100 });
    const written = records.map(({ length, isWanted }, index) => {
      const payload = Uint8Array.from({ length }, (_, i) => (i === 0 ? Number(isWanted) : index));
      const before = journal.newest();
      journal.append((100 * index) as Micros, payload, 0, length, true);
      return { before, bytes: join(Uint8Array.of(length >> 8, length & 255), payload) };
    });
    const [from, to] = [Math.min(first, last, records.length), Math.min(Math.max(first, last), records.length)];
    const place = (index: number): { position: number; record: number } => ({ ...(written[index]?.before ?? journal.newest()) });
    const cursor = place(from);
    const given: Uint8Array[] = [];
    for (;;) {
      const at = cursor.position;
      const bytes = journal.readWanted(cursor, (message, start) => message[start] === 1, place(to).position);
      if (bytes === undefined) break;
      expect(cursor.position).toBeGreaterThan(at);
      given.push(bytes);
    }
    expect(cursor).toEqual(place(to));
    expect(Buffer.compare(join(...given), join(...written.slice(from, to).filter((_, index) => records[from + index]!.isWanted).map(({ bytes }) => bytes)))).toBe(0);
  }));
});
