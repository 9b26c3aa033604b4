import { expect, test } from 'vitest';
import { ffmpegComplaints, mpg123Complaints, run } from '../../../bench/referee/decoders.ts';
import { ReservoirCarrier } from '../../../core/codec/mpeg/reservoir.ts';
import { loadProgramme } from '../../../demo/programme.ts';
import { describeWith } from '../support/need.ts';

const programme = loadProgramme();
const [a, b] = [programme.a, programme.b].map(({ frames }) => frames.map(({ bytes }) => Uint8Array.from(bytes))) as [Uint8Array[], Uint8Array[]];
const FRAME_SAMPLES = 1_152;
const BEFORE = 60;
const AFTER = 60;
const places = Array.from({ length: 12 }, (_, n) => 300 + 97 * n);

/** So many frames of one encoding, and then the other one from frame `at` on. */
function cut(at: number, carry: boolean): Buffer {
  const carrier = new ReservoirCarrier();
  if (carry) carrier.cut();
  const after = b.slice(at, at + AFTER).map((frame, n) => carrier.next(frame, (back) => b[at + n - back]));
  return Buffer.concat([...a.slice(at - BEFORE, at), ...after]);
}

async function samples(audio: Buffer): Promise<Int16Array> {
  const { stdout } = await run('mpg123', ['-q', '--no-gapless', '-s', '-'], audio);
  return new Int16Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + (stdout.length & ~1)));
}

/** How many samples behind the beginning of the cut are not what the other encoding alone decodes to. */
async function wrongSamples(at: number, carry: boolean): Promise<number> {
  const heard = await samples(cut(at, carry));
  // Enough of it before that its own beginning, which nothing can be carried into, lies far back.
  const alone = await samples(Buffer.concat(b.slice(at - BEFORE, at + AFTER)));
  for (let sample = heard.length - 1; sample >= 0; sample--) {
    if (Math.abs(heard[sample]! - alone[sample]!) > 8) return sample - BEFORE * FRAME_SAMPLES;
  }
  return 0;
}

describeWith(['mpg123', 'ffmpeg'], 'a cut from one MP3 encoding to the other', () => {
  test('is decoded without a complaint', async () => {
    for (const at of places) {
      expect(await mpg123Complaints(cut(at, true)), `frame ${at}`).toEqual([]);
      expect(await ffmpegComplaints(cut(at, true), 'mp3'), `frame ${at}`).toEqual([]);
    }
  });

  test('is right after one granule, and the delay of the decoder; a careless one is not', async () => {
    const carried = await Promise.all(places.map((at) => wrongSamples(at, true)));
    const careless = await Promise.all(places.map((at) => wrongSamples(at, false)));
    // 576 samples overlap with what was before, and the filter bank has a memory of 481 more.
    expect(Math.max(...carried)).toBeLessThanOrEqual(576 + 481 + 1);
    expect(Math.max(...careless)).toBeGreaterThan(2 * FRAME_SAMPLES);
  });
});
