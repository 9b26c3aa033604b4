import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { encodeMessage, MessageType } from '../../../../core/wire/pdu.ts';
import { decodeSignature, encodeSignature, MAX_SIGNATURE_MESSAGE_BYTES, SIGNATURE_CONTEXT, type Signed } from '../../../../core/wire/messages/signature.ts';
import { isTooLongFor } from '../../../../core/wire/messages/payloads.ts';
import { streamId } from '../../support/messages.ts';

const keyId = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);

function whole(payload: Uint8Array, sequence = 500, replica = 0): Uint8Array {
  return encodeMessage({ type: MessageType.SIGNATURE, replica, streamId: streamId(1), sequence, payload });
}

function read(message: Uint8Array, sequence = 500): Signed | undefined {
  return decodeSignature({ bytes: message, start: 0, end: message.length, sequence });
}

describe('a SIGNATURE', () => {
  it('has the bytes that are drawn', () => {
    const payload = encodeSignature({ keyId, atMs: 0x0102_0304_0506, mountpoint: 'jazz', digests: new Uint8Array(20).fill(9) });
    expect([...payload]).toEqual([1, ...keyId, 1, 2, 3, 4, 5, 6, 2, 4, ...Buffer.from('jazz'), ...new Uint8Array(20).fill(9), ...new Uint8Array(64)]);
    expect(read(whole(payload))).toMatchObject({ keyId, atMs: 0x0102_0304_0506, mountpoint: 'jazz', from: 498, to: 500 });
  });

  it('signs all before it, whatever the replica number', () => {
    const payload = encodeSignature({ keyId, atMs: 7, mountpoint: 'jazz', digests: new Uint8Array(10) });
    const [one, other] = [read(whole(payload)), read(whole(payload, 500, 3))];
    expect(Buffer.from(one!.content)).toEqual(Buffer.concat([SIGNATURE_CONTEXT, whole(payload).subarray(0, -64)]));
    expect(other!.content).toEqual(one!.content);
  });

  it('is one for any mountpoint and number of messages, and never too long', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 128 }), fc.stringMatching(/^[a-y]{1,100}$/), fc.nat(2 ** 40), (count, mountpoint, atMs) => {
      const payload = encodeSignature({ keyId, atMs, mountpoint, digests: new Uint8Array(10 * count).fill(count) });
      expect(isTooLongFor(MessageType.SIGNATURE, payload.length)).toBe(false);
      expect(read(whole(payload))).toMatchObject({ mountpoint, atMs, from: 500 - count });
    }));
    expect(isTooLongFor(MessageType.SIGNATURE, MAX_SIGNATURE_MESSAGE_BYTES + 1)).toBe(true);
  });

  it('is none with another version, no messages, more than there can be, another length, or no mountpoint', () => {
    const good = encodeSignature({ keyId, atMs: 7, mountpoint: 'jazz', digests: new Uint8Array(20) });
    expect(read(whole(good))).toBeDefined();
    for (const [at, value] of [[0, 2], [15, 0], [15, 129], [15, 3], [16, 5], [17, 0x20]] as const) expect(read(whole(good.with(at, value)))).toBeUndefined();
    expect(read(whole(good.subarray(0, -1)))).toBeUndefined();
    expect(read(whole(good), 1)).toBeUndefined();
    for (let length = 0; length < good.length; length++) expect(read(whole(good.subarray(0, length)))).toBeUndefined();
  });
});
