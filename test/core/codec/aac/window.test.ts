import { describe, expect, test } from 'vitest';
import type { AacWindow, WindowSequence } from '../../../../core/codec/aac/raw-block.ts';
import { windowOf, windowsAgree } from '../../../../core/codec/aac/window.ts';
import { frameWith, heads } from '../heads.ts';

const sequences: readonly WindowSequence[] = ['long', 'start', 'short', 'stop'];

function window(sequence: WindowSequence, shape: 0 | 1 = 1): AacWindow {
  return { sequence, shape };
}

/** An ADTS frame whose raw data block begins with these bits. */
function block(bits: string): AacWindow | undefined {
  const bytes = new Uint8Array(40);
  bytes.set([0xff, 0xf1, 0x50, 0x80, 0x05, 0x1f, 0xfc]);
  for (const [at, bit] of [...bits.replaceAll(' ', '')].entries()) bytes[7 + (at >> 3)]! |= Number(bit) << (7 - (at & 7));
  return windowOf(bytes);
}

describe('the window of an AAC frame', () => {
  test.each([['00', 'long'], ['01', 'start'], ['10', 'short'], ['11', 'stop']] as const)('%s is %s', (bits, sequence) => {
    expect(block(`001 0000 1  0 ${bits} 1`)).toEqual({ sequence, shape: 1 });
    expect(block(`001 0000 0  01111011 0 ${bits} 0`)).toEqual({ sequence, shape: 0 });
    expect(block(`000 0000    01111011 0 ${bits} 1`)).toEqual({ sequence, shape: 1 });
  });

  test('lies behind data and filling, and is not known behind rarer elements', () => {
    expect(block('110 0001 00000000  000 0000 01111011 0 10 1')).toEqual({ sequence: 'short', shape: 1 });
    expect(block('101 0000 0000')).toBeUndefined();
  });

  const aacHeads = heads.filter(({ quiet }) => frameWith(quiet).format.codec === 'aac');

  test.each(aacHeads)('is told of what encoders make: $encoder', ({ quiet }) => {
    expect(windowOf(frameWith(quiet).bytes)?.sequence).toBe('long');
  });
});

describe('windows agree', () => {
  test('where the standard lets one sequence follow the other', () => {
    const allowed = sequences.map((last) => sequences.filter((next) => windowsAgree(window(last), window(next), undefined)));
    expect(allowed).toEqual([['long', 'start'], ['short', 'stop'], ['short', 'stop'], ['long', 'start']]);
  });

  test('and when the block before had the shape that the decoder has heard last', () => {
    expect(windowsAgree(window('long', 0), window('long', 1), window('long', 0))).toBe(true);
    expect(windowsAgree(window('long', 0), window('long', 1), window('long', 1))).toBe(false);
  });
});
