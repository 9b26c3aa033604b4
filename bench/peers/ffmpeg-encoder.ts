import { spawn, type ChildProcess } from 'node:child_process';

export type Format = 'mp3' | 'aac';

/** The two formats of the measurements: MP3 128 kbit/s CBR, and AAC-LC 96 kbit/s in ADTS, both 44.1 kHz stereo. */
export const formats: Readonly<Record<Format, FormatDetails>> = {
  mp3: {
    label: 'MP3 128',
    contentType: 'audio/mpeg',
    samplesPerFrame: 1_152,
    arguments: ['-c:a', 'libmp3lame', '-b:a', '128k', '-f', 'mp3'],
  },
  aac: {
    label: 'AAC 96',
    contentType: 'audio/aac',
    samplesPerFrame: 1_024,
    arguments: ['-c:a', 'aac', '-b:a', '96k', '-f', 'adts'],
  },
};

interface FormatDetails {
  readonly label: string;
  readonly contentType: string;
  readonly samplesPerFrame: number;
  readonly arguments: readonly string[];
}

export const PCM_RATE_HZ = 44_100;
const PCM_BYTES_A_SAMPLE = 4;
/** A sound card's period. */
const FEED_MS = 10;

export interface FfmpegOptions {
  readonly format: Format;
  /** The programme as `s16le` stereo at PCM_RATE_HZ; silence follows it. */
  readonly pcm: Buffer;
  /** Where in the programme "now" is: the same clock for every encoder of a programme. */
  readonly positionS: () => number;
  /** The first sample that is encoded lies so many samples behind a frame boundary counted from the beginning. */
  readonly phaseSamples: number;
  /** Where it pushes to, by Icecast's PUT. */
  readonly port: number;
  readonly mount: string;
  readonly onComplaint: (line: string) => void;
}

/**
 * A real encoder, fed with a programme as a sound card would feed it: ffmpeg, pushing to a source client's port.
 *
 * Measured here (ffmpeg 5.1): it sends each frame by itself as soon as it is encoded, so arrivals are 20 to 52 ms apart
 * for MP3 (it reads 40 ms of PCM at a time) and 20 to 33 ms for AAC; without `-probesize 32` its first second of input
 * is sent 1.2 s late.
 */
export class FfmpegEncoder {
  readonly #child: ChildProcess;
  readonly #feeding: NodeJS.Timeout;

  constructor(options: FfmpegOptions) {
    const child = spawn('ffmpeg', argumentsFor(options), { stdio: ['pipe', 'ignore', 'pipe'] });
    this.#child = child;
    child.on('error', (error) => options.onComplaint(error.message));
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => text.trimEnd().split('\n').forEach(options.onComplaint));
    this.#feeding = feed(child, options);
  }

  stop(): void {
    clearInterval(this.#feeding);
    this.#child.kill('SIGKILL');
  }
}

function feed(child: ChildProcess, { format, pcm, positionS, phaseSamples }: FfmpegOptions): NodeJS.Timeout {
  const { samplesPerFrame } = formats[format];
  const now = (): number => Math.floor(positionS() * PCM_RATE_HZ);
  let fed = Math.ceil((now() - phaseSamples) / samplesPerFrame) * samplesPerFrame + phaseSamples;
  return setInterval(() => {
    const due = now();
    if (due <= fed || child.stdin?.writable !== true) return;
    const known = pcm.subarray(fed * PCM_BYTES_A_SAMPLE, due * PCM_BYTES_A_SAMPLE);
    const wanted = (due - fed) * PCM_BYTES_A_SAMPLE;
    child.stdin.write(known.length === wanted ? known : Buffer.concat([known, Buffer.alloc(wanted - known.length)]));
    fed = due;
  }, FEED_MS);
}

function argumentsFor({ format, port, mount }: FfmpegOptions): string[] {
  const { contentType, arguments: codec } = formats[format];
  const quiet = ['-hide_banner', '-nostdin', '-v', 'warning'];
  // Both knobs of the probe: raw PCM has nothing to find out.
  const input = ['-channel_layout', 'stereo', '-probesize', '32', '-analyzeduration', '0', '-f', 's16le', '-ar', `${PCM_RATE_HZ}`, '-ac', '2', '-i', 'pipe:0'];
  return [...quiet, ...input, ...codec, '-flush_packets', '1', '-content_type', contentType, `icecast://source:x@127.0.0.1:${port}/${mount}`];
}
