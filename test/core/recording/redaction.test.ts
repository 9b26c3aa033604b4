import { describe, expect, test } from 'vitest';
import { soundDigest } from '../../../core/codec/head.ts';
import { LevelReader } from '../../../core/codec/level.ts';
import { FrameScanner } from '../../../core/codec/scan/scanner.ts';
import { PDU_HEADER_BYTES } from '../../../core/wire/pdu.ts';
import { Redactor } from '../../../core/recording/redaction.ts';
import { loadProgramme } from '../../../demo/programme.ts';
import { join, mpegFrame, times } from '../codec/build.ts';
import { frameWith, heads } from '../codec/heads.ts';
import { data } from '../support/messages.ts';

/** What is read of the frames in these pieces. */
function readings(pieces: readonly Uint8Array[]): unknown[] {
  const found: unknown[] = [];
  const reader = new LevelReader();
  const scanner = new FrameScanner({
    frame: (bytes, { format }) => {
      reader.read(bytes, format);
      found.push([bytes.length, [...reader.levels], reader.isSilent, soundDigest(bytes, format)]);
    },
  });
  for (const piece of pieces) scanner.push(piece);
  return found;
}

/** The payloads of messages as a recording without audio has them. */
function withoutAudio(pieces: readonly Uint8Array[]): Uint8Array[] {
  const redactor = new Redactor('datagram');
  return pieces.map((piece, at) => {
    const message = data(at + 1, piece, { stream: 1 });
    const kept = redactor.kept(message);
    const redaction = new Uint8Array(message.length);
    for (let i = 0; i < kept.length; i += 2) redaction.set(message.subarray(kept[i], kept[i + 1]), kept[i]);
    return redaction.subarray(PDU_HEADER_BYTES);
  });
}

function cut(bytes: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) => bytes.subarray(at * length, (at + 1) * length));
}

const audio = {
  mp3: join(...loadProgramme().a.frames.slice(0, 200).map(({ bytes }) => bytes)),
  ...Object.fromEntries(heads.map(({ encoder, silent, quiet }) => [encoder, times(8, join(frameWith(silent).bytes, frameWith(quiet).bytes))])),
  'Layer I': times(30, mpegFrame({ layer: 1 })),
};

describe('of a message that is one whole frame', () => {
  const { frames } = loadProgramme().a;
  const pieces = frames.slice(0, 200).map(({ bytes }) => bytes);

  test('the head is kept, and what looks like one inside it only as far as it takes to see that', () => {
    expect(readings(withoutAudio(pieces))).toEqual(readings(pieces));
    const frame = mpegFrame({ fill: 0x11 });
    frame.set([0xff, 0xfd, 0xa0, 0x00], 200);
    const [redaction] = withoutAudio([frame]);
    const kept = [...redaction!.keys()].filter((at) => at >= 40 && redaction![at] !== 0);
    expect(kept).toEqual([200, 201, 202, 204, 205, 206]);
    const [cutShort] = withoutAudio([frame.subarray(0, 400)]);
    expect(cutShort!.subarray(200, 296)).toEqual(frame.subarray(200, 296));
  });
});

describe.each(Object.entries(audio))('what is read of frames without decoding is kept of %s', (_, bytes) => {
  test.each([61, 100, 418, 1_000])('also when messages of %i bytes hold parts of frames', (length) => {
    const pieces = cut(bytes, length);
    const found = readings(pieces);
    expect(found.length).toBeGreaterThan(10);
    expect(readings(withoutAudio(pieces))).toEqual(found);
  });
});
