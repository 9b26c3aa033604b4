import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foreignFormat, FOREIGN_HEAD_BYTES } from '../../../../core/codec/scan/foreign.ts';
import { loadProgramme } from '../../../../demo/programme.ts';
import { adtsFrame, ascii, id3v2, join, mpegFrame, times } from '../build.ts';

function ogg(first: string): Uint8Array {
  return join(ascii('OggS'), new Uint8Array(22), Uint8Array.of(1, 30), ascii(first), new Uint8Array(60));
}

function wav(formatTag: number, before: Uint8Array = new Uint8Array(0)): Uint8Array {
  return join(ascii('RIFF'), new Uint8Array(4), ascii('WAVE'), before, ascii('fmt '), Uint8Array.of(16, 0, 0, 0, formatTag, 0, 2, 0), new Uint8Array(40));
}

function transportStream(cutBytes: number): Uint8Array {
  const packet = new Uint8Array(188).fill(0x11);
  packet[0] = 0x47;
  return times(8, packet).subarray(cutBytes);
}

function loas(cutBytes: number): Uint8Array {
  const packet = new Uint8Array(3 + 200).fill(0x20);
  packet.set([0x56, 0xe0, 200]);
  return times(6, packet).subarray(cutBytes);
}

/** Frames of free format: the same header each time, and no bit rate in it. */
function freeFormat(bytes: number, padded: boolean): Uint8Array {
  const frames = Array.from({ length: 12 }, (_, i) => {
    const isPadded = padded && i % 3 === 1;
    const frame = new Uint8Array(bytes + (isPadded ? 1 : 0)).fill(0x55);
    frame.set([0xff, 0xfb, isPadded ? 0x02 : 0x00, 0x44]);
    return frame;
  });
  return join(...frames);
}

describe('what a source must not send is known by its first bytes', () => {
  test.each([
    [ogg('OpusHead'), 'Ogg (Opus)'],
    [ogg('\u0001vorbis'), 'Ogg (Vorbis)'],
    [ogg('\u007fFLAC'), 'Ogg (FLAC)'],
    [ogg('something'), 'Ogg'],
    [ascii('fLaC\0\0\0\u0022'), 'FLAC'],
    [join(id3v2(3_000), ascii('fLaC')), 'FLAC'],
    [Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3, 1), 'WebM or Matroska'],
    [wav(1), 'WAV'],
    [join(Uint8Array.of(0, 0, 0, 32), ascii('ftypM4A ')), 'MP4 (send AAC as ADTS)'],
    [join(ascii('RIFF'), new Uint8Array(4), ascii('AVI LIST')), 'AVI'],
    [Uint8Array.of(0, 0, 1, 0xba, 0x44, 0, 4, 0, 4, 1), 'an MPEG program stream'],
    [times(12, join(Uint8Array.of(0x7f, 0xfe, 0x80, 0x01, 0xfc), new Uint8Array(1_001).fill(0x55))), 'DTS'],
    [transportStream(0), 'an MPEG transport stream'],
    [transportStream(77), 'an MPEG transport stream'],
    [loas(0), 'AAC in LATM (send it as ADTS)'],
    [loas(50), 'AAC in LATM (send it as ADTS)'],
    [ascii('<!DOCTYPE html><html>'), 'a web page'],
    [ascii('\r\n  <html lang="en">'), 'a web page'],
    [ascii('#EXTM3U\nhttp://x/y'), 'a playlist'],
    [freeFormat(522, false), 'free-format MPEG audio (set a bit rate: most players cannot decode it)'],
    [freeFormat(130, true).subarray(40), 'free-format MPEG audio (set a bit rate: most players cannot decode it)'],
  ])('%#: %s', (bytes, format) => {
    expect(foreignFormat(bytes)).toBe(format);
  });
});

describe('and nothing is refused that may be MPEG audio or ADTS', () => {
  test.each([
    ['frames', times(20, mpegFrame())],
    ['frames behind a tag', join(id3v2(500), times(20, mpegFrame()))],
    ['ADTS', times(20, adtsFrame())],
    ['Layer II in a WAV', wav(0x50)],
    ['MP3 in a WAV with a chunk of a broadcaster in front', wav(0x55, join(ascii('bext'), new Uint8Array(700)))],
    ['a WAV that has not said it yet', wav(1).subarray(0, 14)],
    ['nothing', new Uint8Array(0)],
  ])('%s', (_, bytes) => {
    expect(foreignFormat(bytes)).toBeUndefined();
  });

  test('real audio, wherever it is entered', () => {
    for (const { frames } of [loadProgramme().a, loadProgramme().b]) {
      const bytes = join(...frames.slice(0, 60).map((frame) => frame.bytes.slice()));
      for (let from = 0; from < 2_000; from += 7) expect(foreignFormat(bytes.subarray(from))).toBeUndefined();
    }
  });

  test('bytes of chance', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 1_000, maxLength: FOREIGN_HEAD_BYTES, size: 'max' }), (bytes: Uint8Array) => {
      expect(foreignFormat(bytes)).toBeUndefined();
    }), { numRuns: 50 });
  });
});
