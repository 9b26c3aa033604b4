import { createCipheriv, createDecipheriv, createHmac, randomBytes } from 'node:crypto';
import { assert } from '../../../core/base/assert.ts';
import { ENVELOPE_BYTES, ENVELOPE_HEAD_BYTES, MAX_COUNTER, NONCE_AT, SEAL_TAG_BYTES, START_AT, START_BYTES, writeEnvelopeHead } from '../../../core/wire/envelope.ts';
import type { SealSecret } from './file/entry.ts';

/**
 * RFC 8439. It takes the same time on processors with and without instructions for it: encoders stand on small machines that have none for AES, where AES in
 * software is slow, and its time depends on the key.
 */
const CIPHER = 'chacha20-poly1305';
const LENGTHS = { authTagLength: SEAL_TAG_BYTES } as const;

export interface SealerOptions {
  /** A random start, unless given. */
  readonly start?: Uint8Array;
  /** The wall clock: milliseconds since 1970. */
  readonly wallMs?: () => number;
}

/** Seals what one sender sends, from now on, to one address. */
export class Sealer {
  readonly #start: Uint8Array;
  readonly #wallMs: () => number;
  #keyId: Uint8Array;
  #key: Uint8Array;
  #counter = 0;

  constructor({ id, key }: SealSecret, { start = randomBytes(START_BYTES), wallMs = Date.now }: SealerOptions = {}) {
    this.#start = start;
    this.#wallMs = wallMs;
    this.#keyId = id;
    this.#key = keyOfStart(key, start);
  }

  /** Goes on with another key, as the same sender: its counter goes on, too, so that no nonce comes twice, also when the first key comes back. */
  rekey({ id, key }: SealSecret): void {
    this.#keyId = id;
    this.#key = keyOfStart(key, this.#start);
  }

  /** The message in an envelope, in bytes of its own. */
  seal(message: Uint8Array): Uint8Array {
    assert(this.#counter < MAX_COUNTER, 'a nonce would come twice');
    const sealed = new Uint8Array(ENVELOPE_BYTES + message.length);
    writeEnvelopeHead(sealed, { keyId: this.#keyId, start: this.#start, counter: ++this.#counter, sentAtMs: this.#wallMs() });
    const head = sealed.subarray(0, ENVELOPE_HEAD_BYTES);
    const cipher = createCipheriv(CIPHER, this.#key, head.subarray(NONCE_AT), LENGTHS);
    cipher.setAAD(head, { plaintextLength: message.length });
    sealed.set(cipher.update(message), ENVELOPE_HEAD_BYTES);
    cipher.final();
    sealed.set(cipher.getAuthTag(), sealed.length - SEAL_TAG_BYTES);
    return sealed;
  }
}

/** The message in an envelope, when nothing of that was changed; undefined otherwise. @param key of the start that it names. */
export function unseal(key: Uint8Array, envelope: Uint8Array): Uint8Array | undefined {
  const head = envelope.subarray(0, ENVELOPE_HEAD_BYTES);
  const tagAt = envelope.length - SEAL_TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, key, head.subarray(NONCE_AT), LENGTHS);
  decipher.setAAD(head, { plaintextLength: tagAt - ENVELOPE_HEAD_BYTES });
  decipher.setAuthTag(envelope.subarray(tagAt));
  const message = decipher.update(envelope.subarray(ENVELOPE_HEAD_BYTES, tagAt));
  try {
    decipher.final();
  } catch {
    return undefined;
  }
  return message;
}

/** The second step of HKDF (RFC 5869, 2.3): 32 bytes, of the key that both know and what is new at each start. It costs 2 us, for which anybody can ask. */
export function keyOfStart(key: Uint8Array, start: Uint8Array): Uint8Array {
  return createHmac('sha256', key).update(INFO).update(start).update(FIRST_BLOCK).digest();
}

/** The bytes that say which start it is. */
export function startOf(envelope: Uint8Array): Uint8Array {
  return envelope.slice(START_AT, START_AT + START_BYTES);
}

const INFO = 'davecast datagrams of one start';
const FIRST_BLOCK = new Uint8Array([1]);
