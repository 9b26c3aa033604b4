import type { ChildProcess } from 'node:child_process';
import seedrandom from 'seedrandom';
import { FfmpegEncoder } from './ffmpeg-encoder.ts';
import { formats, type Format } from './formats.ts';
import type { Playing } from './sound-card.ts';

/** Where a studio's encoder pushes to. */
export interface Ingress {
  readonly port: number;
  readonly mount: string;
  /** The process in the studio that it pushes to, which shares the studio's fate. */
  readonly process?: ChildProcess;
}

export interface StudioOptions {
  readonly name: string;
  readonly seed: string;
  readonly format: Format;
  readonly pcm: Buffer;
  readonly positionS: () => number;
  /** Called whenever the studio is switched on. */
  readonly openIngress: () => Promise<Ingress>;
  readonly onComplaint: (line: string) => void;
}

/** A supervisor's pause before it starts again what has ended by itself. */
const RESTART_MS = 1_000;

/** A machine in a studio: an encoder of the programme, and whatever it needs to be sent. */
export class Studio {
  readonly #options: StudioOptions;
  readonly #random: seedrandom.PRNG;
  #ingress: Ingress | undefined;
  #ffmpeg: FfmpegEncoder | undefined;
  #again: NodeJS.Timeout | undefined;

  constructor(options: StudioOptions) {
    this.#options = options;
    this.#random = seedrandom(`studio/${options.seed}/${options.name}`);
  }

  async start(): Promise<void> {
    this.#ingress = await this.#options.openIngress();
    this.#startFfmpeg();
  }

  /** The machine is gone at once; resolves when it is. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  /** It is shut down. */
  terminate(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** Nothing of it runs, and its connections stay open. */
  freeze(): void {
    for (const child of this.#children) child.kill('SIGSTOP');
  }

  thaw(): void {
    for (const child of this.#children) child.kill('SIGCONT');
  }

  play(playing: Playing): void {
    this.#ffmpeg?.play(playing);
  }

  get #children(): ChildProcess[] {
    return [this.#ffmpeg?.child, this.#ingress?.process].filter((child) => child !== undefined);
  }

  /** Each start has its frames elsewhere: two encoders never agree on that. */
  #startFfmpeg(): void {
    const { name, format, pcm, positionS, onComplaint } = this.#options;
    const ffmpeg: FfmpegEncoder = new FfmpegEncoder({
      format,
      pcm,
      positionS,
      phaseSamples: Math.floor(this.#random() * formats[format].samplesPerFrame),
      ...this.#ingress!,
      onComplaint: (line) => onComplaint(`${name}: ${line}`),
      onExit: () => {
        if (this.#ffmpeg === ffmpeg) this.#again = setTimeout(() => this.#startFfmpeg(), RESTART_MS);
      },
    });
    this.#ffmpeg = ffmpeg;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const children = this.#children;
    clearTimeout(this.#again);
    this.#ffmpeg = undefined;
    this.#ingress = undefined;
    await Promise.all(children.map((child) => end(child, signal)));
  }
}

/** Resolves when it has ended. */
export function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) resolve();
    else {
      child.once('exit', () => resolve());
      child.kill(signal);
      // A process that was stopped gets no signal but this and SIGKILL.
      child.kill('SIGCONT');
    }
  });
}
