import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StreamTable } from '../../../core/wire/stream-table.ts';
import { data, hex } from '../support/messages.ts';

/** Ids of which many belong at the same place: the same number in its outer words, and others between. */
function colliding(a: number, b: number): Uint8Array {
  const id = new Uint8Array(16);
  id[3] = a;
  id[15] = a;
  id[7] = b;
  return id;
}

function messageOf(id: Uint8Array): Uint8Array {
  const message = data(1, new Uint8Array(0));
  message.set(id, 2);
  return message;
}

describe('StreamTable', () => {
  it('does as a map by id does, though ids belong at the same place, and in the same order', () => {
    const step = fc.record({ kind: fc.constantFrom('add', 'delete', 'find'), a: fc.nat(7), b: fc.nat(7) });
    fc.assert(fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const table = new StreamTable<{ id: Uint8Array }>();
      const model = new Map<string, { id: Uint8Array }>();
      for (const { kind, a, b } of steps) {
        const id = colliding(a, b);
        const known = model.get(hex(id));
        if (kind === 'add' && known === undefined) {
          const stream = { id };
          table.add(stream);
          model.set(hex(id), stream);
        } else if (kind === 'delete') {
          table.delete(known ?? { id });
          model.delete(hex(id));
        } else expect(table.find(messageOf(id), 0)).toBe(known);
        expect(table.size).toBe(model.size);
        expect([...table]).toEqual([...model.values()]);
      }
    }));
  });

  it('finds by the id alone, at any place of a chunk', () => {
    const table = new StreamTable<{ id: Uint8Array }>();
    const stream = { id: colliding(1, 1) };
    table.add(stream);
    const chunk = new Uint8Array(90);
    chunk.set(messageOf(stream.id), 41);
    expect(table.find(chunk, 41)).toBe(stream);
    expect(table.find(chunk, 40)).toBeUndefined();
  });
});
