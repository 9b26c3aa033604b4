import { createHash } from 'node:crypto';
import { networkOf } from '../../net/addresses/address.ts';

/** Wrong passwords in a row: somebody who tries to remember. */
const AT_ONCE = 10;
/** And one more in so long: at this rate a password of eight letters takes millennia. */
const ONE_MORE_MS = 1_000;
/** Addresses that are kept in mind; beyond it the one that was wrong longest ago is forgotten. */
const MAX_ADDRESSES = 4_096;
/** Of each address, the digests of its newest wrong passwords. */
const MAX_WRONG = 4;

interface Guesser {
  /** Wrong passwords that it may give now. */
  left: number;
  at: number;
  readonly wrong: string[];
}

/**
 * Slows down whoever guesses passwords. Only a wrong password that is new is a guess: a source client that is set up wrongly says the
 * same one for ever, and must not lock out another one at its address; one that says none at all is asked for it.
 */
export class GuessLimit {
  readonly #guessers = new Map<string, Guesser>();

  /** `isRight` is not asked when this address has to wait. `nowMs` never decreases. */
  check(ip: string, password: string, nowMs: number, isRight: (password: string) => boolean): 'right' | 'wrong' | 'wait' {
    const known = this.known(ip, password, nowMs);
    if (known !== undefined) return known;
    if (isRight(password)) return 'right';
    this.wrong(ip, password, nowMs);
    return 'wrong';
  }

  /** What is known of a password before anybody has looked at it; undefined: it is to be looked at now. */
  known(ip: string, password: string, nowMs: number): 'wrong' | 'wait' | undefined {
    const guesser = this.#guessers.get(networkOf(ip));
    if (guesser?.wrong.includes(digestOf(password)) === true) return 'wrong';
    return leftOf(guesser, nowMs) < 1 ? 'wait' : undefined;
  }

  /** It was looked at, and is wrong. */
  wrong(ip: string, password: string, nowMs: number): void {
    const network = networkOf(ip);
    const guesser = this.#guessers.get(network);
    this.#guessers.delete(network);
    this.#guessers.set(network, { left: leftOf(guesser, nowMs) - 1, at: nowMs, wrong: [...(guesser?.wrong ?? []), digestOf(password)].slice(-MAX_WRONG) });
    for (const oldest of this.#guessers.keys()) {
      if (this.#guessers.size <= MAX_ADDRESSES) break;
      this.#guessers.delete(oldest);
    }
  }
}

function leftOf(guesser: Guesser | undefined, nowMs: number): number {
  return guesser === undefined ? AT_ONCE : Math.min(AT_ONCE, guesser.left + (nowMs - guesser.at) / ONE_MORE_MS);
}

function digestOf(password: string): string {
  return createHash('sha256').update(password).digest('base64');
}
