import seedrandom from 'seedrandom';

/**
 * A programme to measure with: a dense flow of gliding notes with syllable-like envelopes, every 100 ms unlike any
 * other, and nowhere silent. All of it lies below 2 kHz, where every codec is good, so that it is found again in
 * whatever a decoder puts out, and at a low sample rate.
 */
export interface Reference {
  readonly seconds: number;
  /** The whole programme at a sample rate of at least 8 kHz, mono, within -1 to 1. */
  render(rateHz: number): Float32Array;
}

export function makeReference(seed: string, seconds: number): Reference {
  const notes = composeNotes(seed, seconds);
  return {
    seconds,
    render(rateHz) {
      const samples = new Float32Array(Math.round(seconds * rateHz));
      for (const note of notes) play(note, samples, rateHz);
      return samples;
    },
  };
}

/** Interleaved stereo, 16 bit, as ffmpeg reads it as `s16le`. */
export function toStereo16(mono: Float32Array, from: number, to: number): Buffer {
  const pcm = Buffer.alloc((to - from) * 4);
  for (let i = from; i < to; i++) {
    const value = Math.round(Math.max(-1, Math.min(1, mono[i % mono.length]!)) * 32_767);
    pcm.writeInt16LE(value, (i - from) * 4);
    pcm.writeInt16LE(value, (i - from) * 4 + 2);
  }
  return pcm;
}

interface Note {
  readonly startS: number;
  readonly lengthS: number;
  readonly fromHz: number;
  readonly toHz: number;
  readonly amplitude: number;
  readonly phase: number;
}

/** One note begins every 25 ms and lasts 80 to 240: about six sound at any time. */
const NOTE_EVERY_S = 0.025;
const LOWEST_HZ = 150;
const HIGHEST_HZ = 1_800;

function composeNotes(seed: string, seconds: number): Note[] {
  const random = seedrandom(`reference/${seed}`);
  const pitch = (): number => LOWEST_HZ * (HIGHEST_HZ / LOWEST_HZ) ** random();
  const notes: Note[] = [];
  for (let startS = -0.25; startS < seconds; startS += NOTE_EVERY_S) {
    notes.push({
      startS: startS + NOTE_EVERY_S * random(),
      lengthS: 0.08 + 0.16 * random(),
      fromHz: pitch(),
      toHz: pitch(),
      amplitude: 0.06 + 0.1 * random(),
      phase: 2 * Math.PI * random(),
    });
  }
  return notes;
}

/** Adds a note: a linear glide under a raised cosine. */
function play({ startS, lengthS, fromHz, toHz, amplitude, phase }: Note, samples: Float32Array, rateHz: number): void {
  const first = Math.max(0, Math.ceil(startS * rateHz));
  const end = Math.min(samples.length, Math.floor((startS + lengthS) * rateHz));
  for (let i = first; i < end; i++) {
    const t = i / rateHz - startS;
    const cycles = fromHz * t + ((toHz - fromHz) * t * t) / (2 * lengthS);
    const envelope = 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / lengthS);
    samples[i] = samples[i]! + amplitude * envelope * Math.sin(2 * Math.PI * cycles + phase);
  }
}
