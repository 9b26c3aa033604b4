import type { ProofChecks } from '../../core/edge/intake/proof/checks.ts';
import { signatureFaults } from '../../core/edge/intake/proof/checks.ts';
import type { Signer } from '../../core/encoder/signing.ts';
import { REPLICA_AT } from '../../core/wire/pdu.ts';
import { DIGEST_BYTES, SIGNATURE_BYTES, SIGNING_KEY_ID_BYTES } from '../../core/wire/messages/signature.ts';
import { joined } from '../programme/joined.ts';

/** A signature is good for so long. */
const AGE_MS = 60_000;

/**
 * Keys of a world in which nobody calculates: a hash that is easy to forge, and that nobody there forges, in place of SHA-256 and Ed25519.
 *
 * @param nowMs of the clock that encoders and edges agree on.
 */
export function modelSigner(encoder: string, nowMs: () => number): Signer {
  return {
    keyId: keyIdOf(encoder),
    get nowMs() {
      return Math.floor(nowMs());
    },
    digest: (message, into, at) => writeHash(into, at, DIGEST_BYTES, message, true),
    sign: (content) => signatureOf(encoder, content),
  };
}

/** @param encoders those whose signatures are good, for all mountpoints. */
export function modelChecks(encoders: readonly string[], nowMs: () => number): ProofChecks {
  const digest = new Uint8Array(DIGEST_BYTES);
  return {
    covers: () => 0,
    faultOf: ({ keyId, content, signature, atMs }) => {
      const encoder = encoders.find((name) => isSame(keyIdOf(name), 0, keyId, 0, SIGNING_KEY_ID_BYTES));
      if (encoder === undefined) return signatureFaults.indexOf('unknown-key');
      if (!isSame(signatureOf(encoder, content), 0, signature, 0, SIGNATURE_BYTES)) return signatureFaults.indexOf('wrong');
      return signatureFaults.indexOf(Math.abs(nowMs() - atMs) > AGE_MS ? 'wrong-time' : 'none');
    },
    differs: (message, digests, at) => {
      writeHash(digest, 0, DIGEST_BYTES, message, true);
      return isSame(digest, 0, digests, at, DIGEST_BYTES) ? 0 : 1;
    },
    isOther: (message, bytes, start, end) => {
      const hasSameLength = message.length === end - start;
      return hasSameLength && message[0] === bytes[start] && isSame(message, REPLICA_AT + 1, bytes, start + REPLICA_AT + 1, message.length - REPLICA_AT - 1) ? 0 : 1;
    },
  };
}

function keyIdOf(encoder: string): Uint8Array {
  const id = new Uint8Array(SIGNING_KEY_ID_BYTES);
  writeHash(id, 0, id.length, letters(encoder), false);
  return id;
}

function signatureOf(encoder: string, content: Uint8Array): Uint8Array {
  const whole = joined([letters(`${encoder} signs `), content]);
  const signature = new Uint8Array(SIGNATURE_BYTES);
  writeHash(signature, 0, signature.length, whole, false);
  return signature;
}

/** FNV-1a, with another seed for each four bytes of it. */
function writeHash(into: Uint8Array, at: number, length: number, bytes: Uint8Array, isMessage: boolean): void {
  for (let done = 0; done < length; done += 4) {
    let hash = 0x811c_9dc5 ^ (done * 0x9e37_79b1);
    for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (isMessage && i === REPLICA_AT ? 0 : bytes[i]!), 0x0100_0193);
    for (let i = 0; i < 4 && done + i < length; i++) into[at + done + i] = hash >>> (8 * i);
  }
}

function letters(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function isSame(a: Uint8Array, aAt: number, b: Uint8Array, bAt: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aAt + i] !== b[bAt + i]) return false;
  return true;
}
