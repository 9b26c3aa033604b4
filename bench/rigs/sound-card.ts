import type { Writable } from 'node:stream';
import { PCM_RATE_HZ } from './formats.ts';

/** What an encoder hears: the programme, digital silence, or its last second, or nearest whole number of frames, again and again. */
export type Playing = 'programme' | 'silence' | 'loop' | 'frame-loop';

export interface SoundCardOptions {
  /** The programme as `s16le` stereo at PCM_RATE_HZ; silence follows it. */
  readonly pcm: Buffer;
  /** Where in the programme "now" is: the same clock for every encoder of a programme. */
  readonly positionS: () => number;
  /** The first sample that is given lies so many samples behind a whole number of frames from the beginning. */
  readonly phaseSamples: number;
  readonly samplesPerFrame: number;
}

const BYTES_A_SAMPLE = 4;
/** A sound card's period. */
const PERIOD_MS = 10;
/** And its buffer: what is not read before it is full is lost. */
const OVERRUN_BYTES = 0.5 * PCM_RATE_HZ * BYTES_A_SAMPLE;

/** Feeds a programme into an encoder as the clock on the wall has it. */
export class SoundCard {
  readonly #options: SoundCardOptions;
  readonly #to: Writable;
  readonly #timer: NodeJS.Timeout;
  #fed: number;
  #playing: Playing = 'programme';
  #loopFrom = 0;
  #loopSamples: number = PCM_RATE_HZ;

  constructor(to: Writable, options: SoundCardOptions) {
    const { phaseSamples, samplesPerFrame } = options;
    this.#options = options;
    this.#to = to;
    this.#fed = Math.ceil((this.#now() - phaseSamples) / samplesPerFrame) * samplesPerFrame + phaseSamples;
    this.#timer = setInterval(() => this.#feed(), PERIOD_MS);
  }

  play(playing: Playing): void {
    const { samplesPerFrame } = this.#options;
    this.#playing = playing;
    this.#loopSamples = playing === 'frame-loop' ? Math.round(PCM_RATE_HZ / samplesPerFrame) * samplesPerFrame : PCM_RATE_HZ;
    this.#loopFrom = Math.max(0, this.#fed - this.#loopSamples);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #now(): number {
    return Math.floor(this.#options.positionS() * PCM_RATE_HZ);
  }

  #feed(): void {
    const due = this.#now();
    if (due <= this.#fed || !this.#to.writable) return;
    if (this.#to.writableLength < OVERRUN_BYTES) this.#to.write(this.#read(this.#fed, due));
    this.#fed = due;
  }

  #read(from: number, to: number): Buffer {
    const { pcm } = this.#options;
    const bytes = Buffer.alloc((to - from) * BYTES_A_SAMPLE);
    if (this.#playing === 'silence') return bytes;
    if (this.#playing === 'programme') {
      pcm.subarray(from * BYTES_A_SAMPLE, to * BYTES_A_SAMPLE).copy(bytes);
      return bytes;
    }
    for (let at = from; at < to; ) {
      const into = (at - this.#loopFrom) % this.#loopSamples;
      const end = Math.min(to, at + this.#loopSamples - into);
      const first = this.#loopFrom + into;
      pcm.subarray(first * BYTES_A_SAMPLE, (first + end - at) * BYTES_A_SAMPLE).copy(bytes, (at - from) * BYTES_A_SAMPLE);
      at = end;
    }
    return bytes;
  }
}
