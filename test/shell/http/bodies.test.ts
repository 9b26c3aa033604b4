import { array, assert, integer, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dechunker } from '../../../shell/http/message/dechunker.ts';
import { IcyStripper } from '../../../shell/http/client/icy-stripper.ts';

function pieces(bytes: Buffer, size: number): Buffer[] {
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
}

describe('a chunked body', () => {
  const dechunk = (text: string, size: number): { body: string; ended: boolean; problem: string | undefined } => {
    let body = '';
    const dechunker = new Dechunker((bytes) => (body += Buffer.from(bytes).toString('latin1')));
    let problem: string | undefined;
    for (const piece of pieces(Buffer.from(text, 'latin1'), size)) problem ??= dechunker.push(piece);
    return { body, ended: dechunker.ended, problem };
  };

  it.each([1, 2, 5, 1_000])('comes out the same in pieces of %s', (size) => {
    const text = '5\r\nhello\r\nA;name=value\r\n0123456789\r\n1\n!\n0\r\nTrailer: x\r\n\r\n';
    expect(dechunk(text, size)).toEqual({ body: 'hello0123456789!', ended: true, problem: undefined });
  });

  it.each(['x\r\n', '-1\r\n', '\r\n', '5\r\nhelloX\r\n', `${'1'.repeat(300)}`, 'fffffffff\r\n'])('is none when it is %j', (text) => {
    expect(dechunk(text, 1).problem).toBe('bad chunk');
    expect(dechunk(text, 1_000).problem).toBe('bad chunk');
  });
});

describe('a stream with metadata', () => {
  it('gives audio and titles, whatever the chunks', () => {
    const block = (text: string): Buffer => {
      const units = Math.ceil(Buffer.byteLength(text) / 16);
      return Buffer.concat([Buffer.from([units]), Buffer.from(text), Buffer.alloc(units * 16 - Buffer.byteLength(text))]);
    };
    assert(
      property(
        integer({ min: 1, max: 50 }),
        array(string({ maxLength: 60 }).filter((text) => !text.includes('\0')), { maxLength: 8 }),
        integer({ min: 1, max: 200 }),
        (interval, texts, size) => {
          const audio = texts.map((_, index) => Buffer.alloc(interval, index + 1));
          const stream = Buffer.concat(texts.flatMap((text, index) => [audio[index]!, block(text)]));
          const heard: Buffer[] = [];
          const blocks: string[] = [];
          const stripper = new IcyStripper(interval, (bytes) => heard.push(Buffer.from(bytes)), (text) => blocks.push(text));
          for (const piece of pieces(stream, size)) stripper.push(piece);
          expect(Buffer.concat(heard)).toEqual(Buffer.concat(audio));
          expect(blocks).toEqual(texts.filter((text) => text !== ''));
        },
      ),
    );
  });
});
