import type { Timer } from '../base/timers.ts';
import { later, type Micros } from '../base/units.ts';
import { encodeMessage, MessageType } from '../wire/pdu.ts';
import { DIGEST_BYTES, encodeSignature, MAX_SIGNED_MESSAGES, signatureIn, signedContent } from '../wire/messages/signature.ts';

/** Who signs, with a key that the core never sees. */
export interface Signer {
  /** Of the public key, `SIGNING_KEY_ID_BYTES`; it can be another one next time. */
  readonly keyId: Uint8Array;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Writes the first `DIGEST_BYTES` of a hash of a message; borrowed for the call. */
  digest(message: Uint8Array, into: Uint8Array, at: number): void;
  /** `SIGNATURE_BYTES`. */
  sign(content: Uint8Array): Uint8Array;
}

export interface SigningOptions {
  readonly signer: Signer;
  readonly streamId: Uint8Array;
  readonly mountpoint: string;
  /** A message may wait so long for the signature that covers it. */
  readonly signUs: Micros;
  readonly timer: (fire: (now: Micros) => void) => Timer<string>;
  /** A SIGNATURE is to be made by `make`. */
  readonly due: (now: Micros) => void;
}

/**
 * Signs the messages of one stream, up to 128 or `signMs` of them by one SIGNATURE, which has the number behind theirs:
 *
 *     41 42 43 ... 81   82: SIGNATURE of 41 to 81   83 84 ...
 */
export class Signing {
  readonly #options: SigningOptions;
  readonly #timer: Timer<string>;
  readonly #digests: Uint8Array = new Uint8Array(MAX_SIGNED_MESSAGES * DIGEST_BYTES);
  #count = 0;

  constructor(options: SigningOptions) {
    this.#options = options;
    this.#timer = options.timer((now) => options.due(now));
  }

  /** There is something to sign. */
  get isOwed(): boolean {
    return this.#count > 0;
  }

  /** A message of the stream, in order; no SIGNATURE. */
  add(now: Micros, message: Uint8Array): void {
    const { signer, signUs, due } = this.#options;
    signer.digest(message, this.#digests, this.#count * DIGEST_BYTES);
    this.#count++;
    if (this.#count === 1) this.#timer.set(later(now, signUs));
    if (this.#count === MAX_SIGNED_MESSAGES) due(now);
  }

  /** The SIGNATURE of all that was added since the last one, with this number. */
  make(sequence: number): Uint8Array {
    const { signer, streamId, mountpoint } = this.#options;
    const payload = encodeSignature({ keyId: signer.keyId, atMs: signer.nowMs, mountpoint, digests: this.#digests.subarray(0, this.#count * DIGEST_BYTES) });
    const message = encodeMessage({ type: MessageType.SIGNATURE, replica: 0, streamId, sequence, payload });
    signatureIn(message).set(signer.sign(signedContent(message)));
    this.cancel();
    return message;
  }

  cancel(): void {
    this.#timer.cancel();
    this.#count = 0;
  }
}
