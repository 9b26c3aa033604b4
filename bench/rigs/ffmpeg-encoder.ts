import { spawn, type ChildProcess } from 'node:child_process';
import { formats, PCM_RATE_HZ, type Format } from './formats.ts';
import { SoundCard, type Playing } from './sound-card.ts';

export interface FfmpegOptions {
  readonly format: Format;
  readonly pcm: Buffer;
  readonly positionS: () => number;
  readonly phaseSamples: number;
  /** Where it pushes to, by Icecast's PUT. */
  readonly port: number;
  readonly mount: string;
  readonly onComplaint: (line: string) => void;
  readonly onExit: () => void;
}

/** Of every source client of a measurement. */
const SOURCE_PASSWORD = 'x';

/**
 * A real encoder, fed with a programme as a sound card would feed it: ffmpeg, pushing to a source client's port.
 *
 * Measured here (ffmpeg 5.1): it sends each frame by itself as soon as it is encoded, so arrivals are 20 to 52 ms apart
 * for MP3 (it reads 40 ms of PCM at a time) and 20 to 33 ms for AAC; without `-probesize 32` its first second of input
 * is sent 1.2 s late.
 */
export class FfmpegEncoder {
  readonly child: ChildProcess;
  readonly #card: SoundCard;

  constructor(options: FfmpegOptions) {
    const child = spawn('ffmpeg', argumentsFor(options), { stdio: ['pipe', 'ignore', 'pipe'] });
    this.child = child;
    child.on('error', (error) => options.onComplaint(error.message));
    child.once('exit', () => {
      this.#card.stop();
      options.onExit();
    });
    child.stdin.on('error', () => undefined);
    child.stderr.setEncoding('utf8').on('data', (text: string) => text.trimEnd().split('\n').forEach(options.onComplaint));
    this.#card = new SoundCard(child.stdin, { ...options, samplesPerFrame: formats[options.format].samplesPerFrame });
  }

  play(playing: Playing): void {
    this.#card.play(playing);
  }
}

function argumentsFor({ format, port, mount }: FfmpegOptions): string[] {
  const { contentType, arguments: codec } = formats[format];
  const quiet = ['-hide_banner', '-nostdin', '-v', 'warning'];
  // Both knobs of the probe: raw PCM has nothing to find out.
  const input = ['-channel_layout', 'stereo', '-probesize', '32', '-analyzeduration', '0', '-f', 's16le', '-ar', `${PCM_RATE_HZ}`, '-ac', '2', '-i', 'pipe:0'];
  const url = `icecast://source:${SOURCE_PASSWORD}@127.0.0.1:${port}/${mount}`;
  return [...quiet, ...input, ...codec, '-flush_packets', '1', '-content_type', contentType, url];
}
