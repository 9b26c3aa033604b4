import { createHash } from 'node:crypto';
import { signatureFaults, type ProofChecks } from '../../../core/edge/intake/proof/checks.ts';
import type { Signer } from '../../../core/encoder/signing.ts';
import { encodeMessage, MessageType } from '../../../core/wire/pdu.ts';
import { DIGEST_BYTES, encodeSignature, signatureIn, signedContent, type Signed } from '../../../core/wire/messages/signature.ts';
import { streamId } from './messages.ts';

/** A key that only its holder knows: instead of Ed25519 a hash over it, which costs less. */
export class Key {
  readonly id: Uint8Array;
  readonly #secret: string;

  constructor(name: string) {
    this.#secret = name;
    this.id = new Uint8Array(createHash('sha256').update(name).digest().subarray(0, 8));
  }

  sign(content: Uint8Array): Uint8Array {
    return new Uint8Array(createHash('sha512').update(this.#secret).update(content).digest());
  }
}

function digest(message: Uint8Array): Uint8Array {
  const copy = message.slice();
  copy[1] = 0;
  return new Uint8Array(createHash('sha256').update(copy).digest().subarray(0, DIGEST_BYTES));
}

export function signerWith(key: Key, nowMs: () => number): Signer {
  return {
    keyId: key.id,
    get nowMs() {
      return nowMs();
    },
    digest: (message, into, at) => into.set(digest(message), at),
    sign: (content) => key.sign(content),
  };
}

/** Messages by one key, and the SIGNATURE behind them. */
export function signedBy(key: Key, messages: readonly Uint8Array[], { stream = 1, sequence, atMs = 0, mountpoint = 'test' }: { stream?: number; sequence: number; atMs?: number; mountpoint?: string }): Uint8Array[] {
  const digests = new Uint8Array(Buffer.concat(messages.map(digest)));
  const message = encodeMessage({ type: MessageType.SIGNATURE, replica: 0, streamId: streamId(stream), sequence, payload: encodeSignature({ keyId: key.id, atMs, mountpoint, digests }) });
  signatureIn(message).set(key.sign(signedContent(message)));
  return [...messages, message];
}

/** Counts what it is asked. */
export class Checks implements ProofChecks {
  readonly keys: readonly Key[];
  /** Mountpoints that have to be signed. */
  readonly mounts: readonly string[];
  verifications = 0;
  nowMs: number = 0;

  constructor(keys: readonly Key[], mounts: readonly string[] = ['test']) {
    this.keys = keys;
    this.mounts = mounts;
  }

  covers(mountpoint: string): number {
    return this.mounts.includes(mountpoint) ? 1 : 0;
  }

  faultOf({ keyId, content, signature, mountpoint, atMs }: Signed): number {
    this.verifications++;
    const key = this.keys.find(({ id }) => Buffer.compare(id, keyId) === 0);
    const fault =
      key === undefined ? 'unknown-key'
      : Buffer.compare(key.sign(content), signature) !== 0 ? 'wrong'
      : !this.mounts.includes(mountpoint) ? 'not-allowed'
      : Math.abs(atMs - this.nowMs) > 60_000 ? 'wrong-time' : 'none';
    return signatureFaults.indexOf(fault);
  }

  differs(message: Uint8Array, digests: Uint8Array, at: number): number {
    return Buffer.compare(digest(message), digests.subarray(at, at + DIGEST_BYTES)) === 0 ? 0 : 1;
  }

  isOther(message: Uint8Array, bytes: Uint8Array, start: number, end: number): number {
    const other = bytes.slice(start, end);
    other[1] = message[1]!;
    return Buffer.compare(message, other) === 0 ? 0 : 1;
  }
}
