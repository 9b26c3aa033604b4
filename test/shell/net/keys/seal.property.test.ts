import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { counterOf, ENVELOPE_BYTES, ENVELOPE_HEAD_BYTES, isEnvelope, NONCE_AT, sentAtOf } from '../../../../core/wire/envelope.ts';
import { decodeMessage } from '../../../../core/wire/pdu.ts';
import { secretOf } from '../../../../shell/net/keys/file/entry.ts';
import { keyOfStart, Sealer, startOf, unseal } from '../../../../shell/net/keys/seal.ts';

const { seal: secret } = secretOf('studio-a', Buffer.alloc(32, 7));
const message = fc.uint8Array({ minLength: 26, maxLength: 1_500 });

function open(envelope: Uint8Array, { key } = secret): Uint8Array | undefined {
  return unseal(keyOfStart(key, startOf(envelope)), envelope);
}

describe('a sealed datagram', () => {
  it('opens to what was sealed, and is no message itself', () => {
    fc.assert(fc.property(message, (bytes) => {
      const envelope = new Sealer(secret).seal(bytes);
      expect(Buffer.from(open(envelope)!).equals(bytes)).toBe(true);
      expect([envelope.length - bytes.length, isEnvelope(envelope), decodeMessage(envelope)]).toEqual([ENVELOPE_BYTES, true, 'sequence-too-large']);
    }), { numRuns: 50 });
  });

  it('does not open with any one bit changed, nor cut anywhere, nor longer', () => {
    const bytes = new Uint8Array(randomBytes(40));
    const envelope = new Sealer(secret).seal(bytes);
    for (let bit = 0; bit < envelope.length * 8; bit++) {
      const changed = envelope.slice();
      changed[bit >> 3]! ^= 1 << (bit & 7);
      expect(open(changed), `bit ${bit}`).toBeUndefined();
    }
    for (let length = ENVELOPE_BYTES; length < envelope.length; length++) expect(open(envelope.slice(0, length)), `${length} bytes`).toBeUndefined();
    expect(open(Buffer.concat([envelope, Buffer.alloc(1)]))).toBeUndefined();
  });

  it('does not open with parts of two, in any mixture', () => {
    const sealer = new Sealer(secret);
    const [one, other] = [sealer.seal(new Uint8Array(60)), sealer.seal(new Uint8Array(60).fill(1))];
    fc.assert(fc.property(fc.integer({ min: 1, max: one.length - 1 }), (cut) => {
      const mixed = Buffer.concat([one.subarray(0, cut), other.subarray(cut)]);
      // Both heads are the same up to the end of the counter.
      if (!mixed.equals(one) && !mixed.equals(other)) expect(open(mixed)).toBeUndefined();
    }));
  });

  it('does not open with another key, or that of another name', () => {
    const envelope = new Sealer(secret).seal(new Uint8Array(30));
    expect(open(envelope, secretOf('studio-a', Buffer.alloc(32, 8)).seal)).toBeUndefined();
    expect(secretOf('studio-b', Buffer.alloc(32, 7)).seal.id).not.toEqual(secret.id);
  });
});

describe('a sender', () => {
  it('uses no nonce twice with a key, and no key twice when it starts again', () => {
    const sealers = Array.from({ length: 50 }, () => new Sealer(secret, { wallMs: () => 1_795_817_265_000 }));
    const used = new Set<string>();
    for (const sealer of sealers) {
      for (let i = 0; i < 20; i++) {
        const envelope = sealer.seal(new Uint8Array(30));
        used.add(`${Buffer.from(keyOfStart(secret.key, startOf(envelope))).toString('hex')} ${Buffer.from(envelope.subarray(NONCE_AT, ENVELOPE_HEAD_BYTES)).toString('hex')}`);
        expect([counterOf(envelope), sentAtOf(envelope)]).toEqual([i + 1, 1_795_817_265_000]);
      }
    }
    expect(used.size).toBe(1_000);
  });

  it('makes its key as the second step of RFC 5869 does', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.uint8Array({ minLength: 8, maxLength: 8 }), (material, start) => {
      // The first step with a salt is HMAC; hkdf does both.
      const salt = Buffer.from('salt');
      const extracted = createHmac('sha256', salt).update(material).digest();
      const info = Buffer.concat([Buffer.from('davecast datagrams of one start'), start]);
      expect(Buffer.from(keyOfStart(extracted, start)).equals(Buffer.from(hkdfSync('sha256', material, salt, info, 32)))).toBe(true);
    }), { numRuns: 20 });
  });
});
