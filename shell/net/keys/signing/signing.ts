import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, hash, sign, verify, type KeyObject } from 'node:crypto';
import { signatureFaults, type ProofChecks, type SignatureFault } from '../../../../core/edge/intake/proof/checks.ts';
import type { Signer } from '../../../../core/encoder/signing.ts';
import { matchesGlob } from '../../../../core/links/peers/globs.ts';
import { MAX_PDU_BYTES, REPLICA_AT } from '../../../../core/wire/pdu.ts';
import { DIGEST_BYTES, SIGNING_KEY_ID_BYTES, type Signed } from '../../../../core/wire/messages/signature.ts';

/** A signature is good for so long before and after the time in it: the clocks of encoder and edge may differ, and an encoder and a relay keep ten seconds each for those who come late. */
export const SIGNATURE_AGE_MS = 60_000;
/** What stands before a seed or a public key of Ed25519 (RFC 8032), of 32 bytes each, in DER (RFC 8410). */
const SEED_DER = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_DER = Buffer.from('302a300506032b6570032100', 'hex');

/** Who may sign what. */
export interface VerifyKey {
  readonly name: string;
  /** Patterns, without their leading slash; undefined: all. */
  readonly mounts: readonly string[] | undefined;
  readonly key: KeyObject;
}

export function newSeed(): Uint8Array {
  return new Uint8Array(generateKeyPairSync('ed25519').privateKey.export({ format: 'der', type: 'pkcs8' }).subarray(SEED_DER.length));
}

export function publicOf(seed: Uint8Array): Uint8Array {
  return new Uint8Array(createPublicKey(privateKeyOf(seed)).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_DER.length));
}

export function publicKeyOf(bytes: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.concat([PUBLIC_DER, bytes]), format: 'der', type: 'spki' });
}

export function signingKeyId(publicBytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update('davecast signing key\n').update(publicBytes).digest().subarray(0, SIGNING_KEY_ID_BYTES));
}

/** Signs with the key that is in force when it is asked. @param seed of the key. */
export function signer(seed: () => Uint8Array, nowMs: () => number = Date.now): Signer {
  let before: Uint8Array | undefined;
  let key: KeyObject | undefined;
  let keyId = new Uint8Array(SIGNING_KEY_ID_BYTES);
  const look = (): KeyObject => {
    const now = seed();
    if (now !== before || key === undefined) {
      before = now;
      key = privateKeyOf(now);
      keyId = signingKeyId(publicOf(now)) as Uint8Array<ArrayBuffer>;
    }
    return key;
  };
  return {
    get keyId() {
      look();
      return keyId;
    },
    get nowMs() {
      return nowMs();
    },
    digest: (message, into, at) => void Buffer.from(into.buffer, into.byteOffset).write(digestOf(message), at, DIGEST_BYTES, 'hex'),
    sign: (content) => sign(null, content, look()),
  };
}

/** Verifies with the keys that are in force when it is asked, by their ids in hexadecimal digits. @param own finds a key of this process, by which no mountpoint has to be signed. */
export function proofChecks(keys: () => ReadonlyMap<string, VerifyKey>, nowMs: () => number = Date.now, own: (id: string) => VerifyKey | undefined = () => undefined): ProofChecks {
  return {
    covers: (mountpoint) => {
      for (const key of keys().values()) if (maySign(key, mountpoint)) return 1;
      return 0;
    },
    faultOf: (signed) => signatureFaults.indexOf(faultOf(signed, (id) => keys().get(id) ?? own(id), nowMs())),
    differs: (message, digests, at) => (digestOf(message) === Buffer.from(digests.buffer, digests.byteOffset + at, DIGEST_BYTES).toString('hex') ? 0 : 1),
    isOther: (message, bytes, start, end) => (isSameMessage(message, bytes, start, end) ? 0 : 1),
  };
}

function faultOf({ keyId, mountpoint, atMs, content, signature }: Signed, find: (id: string) => VerifyKey | undefined, nowMs: number): SignatureFault {
  const key = find(Buffer.from(keyId).toString('hex'));
  if (key === undefined) return 'unknown-key';
  if (!verify(null, content, key.key, signature)) return 'wrong';
  if (!maySign(key, mountpoint)) return 'not-allowed';
  return Math.abs(nowMs - atMs) > SIGNATURE_AGE_MS ? 'wrong-time' : 'none';
}

function maySign({ mounts }: VerifyKey, mountpoint: string): boolean {
  return mounts === undefined || mounts.some((glob) => matchesGlob(glob, mountpoint));
}

/** In hexadecimal digits: of all that Node.js can give out, this takes the least time. */
function digestOf(message: Uint8Array): string {
  const { length } = message;
  scratch.set(message);
  // It differs between the copies of a message.
  scratch[REPLICA_AT] = 0;
  return hash('sha256', scratch.subarray(0, length), 'hex').slice(0, 2 * DIGEST_BYTES);
}

const scratch = Buffer.alloc(MAX_PDU_BYTES);

function isSameMessage(message: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (message.length !== end - start || message[0] !== bytes[start]) return false;
  return Buffer.compare(message.subarray(REPLICA_AT + 1), bytes.subarray(start + REPLICA_AT + 1, end)) === 0;
}

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([SEED_DER, seed]), format: 'der', type: 'pkcs8' });
}
