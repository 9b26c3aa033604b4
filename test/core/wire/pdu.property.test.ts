import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../../../core/wire/pdu.ts';
import { parts } from '../support/messages.ts';

const anyMessage = fc.record({
  type: fc.nat(255),
  replica: fc.nat(255),
  streamId: fc.uint8Array({ minLength: 16, maxLength: 16 }),
  sequence: fc.oneof(fc.maxSafeNat(), fc.nat(2_000), fc.constantFrom(2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1)),
  payload: fc.uint8Array({ maxLength: 300 }),
});

describe('messages', () => {
  it('decode to what was encoded', () => {
    fc.assert(fc.property(anyMessage, (message) => {
      expect(decodeMessage(encodeMessage(message))).toEqual(message);
    }));
  });

  it('are encoded as a DataView reads them', () => {
    fc.assert(fc.property(anyMessage, ({ streamId, ...message }) => {
      const { id, ...read } = parts(encodeMessage({ ...message, streamId }));
      expect(read).toEqual(message);
      expect(id).toBe(Buffer.from(streamId).toString('hex'));
    }));
  });

  it('encode to what was decoded: any bytes are a message or have a problem', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const decoded = decodeMessage(bytes);
      if (typeof decoded === 'string') expect(['too-short', 'sequence-too-large']).toContain(decoded);
      else expect(encodeMessage(decoded)).toEqual(bytes);
    }));
  });
});
