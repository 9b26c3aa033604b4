import type { Signed } from '../../../wire/messages/signature.ts';

/** What is wanted of the proof of origin of a mountpoint's streams. 'switch': audio is given out before it is verified, and a stream is left whose is not; 'hold': nothing is given out before. */
export type Verify = 'off' | 'switch' | 'hold';

/** Why a SIGNATURE is not believed. The first has no fault. */
export const signatureFaults = ['none', 'wrong', 'unknown-key', 'not-allowed', 'wrong-time'] as const;
export type SignatureFault = (typeof signatureFaults)[number];

/**
 * What an edge cannot find out by itself: the core has no cryptography. The answers are numbers, of which 0 is the usual one, and a recording has them: so it can be
 * played again by who has neither the keys nor the audio.
 */
export interface ProofChecks {
  /** 1: a key is known for this mountpoint, so its streams have to be signed; 0: none is. */
  covers(mountpoint: string): number;
  /** A place in `signatureFaults`. */
  faultOf(signed: Signed): number;
  /** 0: `digests` has the digest of this message at `at`; 1: it has another one. The replica number does not count. */
  differs(message: Uint8Array, digests: Uint8Array, at: number): number;
  /** 0: the message in `bytes[start, end)` is this one, but for its replica number; 1: it is another one. */
  isOther(message: Uint8Array, bytes: Uint8Array, start: number, end: number): number;
}
