import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deframer } from '../../../../core/wire/deframer.ts';
import { MAX_NATS_MESSAGE_BYTES, NatsIntake } from '../../../../shell/net/nats/intake.ts';
import { subjectOf } from '../../../../shell/net/nats/subjects.ts';
import { announce, data, framed, streamId } from '../../../core/support/messages.ts';

const audio = new Uint8Array(100);
const subject = subjectOf('davecast', { streamId: streamId(1), mount: 'jazz' });

describe('what comes by NATS', () => {
  it('is taken where it is of the stream and the mountpoint that its subject says', () => {
    const intake = new NatsIntake('davecast', 10);
    expect(intake.refuse(0, subject, framed(announce(1, 'jazz'), data(2, audio)))).toBeUndefined();
    expect(intake.refuse(0, subject, framed(data(3, audio)))).toBeUndefined();
  });

  it.each([
    ['message on a subject that does not parse', 'davecast.v1.radio', framed(data(1, audio))],
    ['message that is too large', subject, new Uint8Array(MAX_NATS_MESSAGE_BYTES + 1)],
    ['message that is not whole', subject, new Uint8Array(0)],
    ['message that is not whole', subject, framed(data(1, audio)).subarray(0, -1)],
    ['message that is not whole', subject, Buffer.concat([framed(data(1, audio)), Buffer.from([9])])],
    ['message that is not whole', subject, Buffer.from([0, 0])],
    ['message that is not whole', subject, framed(new Uint8Array(25))],
    ['message of another stream than its subject says', subjectOf('davecast', { streamId: streamId(9), mount: 'jazz' }), framed(data(1, audio))],
    ['message of another stream than its subject says', subject, framed(data(1, audio), data(1, audio, { stream: 9 }))],
    ['message of another mountpoint than its subject says', subject, framed(data(1, audio), announce(2, 'news'))],
  ])('%s', (reason, on, bytes) => {
    expect(new NatsIntake('davecast', 10).refuse(0, on, bytes)).toBe(reason);
  });

  it('is not taken on the subject of another mountpoint, for a stream that is known', () => {
    const intake = new NatsIntake('davecast', 10);
    expect(intake.refuse(0, subject, framed(data(1, audio)))).toBeUndefined();
    const other = subjectOf('davecast', { streamId: streamId(1), mount: 'news' });
    expect(intake.refuse(0, other, framed(data(2, audio)))).toBe('message of another mountpoint than its subject says');
    expect(intake.refuse(0, subject, framed(data(2, audio)))).toBeUndefined();
  });

  it('leaves no half of a message behind, whatever it is', () => {
    const whole = framed(announce(1, 'jazz'), data(2, audio));
    const near = fc.tuple(fc.array(fc.nat({ max: whole.length - 1 }), { maxLength: 3 }), fc.nat({ max: 255 }), fc.nat({ max: whole.length })).map(([places, value, length]) => whole.map((byte, at) => (places.includes(at) ? value : byte)).subarray(0, length));
    const intake = new NatsIntake('davecast', 10);
    let taken = 0;
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), near, fc.constant(whole)), (bytes) => {
      const deframer = new Deframer(() => undefined);
      if (intake.refuse(0, subject, bytes) !== undefined) return;
      deframer.push(bytes);
      expect(deframer.pendingBytes).toBe(0);
      taken++;
    }), { numRuns: 1_000 });
    expect(taken).toBeGreaterThan(100);
  });

  describe('with more streams than there is room for', () => {
    const other = subjectOf('davecast', { streamId: streamId(1), mount: 'news' });

    function come(intake: NatsIntake, nowMs: number, stream: number): string | undefined {
      return intake.refuse(nowMs, subjectOf('davecast', { streamId: streamId(stream), mount: 'jazz' }), framed(data(1, audio, { stream })));
    }

    it('forgets none that has come for ten seconds: nobody else can bring it with another mountpoint', () => {
      const intake = new NatsIntake('davecast', 8);
      for (const nowMs of [0, 9_000]) come(intake, nowMs, 1);
      for (let n = 2; n < 500; n++) expect(come(intake, 10_000 + n, n)).toBeUndefined();
      expect(intake.refuse(10_500, other, framed(data(2, audio)))).toBe('message of another mountpoint than its subject says');
    });

    it('takes no more where all have come for so long, until some do not come any more', () => {
      const intake = new NatsIntake('davecast', 4);
      for (const nowMs of [0, 11_000]) for (let n = 1; n <= 8; n++) expect(come(intake, nowMs, n)).toBeUndefined();
      expect(come(intake, 12_000, 9)).toBe('message of one stream too many');
      for (let n = 2; n <= 8; n++) come(intake, 20_000, n);
      expect(come(intake, 21_000, 9)).toBeUndefined();
      // The first one was forgotten.
      expect(intake.refuse(21_000, other, framed(data(2, audio)))).toBeUndefined();
    });
  });
});
