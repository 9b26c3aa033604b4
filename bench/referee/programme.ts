import { SignSearch } from './sign-search.ts';

/** What both signals are compared at: four times the highest sound of the programme. */
export const REFEREE_RATE_HZ = 8_000;
/** The programme is unlike itself elsewhere in every block of this length, */
export const BLOCK: number = 0.1 * REFEREE_RATE_HZ;
/** and one is looked at this often. */
export const HOP: number = 0.02 * REFEREE_RATE_HZ;

/** What a recording is compared with. */
export interface Programme {
  readonly samples: Float32Array;
  readonly signs: SignSearch;
}

/** Makes a programme, mono at REFEREE_RATE_HZ, ready to be compared with. */
export function knownProgramme(samples: Float32Array): Programme {
  return { samples, signs: new SignSearch(samples) };
}

export function toMs(samples: number): number {
  return (samples * 1000) / REFEREE_RATE_HZ;
}
