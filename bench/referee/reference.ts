import seedrandom from 'seedrandom';

/**
 * A programme to measure with: a dense flow of gliding notes, every 100 ms unlike any other, as loud and as soft by turns
 * as speech is, and nowhere silent. The notes lie below 2 kHz, where every codec is good, so that they are found again in
 * whatever a decoder puts out, and at a low sample rate. Far above them is hiss, as in speech and in most music, which
 * keeps an encoder as busy as these do.
 */
export interface Reference {
  readonly seconds: number;
  /** The whole programme at a sample rate of at least 8 kHz, mono, within -1 to 1. */
  render(rateHz: number): Float32Array;
}

export function makeReference(seed: string, seconds: number): Reference {
  const notes = composeNotes(seed, seconds);
  const syllables = composeSyllables(seed, seconds);
  return {
    seconds,
    render(rateHz) {
      const samples = new Float32Array(Math.round(seconds * rateHz));
      for (const note of notes) play(note, samples, rateHz);
      if (rateHz > 2 * HISS_FROM_HZ) hiss(samples, rateHz);
      speak(syllables, samples, rateHz);
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
      amplitude: 0.1 + 0.14 * random(),
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

const HISS_FROM_HZ = 6_000;
const HISS_AMPLITUDE = 0.25;

/** Adds noise above HISS_FROM_HZ: two high passes of the second order (Butterworth's, one after the other), 24 dB down at 4 kHz. */
function hiss(samples: Float32Array, rateHz: number): void {
  const cosine = Math.cos((2 * Math.PI * HISS_FROM_HZ) / rateHz);
  const alpha = Math.sin((2 * Math.PI * HISS_FROM_HZ) / rateHz) * Math.SQRT1_2;
  const highPass = (): ((x: number) => number) => {
    let [x1, x2, y1, y2] = [0, 0, 0, 0];
    return (x) => {
      const y = (((1 + cosine) / 2) * (x - 2 * x1 + x2) + 2 * cosine * y1 - (1 - alpha) * y2) / (1 + alpha);
      [x2, x1, y2, y1] = [x1, x, y1, y];
      return y;
    };
  };
  const [first, second] = [highPass(), highPass()];
  let state = 1;
  for (let i = 0; i < samples.length; i++) {
    // A congruential generator is random enough for a hiss, and fast.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[i] = samples[i]! + HISS_AMPLITUDE * second(first(state / 2 ** 32 - 0.5));
  }
}

/** A moment, and how loud it is then. */
interface Level {
  readonly atS: number;
  readonly gain: number;
}

const SOFTEST_DB = -24;

/** Every 80 to 250 ms another loudness: about as fast as syllables, and as different. */
function composeSyllables(seed: string, seconds: number): Level[] {
  const random = seedrandom(`syllables/${seed}`);
  const levels: Level[] = [];
  for (let atS = 0; atS < seconds + 1; atS += 0.08 + 0.17 * random()) levels.push({ atS, gain: 10 ** ((SOFTEST_DB * random()) / 20) });
  return levels;
}

/** Goes from one loudness to the next along a raised cosine. */
function speak(levels: readonly Level[], samples: Float32Array, rateHz: number): void {
  levels.forEach(({ atS, gain }, index) => {
    const next = levels[index + 1];
    if (next === undefined) return;
    const end = Math.min(samples.length, Math.ceil(next.atS * rateHz));
    for (let i = Math.ceil(atS * rateHz); i < end; i++) {
      const way = 0.5 - 0.5 * Math.cos((Math.PI * (i / rateHz - atS)) / (next.atS - atS));
      samples[i] = samples[i]! * (gain + (next.gain - gain) * way);
    }
  });
}
