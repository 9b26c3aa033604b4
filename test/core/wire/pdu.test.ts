import { describe, expect, it } from 'vitest';
import {
  decodeMessage, emptyMessageView, encodeMessage, formatStreamId, MAX_PDU_BYTES, PDU_HEADER_BYTES, readId, readMessage, readMessageId, sameStream, streamHash, streamIdOf, writeMessage,
} from '../../../core/wire/pdu.ts';

/** A message as `protocol.md` draws it, written out by hand. */
const literal = Uint8Array.of(
  0x00, 0x01,
  0xde, 0xad, 0xbe, 0xef, 0x00, 0x11, 0x42, 0x22, 0x83, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99,
  0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x01, 0x02,
  0xff, 0xfb, 0x90,
);
const id = literal.slice(2, 18);

function withSequence(...bytes: number[]): Uint8Array {
  const message = literal.slice();
  message.set(bytes, 18);
  return message;
}

describe('a message', () => {
  it('lies in its bytes as the protocol says', () => {
    const message = { type: 0, replica: 1, streamId: id, sequence: 0x1_0000_0102, payload: Uint8Array.of(0xff, 0xfb, 0x90) };
    expect(encodeMessage(message)).toEqual(literal);
    expect(decodeMessage(literal)).toEqual(message);
    expect(formatStreamId(id)).toBe('deadbeef001142228333445566778899');
  });

  it('of any type, replica and payload, even none, is one', () => {
    expect(decodeMessage(Uint8Array.of(0xff, 0xff, ...id, 0, 0, 0, 0, 0, 0, 0, 0))).toMatchObject({ type: 255, replica: 255, sequence: 0, payload: new Uint8Array(0) });
  });

  it('shorter than its header is refused', () => {
    for (let length = 0; length < PDU_HEADER_BYTES; length++) expect(decodeMessage(literal.slice(0, length))).toBe('too-short');
    expect(decodeMessage(literal.slice(0, PDU_HEADER_BYTES))).toMatchObject({ sequence: 0x1_0000_0102 });
  });

  it('longer than a length prefix can say is refused', () => {
    expect(decodeMessage(new Uint8Array(MAX_PDU_BYTES))).toMatchObject({ sequence: 0 });
    expect(decodeMessage(new Uint8Array(MAX_PDU_BYTES + 1))).toBe('too-long');
  });

  it('has a sequence number up to 2^53 - 1', () => {
    expect(decodeMessage(withSequence(0x00, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toMatchObject({ sequence: Number.MAX_SAFE_INTEGER });
    expect(decodeMessage(withSequence(0x00, 0x20, 0, 0, 0, 0, 0, 0))).toBe('sequence-too-large');
    expect(decodeMessage(withSequence(0x80, 0, 0, 0, 0, 0, 0, 0))).toBe('sequence-too-large');
    expect(decodeMessage(withSequence(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff))).toBe('sequence-too-large');
    expect(decodeMessage(withSequence(0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff))).toMatchObject({ sequence: 0xffff_ffff });
  });

  it('is read where it lies, without looking beyond its end', () => {
    const bytes = new Uint8Array(100).fill(0xee);
    bytes.set(literal, 30);
    const view = emptyMessageView();
    expect(readMessage(view, bytes, 30, 30 + literal.length)).toBeUndefined();
    expect(view).toMatchObject({ start: 30, end: 59, type: 0, replica: 1, sequence: 0x1_0000_0102 });
    expect(view.bytes).toBe(bytes);
    expect(sameStream(id, bytes, 30)).toBe(true);
    expect(sameStream(id, bytes, 29)).toBe(false);
    expect(streamIdOf(bytes, 30)).toEqual(id);
    expect(streamHash(bytes, 30)).toBe(streamHash(literal, 0));
    const words = [new Int32Array(4), new Int32Array(4)] as const;
    readMessageId(words[0], bytes, 30);
    readId(words[1], id, 0);
    expect(words[0]).toEqual(words[1]);
    expect(new Uint8Array(words[0].buffer)).not.toEqual(new Uint8Array(16));
    expect(readMessage(view, bytes, 90, 100)).toBe('too-short');
  });

  it('with a field of ours that is wrong is a bug', () => {
    const good = { type: 0, replica: 0, streamId: id, sequence: 1, payload: new Uint8Array(0) };
    expect(() => encodeMessage({ ...good, streamId: id.slice(1) })).toThrow(RangeError);
    for (const sequence of [-1, 0.5, 2 ** 53, Number.NaN, Infinity]) expect(() => encodeMessage({ ...good, sequence })).toThrow(RangeError);
    expect(() => encodeMessage({ ...good, payload: new Uint8Array(MAX_PDU_BYTES - PDU_HEADER_BYTES + 1) })).toThrow(RangeError);
    expect(encodeMessage({ ...good, payload: new Uint8Array(MAX_PDU_BYTES - PDU_HEADER_BYTES) })).toHaveLength(MAX_PDU_BYTES);
  });

  it('is written into the middle of a buffer', () => {
    const into = new Uint8Array(64);
    expect(writeMessage(into, 7, { type: 3, replica: 2, streamId: id, sequence: 5, payload: Uint8Array.of(9) })).toBe(34);
    expect(decodeMessage(into.slice(7, 34))).toMatchObject({ type: 3, replica: 2, sequence: 5, payload: Uint8Array.of(9) });
    expect([...into.slice(0, 7), ...into.slice(34)].every((byte) => byte === 0)).toBe(true);
  });
});
