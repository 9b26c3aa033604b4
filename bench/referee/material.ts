import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PCM_RATE_HZ } from '../rigs/formats.ts';
import { makeReference, toStereo16 } from './reference.ts';
import { REFEREE_RATE_HZ, knownProgramme, type Programme } from './programme.ts';

/** The programme of the measurements, in the forms that they need. */
export interface Material {
  readonly seconds: number;
  /** As encoders are fed with it: `s16le` stereo at PCM_RATE_HZ. */
  readonly pcm: Buffer;
  readonly known: Programme;
}

/** Composes a programme, which takes a second for every minute of it. */
export function makeMaterial(seed: string, seconds: number): Material {
  const { pcm, samples } = render(seed, seconds);
  return { seconds, pcm, known: knownProgramme(samples) };
}

/** Composes a programme into a directory, for processes that load it from there. */
export function saveMaterial(directory: string, seed: string, seconds: number): void {
  const { pcm, samples } = render(seed, seconds);
  writeFileSync(path.join(directory, PCM), pcm);
  writeFileSync(path.join(directory, SAMPLES), Buffer.from(samples.buffer));
}

export function loadMaterial(directory: string): Material {
  const bytes = readFileSync(path.join(directory, SAMPLES));
  const samples = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return { seconds: samples.length / REFEREE_RATE_HZ, pcm: readFileSync(path.join(directory, PCM)), known: knownProgramme(samples) };
}

const PCM = 'programme.s16le';
const SAMPLES = 'programme.f32le';

function render(seed: string, seconds: number): { readonly pcm: Buffer; readonly samples: Float32Array } {
  const reference = makeReference(seed, seconds);
  const loud = reference.render(PCM_RATE_HZ);
  return { pcm: toStereo16(loud, 0, loud.length), samples: reference.render(REFEREE_RATE_HZ) };
}
