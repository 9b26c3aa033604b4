import { describe, expect, it } from 'vitest';
import { counterOf, ENVELOPE_BYTES, isEnvelope, isWholeEnvelope, MAX_COUNTER, sentAtOf, writeEnvelopeHead } from '../../../core/wire/envelope.ts';
import { decodeMessage, encodeMessage } from '../../../core/wire/pdu.ts';
import { data } from '../support/messages.ts';

const keyId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const start = Uint8Array.of(9, 10, 11, 12, 13, 14, 15, 16);

function envelope(counter = 1, sentAtMs = 1_795_817_265_123): Uint8Array {
  const bytes = new Uint8Array(ENVELOPE_BYTES + 30);
  writeEnvelopeHead(bytes, { keyId, start, counter, sentAtMs });
  return bytes;
}

describe('the envelope of a sealed datagram', () => {
  it('has its fields where the drawing says', () => {
    const bytes = envelope(0x0102_0304_0506, 0x1112_1314_1516);
    expect(Buffer.from(bytes.subarray(0, 32)).toString('hex')).toBe(['c801', '0102030405060708', '090a0b0c0d0e0f10', 'ffff', '010203040506', '111213141516'].join(''));
    expect([counterOf(bytes), sentAtOf(bytes)]).toEqual([0x0102_0304_0506, 0x1112_1314_1516]);
    expect([counterOf(envelope(MAX_COUNTER)), sentAtOf(envelope(1, 0))]).toEqual([MAX_COUNTER, 0]);
  });

  it('is no message, whatever its counter and length', () => {
    for (const counter of [1, 2 ** 32, MAX_COUNTER]) expect(decodeMessage(envelope(counter))).toBe('sequence-too-large');
    for (let length = 0; length < ENVELOPE_BYTES + 30; length++) expect(decodeMessage(envelope().subarray(0, length))).toBe(length < 26 ? 'too-short' : 'sequence-too-large');
  });

  it('cannot be taken by an original edge for what begins a stream, nor for audio', () => {
    // Types 2 and 0: that edge looks at no more than the type and the id before it drops what belongs to no stream that was announced.
    expect([0, 1, 2, 3]).not.toContain(envelope()[0]);
  });

  it('is told from every message', () => {
    expect(isEnvelope(envelope())).toBe(true);
    for (let type = 0; type < 256; type++) {
      const bytes = encodeMessage({ type, replica: 1, streamId: new Uint8Array(16), sequence: 2 ** 53 - 1, payload: new Uint8Array(60) });
      expect(isEnvelope(bytes)).toBe(false);
    }
    expect(isEnvelope(data(1, new Uint8Array(60)))).toBe(false);
  });

  it('is whole with at least one byte of a message, and at most 9,000, and of this version', () => {
    const long = new Uint8Array(ENVELOPE_BYTES + 9_001);
    long.set(envelope());
    expect([isWholeEnvelope(long.subarray(0, -1)), isWholeEnvelope(long)]).toEqual([true, false]);
    expect([ENVELOPE_BYTES, ENVELOPE_BYTES + 1].map((length) => isWholeEnvelope(envelope().subarray(0, length)))).toEqual([false, true]);
    const other = envelope();
    other[1] = 2;
    expect([isEnvelope(other), isWholeEnvelope(other)]).toEqual([true, false]);
  });
});
