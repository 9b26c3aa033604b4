import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { inRepository } from '../common/repository.ts';
import { missingPrograms } from '../outages/systems.ts';
import { makeReference, toStereo16 } from '../referee/reference.ts';
import { formats, PCM_RATE_HZ, type Format } from '../rigs/formats.ts';

/** A file of frames that are one encoder's output. */
export interface Encoding {
  readonly file: string;
  /** Where in the programme its first frame begins. */
  readonly startS: number;
}

/** What the encoders of a load send. */
export interface Programme {
  /** For the report. */
  readonly madeBy: string;
  readonly seconds: number;
  /** By codec: several encodings of the same programme. Mountpoints take the codecs by turns, their encoders the encodings. */
  readonly families: readonly (readonly Encoding[])[];
}

/** Longer than a bench runs, so that no stream repeats itself in it. */
const SECONDS = 240;
/** The mix of the original's users: 128 kbit/s MP3, and 48 kbit/s at 22.05 kHz, which HE-AAC is to everybody but its decoder. */
const CODECS: readonly Format[] = ['mp3', 'aac-22k'];
const MAX_ENCODINGS = 4;
/** Each encoder begins this much later than the one before: no whole number of frames of any format. */
const STEP_S = 0.2137;

/**
 * Composes a programme and encodes it with ffmpeg, as often as a mountpoint has encoders: each from another sample on and one softer than
 * the other, so that no frame of two is the same. Without ffmpeg it is the minute of speech of the demo, in two MP3 encodings.
 */
export async function makeProgramme(directory: string, encoders: number): Promise<Programme> {
  if (missingPrograms(['ffmpeg']).length > 0) {
    const demo = demoProgramme();
    return { ...demo, madeBy: `${demo.madeBy} (ffmpeg is not installed here)` };
  }
  const count = Math.min(encoders, MAX_ENCODINGS);
  const samples = makeReference('load', SECONDS + count * STEP_S).render(PCM_RATE_HZ);
  const pcm = toStereo16(samples, 0, samples.length);
  const encodings = Array.from({ length: count }, (_, index) => index);
  const families = await Promise.all(CODECS.map((codec) => Promise.all(encodings.map((index) => encode(directory, pcm, codec, index)))));
  const labels = CODECS.map((codec) => formats[codec].label).join(' and ');
  return { madeBy: `${SECONDS} s of a composed programme, each in ${count} ${count === 1 ? 'encoding' : 'encodings'} as ${labels} by ffmpeg`, seconds: SECONDS, families };
}

async function encode(directory: string, pcm: Buffer, codec: Format, index: number): Promise<Encoding> {
  const file = path.join(directory, `${codec}-${index}`);
  const startSample = Math.round(index * STEP_S * PCM_RATE_HZ);
  const part = pcm.subarray(4 * startSample, 4 * (startSample + SECONDS * PCM_RATE_HZ));
  const input = ['-f', 's16le', '-ar', `${PCM_RATE_HZ}`, '-ac', '2', '-i', 'pipe:0', '-af', `volume=-${index}dB`];
  const noTags = codec === 'mp3' ? ['-write_xing', '0', '-id3v2_version', '0'] : [];
  const child = spawn('ffmpeg', ['-v', 'error', ...input, ...formats[codec].arguments, ...noTags, '-y', file], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.on('error', () => undefined).end(part);
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`ffmpeg ended with ${code}`);
  return { file, startS: startSample / PCM_RATE_HZ };
}

/** The minute that comes with the package: see demo/README.md. */
export function demoProgramme(): Programme {
  const file = (name: string): string => inRepository('demo', `programme-${name}.mp3`);
  const family = [
    { file: file('a'), startS: 0 },
    { file: file('b'), startS: 360_100 / 48_000 },
  ];
  return { madeBy: 'the minute of speech of the demo, in 2 encodings as MP3', seconds: 60, families: [family] };
}
