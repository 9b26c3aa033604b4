import { describe, expect, test } from 'vitest';
import { micros } from '../../../core/base/units.ts';
import { digestOf, digestOfText, RollingHash } from '../../../core/base/hash.ts';
import { Dice, exponential } from '../../../sim/world/rng.ts';
import { channel, MOST_NOTES, parcel, Trace, type TraceLine } from '../../../sim/world/trace.ts';

const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 7) & 255);

describe('a digest', () => {
  test('is another one when any byte is, or the length', () => {
    for (const length of [1, 4, 7, 418]) {
      const whole = digestOf(bytes(length));
      for (let at = 0; at < length; at++) {
        const changed = bytes(length);
        changed[at]! ^= 0x80;
        expect(digestOf(changed)).not.toBe(whole);
      }
      expect(digestOf(Uint8Array.of(...bytes(length), 0))).not.toBe(whole);
    }
  });

  test('does not depend on where the bytes lie in memory', () => {
    const memory = new Uint8Array(500);
    memory.set(bytes(418), 3);
    expect(digestOf(memory.subarray(3, 421))).toBe(digestOf(bytes(418)));
    expect(digestOf(memory, 3, 421)).toBe(digestOf(bytes(418)));
    for (const [from, to] of [[0, 0], [5, 20], [17, memory.length + 9], [memory.length, memory.length], [memory.length + 1, memory.length + 30]] as const) {
      expect(digestOf(memory, from, to)).toBe(digestOf(memory.subarray(from, to)));
    }
  });
});

/** What every machine and every engine must come to: if one of these changes, no recorded seed means the same any more. */
test('arithmetic is the same everywhere', () => {
  const hash = new RollingHash();
  for (const value of [0, 1, -1, 0x7fff_ffff, 86_400_000_000, 2 ** 53 - 1]) hash.mixWide(value);
  const random = new Dice(42).stream('path:enc-a→relay-1:loss');
  const pinned = {
    hash: hash.toString(),
    bytes: digestOf(bytes(418)),
    text: digestOfText('enc-a→relay-1'),
    draws: [random(), random(), exponential(random, 10)],
  };
  expect(pinned).toMatchInlineSnapshot(`
    {
      "bytes": 2017271663,
      "draws": [
        0.5113881914876401,
        0.6211837963201106,
        7.975012105889618,
      ],
      "hash": "3c732746f00cd19d",
      "text": -479825169,
    }
  `);
});

describe('a trace', () => {
  const where = channel('a→b');
  const hashOf = (write: (trace: Trace) => void): string => {
    const trace = new Trace();
    write(trace);
    return trace.hash;
  };
  const base = hashOf((trace) => trace.traffic(micros(5), 'sent', where, parcel(bytes(9))));

  test('has another hash for another time, direction, place or content', () => {
    const others = [
      hashOf((trace) => trace.traffic(micros(6), 'sent', where, parcel(bytes(9)))),
      hashOf((trace) => trace.traffic(micros(5), 'got', where, parcel(bytes(9)))),
      hashOf((trace) => trace.traffic(micros(5), 'sent', channel('a→c'), parcel(bytes(9)))),
      hashOf((trace) => trace.traffic(micros(5), 'sent', where, parcel(bytes(8)))),
      hashOf((trace) => trace.note(micros(5), 'a', 'sent')),
      hashOf((trace) => trace.note(micros(5), 'a', 'sent', { figure: 1 })),
      hashOf((trace) => trace.note(micros(5), 'a', 'sent', { figure: 2 })),
      hashOf((trace) => trace.tick(micros(5))),
      hashOf((trace) => trace.tick(micros(5 + 2 ** 32))),
      hashOf(() => {}),
    ];
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
  });

  test('has the same hash whether somebody reads its lines or not', () => {
    const lines: TraceLine[] = [];
    const read = new Trace((line) => lines.push(line));
    read.traffic(micros(5), 'sent', where, parcel(bytes(9)));
    expect(read.hash).toBe(base);
    expect(lines).toEqual([{ atUs: 5, actor: 'a→b', kind: 'sent', bytes: 9, digest: expect.stringMatching(/^[0-9a-f]{8}$/) }]);
  });
});

test('keeps so many notes and no more, but has all of them in its hash', () => {
  const filled = (last: string): Trace => {
    const trace = new Trace();
    for (let i = 0; i < MOST_NOTES; i++) trace.note(micros(i), 'a', 'b');
    trace.note(micros(MOST_NOTES), 'a', last);
    return trace;
  };
  const trace = filled('c');
  expect([trace.notes.length, trace.unkeptNotes]).toEqual([MOST_NOTES, 1]);
  expect(trace.hash).not.toBe(filled('d').hash);
});
