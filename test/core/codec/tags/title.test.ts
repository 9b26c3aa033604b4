import { describe, expect, it } from 'vitest';
import { titleOf } from '../../../../core/codec/tags/title.ts';
import { ascii, id3v1, join } from '../build.ts';
import { numbered } from '../../support/frames.ts';

const audio = join(numbered(0), numbered(1));

/** A frame of ID3v2: its name, its length in the way of that version, two bytes of flags but in 2.2, and the encoding in front of the text. */
function frame(version: 2 | 3 | 4, name: string, encoding: number, text: Uint8Array): Uint8Array {
  const length = text.length + 1;
  const bits = version === 4 ? 7 : 8;
  const bytes = Array.from({ length: version === 2 ? 3 : 4 }, (_, n, all = version === 2 ? 3 : 4) => (length >> ((all - 1 - n) * bits)) & (2 ** bits - 1));
  return join(ascii(name), Uint8Array.from(bytes), new Uint8Array(version === 2 ? 0 : 2), Uint8Array.of(encoding), text);
}

function tag(version: number, flags: number, ...frames: readonly Uint8Array[]): Uint8Array {
  const body = join(...frames, new Uint8Array(20));
  return join(ascii('ID3'), Uint8Array.of(version, 0, flags, 0, 0, body.length >> 7, body.length & 0x7f), body);
}

const utf16 = (text: string, isBig: boolean): Uint8Array => Uint8Array.from([...text].flatMap((letter) => (isBig ? [0, letter.charCodeAt(0)] : [letter.charCodeAt(0), 0])));

describe('the title of a file', () => {
  it.each<[string, Uint8Array, string]>([
    ['ID3v2.3, with its artist', tag(3, 0, frame(3, 'TPE1', 0, ascii('Radio')), frame(3, 'TIT2', 0, ascii('Hello'))), 'Radio - Hello'],
    ['ID3v2.3 in Windows-1252', tag(3, 0, frame(3, 'TIT2', 0, Uint8Array.of(0x48, 0xe9, 0, 0x78))), 'Hé'],
    ['ID3v2.3 in UTF-16', tag(3, 0, frame(3, 'TIT2', 1, join(Uint8Array.of(0xff, 0xfe), utf16('Hello', false)))), 'Hello'],
    ['ID3v2.4 in UTF-16, the highest byte first', tag(4, 0, frame(4, 'TIT2', 2, utf16('Hello', true))), 'Hello'],
    ['ID3v2.4 in UTF-8, longer than 127 bytes', tag(4, 0, frame(4, 'TXXX', 0, new Uint8Array(200)), frame(4, 'TIT2', 3, Uint8Array.of(0xc3, 0xa9))), 'é'],
    ['ID3v2.2', tag(2, 0, frame(2, 'TT2', 0, ascii('Hello'))), 'Hello'],
    ['an artist without a title', tag(3, 0, frame(3, 'TPE1', 0, ascii('Radio'))), ''],
    ['an unsynchronised tag', tag(3, 0x80, frame(3, 'TIT2', 0, ascii('Hello'))), ''],
    ['a version that there is not', tag(9, 0, frame(3, 'TIT2', 0, ascii('Hello'))), ''],
    ['a frame that is longer than its tag', tag(3, 0, join(ascii('TIT2'), Uint8Array.of(0, 9, 9, 9, 0, 0), ascii('Hello'))), ''],
    ['nothing', new Uint8Array(0), ''],
    ['three letters', ascii('ID3'), ''],
  ])('is that of %s', (_, front, title) => expect(titleOf(join(front, audio))).toBe(title));

  it('is that of ID3v1 at its end, where there is no other', () => {
    const end = id3v1();
    end.set(ascii('Good evening'.padEnd(30, '\0')), 3);
    end.set(ascii('Radio'.padEnd(30, ' ')), 33);
    expect(titleOf(join(audio, end))).toBe('Radio - Good evening');
    expect(titleOf(join(tag(3, 0, frame(3, 'TIT2', 0, ascii('Hello'))), audio, end))).toBe('Hello');
  });
});
