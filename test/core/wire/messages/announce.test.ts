import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { audioTypeFor, decodeAnnouncement, encodeAnnouncement, MAX_MOUNTPOINT_BYTES, mountpointProblem } from '../../../../core/wire/messages/announce.ts';
import type { FrameFormat } from '../../../../core/codec/format/format.ts';
import { decodeLoosely, utf8Encode } from '../../../../core/base/text.ts';
import { ascii } from '../../codec/build.ts';

function format(codec: FrameFormat['codec'], channels = 2): FrameFormat {
  return { codec, mpegVersion: codec === 'aac' ? '4' : '1', sampleRateHz: 44_100, channels, samplesPerBlock: 1024, aacObjectType: 2 };
}

describe('audioTypeFor', () => {
  it.each([
    ['aac', 2, 48, 0], ['mp3', 2, 128, 1], ['aac', 2, 192, 2], ['aac', 2, 128, 3], ['mp3', 1, 48, 4], ['aac', 2, 24, 5],
  ] as const)('knows %s with %i channels at %i kbit/s as %i', (codec, channels, kbps, type) => {
    expect(audioTypeFor(format(codec, channels), kbps * 1000)).toBe(type);
  });

  it.each([
    ['aac', 2, 96, 3], ['aac', 2, 320, 2], ['aac', 1, 32, 5], ['aac', 2, 64, 0], ['mp3', 2, 320, 1], ['mp3', 2, 64, 4], ['mp3', 1, 32, 4],
    ['mp2', 2, 256, 1], ['mp1', 2, 448, 1],
  ] as const)('gives %s with %i channels at %i kbit/s the nearest, %i', (codec, channels, kbps, type) => {
    expect(audioTypeFor(format(codec, channels), kbps * 1000)).toBe(type);
  });

  it('never crosses codecs, whatever the rate', () => {
    fc.assert(fc.property(fc.constantFrom('mp1', 'mp2', 'mp3', 'aac' as const), fc.nat(8), fc.double({ min: 0, max: 1e7, noNaN: true }), (codec, channels, bps) => {
      expect(codec === 'aac' ? [0, 2, 3, 5] : [1, 4]).toContain(audioTypeFor(format(codec, channels), bps));
    }));
  });
});

describe('an announcement', () => {
  it('is one byte and the name', () => {
    expect(encodeAnnouncement({ audioType: 3, mountpoint: 'jazz' })).toEqual(Uint8Array.of(3, 0x6a, 0x61, 0x7a, 0x7a));
    expect(decodeAnnouncement(Uint8Array.of(3, 0x6a, 0x61, 0x7a, 0x7a))).toEqual({ audioType: 3, mountpoint: 'jazz' });
  });

  it('may have an audio type that nobody knows', () => {
    expect(decodeAnnouncement(ascii('\u00ffx'))).toEqual({ audioType: 255, mountpoint: 'x' });
  });

  it.each([
    ['no byte at all', ''], ['no name', '\u0001'], ['a slash in front', '\u0001/jazz'], ['a space', '\u0001a b'], ['a line break', '\u0001a\r\nb'],
    ['a NUL', '\u0001a\u0000'], ['a question mark', '\u0001a?b'], ['a hash', '\u0001a#b'], ['a quote', '\u0001a"b'], ['a bracket', '\u0001a<b'],
    ['a tab', '\u0001a\tb'], ['a C1 control', '\u0001a\u00c2\u0085'], ['a direction mark', '\u0001a\u00e2\u0080\u00ae'],
  ])('is refused with %s', (_what, payload) => {
    expect(decodeAnnouncement(ascii(payload))).toBeUndefined();
  });

  it('is refused when its name is too long, in bytes', () => {
    const announced = (name: string): unknown => decodeAnnouncement(encodeAnnouncement({ audioType: 0, mountpoint: name }));
    expect(announced('x'.repeat(MAX_MOUNTPOINT_BYTES))).toBeDefined();
    expect(announced('x'.repeat(MAX_MOUNTPOINT_BYTES + 1))).toBeUndefined();
    expect(mountpointProblem('é'.repeat(127))).toBeUndefined();
    expect(mountpointProblem('é'.repeat(128))).toMatch(/255 bytes/);
  });

  it.each([
    'status-json.xsl', 'Status-JSON.xsl', 'admin/streamlist.txt', 'ADMIN/stats', 'admin', 'metrics', 'healthz', 'readyz', '7.html', 'now-playing/jazz',
    'jazz.m3u', 'jazz.PLS', 'jazz.xspf', 'jazz/live.m3u8', 'jazz/hls/299000000.aac', 'HLS/Hls/1.mp3', 'jazz/hls/299000000-5.m4s', 'jazz/hls/299000000-ALL.m4s', '..', 'a/../b', './a', 'a/.',
  ])('is refused with the name %s, which a page has or no player can ask for', (name) => {
    expect(decodeAnnouncement(encodeAnnouncement({ audioType: 1, mountpoint: name }))).toBeUndefined();
    expect(mountpointProblem(name)).toMatch(/^(names|the name|a mountpoint's name) /);
  });

  it.each(['administration', 'metrics2', 'radio/admin', 'events', '.hidden', 'a..b', 'jazz.mp3', 'm3u', 'jazz/hls', 'hls/1.mp3', 'jazz/hls/x1.mp3', 'jazz/hls/1234567890123456.mp3', 'jazz/hls/1-55.m4s', 'jazz/hls/1-.m4s'])('may have the name %s', (name) => {
    expect(mountpointProblem(name)).toBeUndefined();
  });

  it('has a name of whole characters', () => {
    expect(mountpointProblem('jazz\ud83d')).toMatch(/lone surrogates/);
    expect(mountpointProblem('jazz\ude00x')).toMatch(/lone surrogates/);
    expect(mountpointProblem('jazz\ud83d\ude00')).toBeUndefined();
  });

  it('is refused by its bytes exactly where its name is', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 20 }), (bytes) => {
      const payload = Uint8Array.of(1, ...bytes);
      expect(decodeAnnouncement(payload) === undefined).toBe(mountpointProblem(decodeLoosely(bytes)) !== undefined);
    }), { numRuns: 500 });
  });

  it('reads old encoders\' ISO 8859-1', () => {
    expect(decodeAnnouncement(Uint8Array.of(1, 0x6a, 0xe4))).toEqual({ audioType: 1, mountpoint: 'jä' });
  });

  it('decodes to what was encoded, for every name that a mountpoint can have', () => {
    fc.assert(fc.property(fc.nat(255), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }), (audioType, mountpoint) => {
      fc.pre(mountpointProblem(mountpoint) === undefined && !mountpoint.includes('\ufffd'));
      expect(decodeAnnouncement(encodeAnnouncement({ audioType, mountpoint }))).toEqual({ audioType, mountpoint });
    }));
  });

  it('never has a name with a character that could break a line, a path or markup', () => {
    fc.assert(fc.property(fc.oneof(fc.uint8Array({ maxLength: 30 }), fc.string({ unit: 'binary' }).map(utf8Encode)), (payload) => {
      const announced = decodeAnnouncement(payload);
      // eslint-disable-next-line no-control-regex -- control characters are what must not be there
      if (announced !== undefined) expect(announced.mountpoint).not.toMatch(/[\u0000-\u0020\u007f-\u009f"<>?#]|^\/|^$/);
    }), { numRuns: 200 });
  });
});
