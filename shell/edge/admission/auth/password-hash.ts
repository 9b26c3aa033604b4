import { createHash, timingSafeEqual } from 'node:crypto';
import bcrypt from 'bcryptjs';

/** A check of a password takes 2^cost rounds: 0.06 s at 10, and 2 s at 15. */
const MAX_BCRYPT_COST = 14;

const patterns = {
  bcrypt: /^\$2[aby]\$(\d\d)\$[./\dA-Za-z]{53}$/,
  apr1: /^\$apr1\$([^$]{1,8})\$([./\dA-Za-z]{22})$/,
  sha: /^\{SHA\}([\dA-Za-z+/]{27}=)$/,
  /** As Icecast's own admin pages write it. */
  md5: /^[\da-f]{32}$/i,
} as const;

/** Why a hash cannot be used; undefined when it can. */
export function hashProblem(hash: string): string | undefined {
  const cost = Number(patterns.bcrypt.exec(hash)?.[1] ?? 0);
  if (cost > MAX_BCRYPT_COST) return `has a bcrypt cost of ${cost}: at most ${MAX_BCRYPT_COST}, or checking one password takes seconds`;
  if (Object.values(patterns).some((pattern) => pattern.test(hash))) return undefined;
  return "must have bcrypt (htpasswd -B), $apr1$ (htpasswd -m), {SHA} (htpasswd -s), or the MD5 of Icecast's own user files";
}

/** Checking a password takes so long that nobody else could be served meanwhile. */
export function isSlow(hash: string): boolean {
  return hash.startsWith('$');
}

/** Whether this is the password; the hash has no problem. */
export function isPassword(password: string, hash: string): boolean {
  if (patterns.bcrypt.test(hash)) return bcrypt.compareSync(password, hash);
  const [, salt, digest] = patterns.apr1.exec(hash) ?? [];
  if (salt !== undefined) return isSame(apr1(password, salt), digest!);
  const sha = patterns.sha.exec(hash)?.[1];
  if (sha !== undefined) return isSame(createHash('sha1').update(password).digest('base64'), sha);
  return isSame(createHash('md5').update(password).digest('hex'), hash.toLowerCase());
}

function isSame(one: string, other: string): boolean {
  return timingSafeEqual(Buffer.from(one), Buffer.from(other));
}

const APR1_ROUNDS = 1_000;
const APR1_ALPHABET = './0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** The order in which three bytes of the digest make four characters. */
const APR1_TRIPLES = [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] as const;

/** The digest of Apache's variant of the MD5 crypt of FreeBSD, without its salt. */
function apr1(password: string, salt: string): string {
  const secret = Buffer.from(password);
  const md5 = (...parts: (Uint8Array | string)[]): Buffer => parts.reduce((hash, part) => hash.update(part), createHash('md5')).digest();
  const inner = md5(secret, salt, secret);
  const first: (Uint8Array | string)[] = [secret, '$apr1$', salt];
  for (let left = secret.length; left > 0; left -= 16) first.push(inner.subarray(0, Math.min(16, left)));
  for (let bits = secret.length; bits > 0; bits >>= 1) first.push(bits % 2 === 1 ? new Uint8Array(1) : secret.subarray(0, 1));
  let digest = md5(...first);
  for (let round = 0; round < APR1_ROUNDS; round++) {
    const isOdd = round % 2 === 1;
    digest = md5(isOdd ? secret : digest, round % 3 === 0 ? '' : salt, round % 7 === 0 ? '' : secret, isOdd ? digest : secret);
  }
  const characters = (value: number, count: number): string => Array.from({ length: count }, (_, at) => APR1_ALPHABET[(value >> (6 * at)) & 63]).join('');
  const triples = APR1_TRIPLES.map(([a, b, c]) => characters((digest[a]! << 16) | (digest[b]! << 8) | digest[c]!, 4));
  return triples.join('') + characters(digest[11]!, 2);
}
