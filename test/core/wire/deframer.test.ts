import { describe, expect, it } from 'vitest';
import { Deframer } from '../../../core/wire/deframer.ts';
import { MAX_PDU_BYTES } from '../../../core/wire/pdu.ts';

function collect(...chunks: number[][]): number[][] {
  const messages: number[][] = [];
  const deframer = new Deframer((bytes, start, end) => messages.push([...bytes.subarray(start, end)]));
  for (const chunk of chunks) deframer.push(Uint8Array.from(chunk));
  return messages;
}

describe('the deframer', () => {
  it('reads two bytes of big-endian length, then the message', () => {
    expect(collect([0, 3, 7, 8, 9, 0, 1, 5])).toEqual([[7, 8, 9], [5]]);
    const long = Array.from({ length: 0x0102 }, () => 4);
    expect(collect([1, 2, ...long])).toEqual([long]);
  });

  it('skips a zero length, wherever it is cut', () => {
    expect(collect([0, 0, 0, 0, 0, 1, 5, 0, 0])).toEqual([[5]]);
    expect(collect([0], [0], [0], [0, 0], [1, 5], [0, 0], [0, 1], [6])).toEqual([[5], [6]]);
  });

  it('says how much of an unfinished message it has', () => {
    const deframer = new Deframer(() => undefined);
    deframer.push(Uint8Array.of(0));
    expect(deframer.pendingBytes).toBe(1);
    deframer.push(Uint8Array.of(4, 1, 2));
    expect(deframer.pendingBytes).toBe(4);
    deframer.push(Uint8Array.of(3, 4, 0));
    expect(deframer.pendingBytes).toBe(1);
    deframer.push(new Uint8Array(0));
    expect(deframer.pendingBytes).toBe(1);
  });

  it('does not copy a message that lies whole in a chunk', () => {
    const chunk = Uint8Array.of(0, 2, 1, 2, 0, 1, 3);
    const seen: Uint8Array[] = [];
    new Deframer((bytes) => seen.push(bytes)).push(chunk);
    expect(seen.every((bytes) => bytes === chunk)).toBe(true);
  });

  it('takes the longest message there is, a byte at a time', () => {
    let length = 0;
    const deframer = new Deframer((_bytes, start, end) => { length = end - start; });
    deframer.push(Uint8Array.of(0xff));
    deframer.push(Uint8Array.of(0xff));
    for (let i = 0; i < MAX_PDU_BYTES; i++) {
      expect(length).toBe(0);
      deframer.push(Uint8Array.of(i));
    }
    expect(length).toBe(MAX_PDU_BYTES);
    expect(deframer.pendingBytes).toBe(0);
  });
});
