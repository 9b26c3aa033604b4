import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Deframer } from '../../../core/wire/deframer.ts';
import { MAX_PDU_BYTES } from '../../../core/wire/pdu.ts';
import { chunked, framed, hex } from '../support/messages.ts';

describe('the deframer', () => {
  it('gives the same messages however the bytes are cut', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 3_000, size: 'max' }).map((bytes) => bytes.slice(0, bytes.length % 7 === 0 ? 0 : undefined)), { maxLength: 12 });
    const cuts = fc.array(fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 4_000 })), { minLength: 1, maxLength: 20 });
    fc.assert(fc.property(messages, cuts, fc.boolean(), (sent, lengths, reuse) => {
      const received: string[] = [];
      const deframer = new Deframer((bytes, start, end) => received.push(hex(bytes.subarray(start, end))));
      const buffer = new Uint8Array(5_000);
      for (const chunk of chunked(framed(...sent), lengths)) {
        if (reuse) {
          // Chunks are borrowed: the next one may lie where this one lay.
          buffer.fill(0xcc);
          buffer.set(chunk);
          deframer.push(buffer.subarray(0, chunk.length));
        } else deframer.push(chunk);
      }
      expect(received).toEqual(sent.filter((one) => one.length > 0).map(hex));
      expect(deframer.pendingBytes).toBe(0);
    }), { numRuns: 150 });
  });

  it('holds one message at most, whatever comes', () => {
    fc.assert(fc.property(fc.array(fc.uint8Array({ maxLength: 500 })), (chunks) => {
      const deframer = new Deframer((bytes, start, end) => {
        expect(end - start).toBeGreaterThan(0);
        expect(end).toBeLessThanOrEqual(bytes.length);
      });
      let pushed = 0;
      for (const chunk of chunks) {
        deframer.push(chunk);
        pushed += chunk.length;
        expect(deframer.pendingBytes).toBeLessThanOrEqual(Math.min(pushed, MAX_PDU_BYTES + 1));
      }
    }));
  });
});
