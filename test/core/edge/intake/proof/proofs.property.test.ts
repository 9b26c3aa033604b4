import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EdgeRig } from '../../../support/edge-rig.ts';
import { breaks, makersIn, numbered, numbersIn, range } from '../../../support/frames.ts';
import { announce, data } from '../../../support/messages.ts';
import { Checks, Key, signedBy } from '../../../support/signing.ts';

const key = new Key('studio-a');
const PER_SECOND = 20;
const SECONDS = 4;
const FRAMES = SECONDS * (PER_SECOND - 1);

/** 21 messages a second: an ANNOUNCE, 19 frames, a SIGNATURE. */
function made(): Uint8Array[] {
  return range(0, SECONDS - 1).flatMap((second) => {
    const first = 1 + second * (PER_SECOND + 1);
    const messages = range(0, PER_SECOND - 1).map((n) => (n === 0 ? announce(first, 'test') : data(first + n, numbered(second * (PER_SECOND - 1) + n - 1))));
    return signedBy(key, messages, { sequence: first + PER_SECOND, mountpoint: 'test' });
  });
}

const messages = made();

/** Every mountpoint has to be signed, and the key is for one of them. */
class StrictChecks extends Checks {
  override covers(): number {
    return 1;
  }
}

/** Everything that a listener hears from the first frame on, of what comes by these paths. */
function heardOf(verify: 'switch' | 'hold', ways: readonly (readonly (readonly Uint8Array[])[])[]): { numbers: number[]; rig: EdgeRig } {
  const rig = new EdgeRig({}, { proof: new StrictChecks([key]), policies: { test: { verify } } });
  const paths = ways.map((_, n) => rig.open('udp', `relay-${n}`));
  for (const turn of messages.keys()) {
    rig.until(turn * 50);
    for (const [n, way] of ways.entries()) rig.udp(paths[n]!, ...(way[turn] ?? []));
  }
  rig.until(messages.length * 50 + 8_000);
  if (rig.edge.mountNames.length === 0) return { numbers: [], rig };
  const listener = rig.join('test', { burstMs: 60_000 });
  rig.until(rig.now / 1000 + 1_000);
  const audio = rig.audio(listener);
  expect(makersIn(audio)).not.toContain(99);
  return { numbers: numbersIn(audio), rig };
}

describe('signed messages', () => {
  it('are refused when any bit of any of them is another one, and nothing else is', () => {
    fc.assert(
      fc.property(fc.nat(messages.length - 1), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), fc.nat(7), (at, where, bit) => {
        const flipped = messages[at]!.slice();
        const byte = Math.floor(where * flipped.length);
        fc.pre(byte !== 1);
        flipped[byte]! ^= 1 << bit;
        const { numbers, rig } = heardOf('hold', [messages.map((message, n) => [n === at ? flipped : message])]);
        const { dropped } = rig.edge.stats.paths[0]!;
        const refused = Object.values(dropped).reduce((sum, count) => sum + count, 0);
        expect(refused).toBeGreaterThanOrEqual(1);
        // Without its signature a whole second is missing; otherwise one frame at most. What the edge keeps begins with the newest ten seconds.
        expect(numbers.length).toBeGreaterThanOrEqual(FRAMES - (messages[at]![0] === 22 ? PER_SECOND - 1 : messages[at]![0] === 2 ? PER_SECOND : 1));
        expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
        expect(new Set(numbers).size).toBe(numbers.length);
      }),
      { numRuns: 60 },
    );
  });

  it.each(['switch', 'hold'] as const)('blame nobody when some of them are lost, twice there or out of order: %s', (verify) => {
    const fate = fc.array(fc.constantFrom('there', 'there', 'there', 'lost', 'twice', 'later'), { minLength: messages.length, maxLength: messages.length });
    fc.assert(
      fc.property(fate, fate, (a, b) => {
        const ways = [a, b].map((fates) => {
          const way: Uint8Array[][] = messages.map(() => []);
          for (const [n, message] of messages.entries()) {
            if (fates[n] !== 'lost') (way[n + (fates[n] === 'later' ? 2 : 0)] ?? way[n]!).push(message.with(1, n & 1));
            if (fates[n] === 'twice') way[n]!.push(message);
          }
          return way;
        });
        const { numbers, rig } = heardOf(verify, ways);
        expect(rig.of('relay-forges')).toEqual([]);
        expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
        for (const { dropped } of rig.edge.stats.paths) expect(Object.keys(dropped)).not.toContain('bad-signature');
      }),
      { numRuns: 25 },
    );
  });

  it('are all there when each has come by one of two ways at least', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2), { minLength: messages.length, maxLength: messages.length }), (which) => {
        const ways = [0, 1].map((way) => messages.map((message, n) => (which[n] === way || which[n] === 2 ? [message] : [])));
        const { numbers } = heardOf('hold', ways);
        expect(breaks(numbers)).toEqual([]);
        expect(numbers).toHaveLength(FRAMES);
      }),
      { numRuns: 20 },
    );
  });
});
