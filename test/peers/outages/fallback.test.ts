import { expect, test } from 'vitest';
import { decode, ffmpegComplaints, mpg123Complaints, run } from '../../../bench/referee/decoders.ts';
import { formats, PCM_RATE_HZ, type Format } from '../../../bench/rigs/formats.ts';
import { REFEREE_RATE_HZ } from '../../../bench/referee/programme.ts';
import { readFileFrames, type FileFrames } from '../../../core/edge/fallback/file-frames.ts';
import type { Micros } from '../../../core/base/units.ts';
import { range } from '../../core/support/frames.ts';
import { EdgeRig } from '../../core/support/edge-rig.ts';
import { onAir, Source } from '../../core/support/station.ts';
import { describeWith } from '../support/need.ts';

/** Noise that comes and goes twice a second, so that an encoder puts bits aside and takes them again. */
function noise(seed: number): string {
  return `aevalsrc='(random(${seed})-0.5)*(0.02+0.5*gt(mod(t,0.5),0.2))':s=${PCM_RATE_HZ}:c=stereo`;
}

async function encoded(seed: number, seconds: number, { arguments: how }: (typeof formats)[Format]): Promise<Buffer> {
  // Written to a file it would have a table of contents in front; a tag and what the encoder says of itself it has here, too.
  const { stdout, stderr, code } = await run('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', noise(seed), '-t', `${seconds}`, '-ac', '2', ...how, 'pipe:1']);
  if (code !== 0) throw new Error(stderr);
  return stdout;
}

/** What a listener is given while an encoder dies, a file of three seconds is played twice and more, and the encoder comes back. */
async function heard(format: Format): Promise<{ audio: Buffer; frames: number }> {
  // Cut out of something longer: its first frame needs those that are not there any more.
  const longer = readFileFrames(await encoded(2, 5, formats[format])) as FileFrames;
  const fallback = Buffer.concat(range(50, longer.count - 30).map((index) => longer.frame(index)!));
  const programme = readFileFrames(await encoded(1, 40, formats[format])) as FileFrames;
  const rig = new EdgeRig();
  expect(rig.edge.provideFallback(0 as Micros, 'test', 'Back soon', fallback)).toBeUndefined();
  const source = new Source(rig.open(), { stream: 1, frame: (number) => programme.frame(number)! });
  onAir(rig, [source], 8_000);
  const listener = rig.join('test', { burstMs: 4_000 });
  onAir(rig, [source], 10_000);
  rig.until(19_000);
  source.skipTo(19_000);
  onAir(rig, [source], 24_000);
  expect(rig.of('fallback-left').at(-1)!.forMs).toBeGreaterThan(8_000);
  const audio = Buffer.from(rig.audio(listener));
  return { audio, frames: (readFileFrames(audio) as FileFrames).count };
}

describeWith(['ffmpeg', 'mpg123'], 'a file that stands in', () => {
  test.each(['mp3', 'mp3-vbr', 'mp2', 'aac'] as const)('in %s is decoded without a complaint, where it is entered, over its seams, and where it is left', async (format) => {
    const { audio, frames } = await heard(format);
    const { demuxer, samplesPerFrame } = formats[format];
    expect(await ffmpegComplaints(audio, demuxer)).toEqual([]);
    if (demuxer === 'mp3') expect(await mpg123Complaints(audio)).toEqual([]);
    const seconds = (await decode(audio, demuxer)).length / REFEREE_RATE_HZ;
    expect(Math.abs(seconds - (frames * samplesPerFrame) / PCM_RATE_HZ)).toBeLessThan(0.1);
  });
});
