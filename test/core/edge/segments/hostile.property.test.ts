import fc from 'fast-check';
import { expect, it } from 'vitest';
import { encodeBreaks } from '../../../../core/wire/messages/breaks-message.ts';
import { encodeMoment } from '../../../../core/wire/messages/moment-message.ts';
import { MessageType } from '../../../../core/wire/pdu.ts';
import { message } from '../../support/messages.ts';
import { SegmentWorld, SLOT_US, UNIX_US } from './support.ts';

const FIRST = UNIX_US / SLOT_US;

const anyNumber = fc.oneof(fc.nat(100_000), fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 52, Number.MAX_SAFE_INTEGER));

/** Mostly near to what can be true, so that it is taken. */
const moment = fc.record({
  sequence: fc.oneof({ weight: 5, arbitrary: fc.nat(100) }, { weight: 1, arbitrary: fc.nat(2 ** 40) }).map((n) => 8 * n),
  anchorUs: fc.oneof({ weight: 5, arbitrary: fc.integer({ min: -8_000_000, max: 30_000_000 }) }, { weight: 1, arbitrary: fc.integer({ min: -(2 ** 49), max: 2 ** 50 }) }).map((us) => UNIX_US + us),
  sinceSamples: fc.oneof({ weight: 3, arbitrary: fc.nat(1_000_000) }, { weight: 1, arbitrary: anyNumber }),
  onAirUs: anyNumber,
}).map((one) => [MessageType.MOMENT, encodeMoment(one) ?? new Uint8Array(32)] as const);

const breaks = fc.record({
  number: fc.oneof(fc.integer({ min: -5, max: 10 }).map((n) => FIRST + n), anyNumber),
  slotMs: fc.constantFrom(6_000, 6_000, 4_000, 0, 2 ** 32 - 1),
  count: fc.oneof(fc.nat(10), anyNumber),
}).map((one) => [MessageType.BREAKS, encodeBreaks(one)] as const);

const said = fc.array(fc.tuple(fc.nat(25_000_000), fc.oneof(moment, breaks, fc.uint8Array({ maxLength: 40 }).map((bytes) => [MessageType.MOMENT, bytes] as const))), { minLength: 20, maxLength: 60 });

it('whatever other edges say of a stream, each slot has one segment, whose numbers are numbers, and the process goes on', () => {
  fc.assert(fc.property(said, fc.boolean(), (all, hasClock) => {
    const world = new SegmentWorld();
    world.spreads = true;
    const edge = world.edge();
    world.edge({ delayUs: 40_000 });
    const studio = world.studio(1, { hasClock });
    for (const [atUs, [type, payload]] of all) world.after(1_500_000 + atUs, () => edge.take(studio, message(type, 0, payload)));
    world.run(30);
    expect(edge.segments.length).toBeGreaterThanOrEqual(2);
    for (const [at, { number, startUs, mediaUs, durationUs, frames, discontinuities }] of edge.segments.entries()) {
      if (at > 0) expect(number).toBe(edge.segments[at - 1]!.number + 1);
      expect([startUs, mediaUs, durationUs, discontinuities].every(Number.isSafeInteger)).toBe(true);
      expect(Math.abs(startUs - number * SLOT_US)).toBeLessThan(SLOT_US);
      expect(frames * 26_000).toBeLessThan(2 * SLOT_US);
    }
  }), { numRuns: 12 });
});
