import { createHmac, randomBytes } from 'node:crypto';
import type { Worker } from 'node:worker_threads';
import { GuessLimit } from '../../../http/auth/guess-limit.ts';
import { startThread } from '../../../process/start-thread.ts';
import { isPassword, isSlow } from './password-hash.ts';

export interface PasswordQuestion {
  readonly password: string;
  readonly hash: string;
}

/** `wait`: this address has given too many wrong ones. `busy`: so many are to be checked that this one has to come again. */
export type PasswordVerdict = 'right' | 'wrong' | 'wait' | 'busy';

/** Passwords that wait to be checked by the thread; further ones are told to come again. At 0.06 s each, one waits for 15 s. */
const MAX_WAITING = 256;
/** Passwords that were right are kept in mind by a keyed digest, so that listeners who come back at once cost nothing; beyond it the oldest are forgotten. */
const MAX_RIGHT = 16_384;

interface Waiting extends PasswordQuestion {
  readonly ip: string;
  readonly isGone: () => boolean;
  readonly answer: (verdict: PasswordVerdict) => void;
}

/** Checks passwords against hashes, those that take long in a thread of its own. Whoever guesses is slowed down by address. */
export class PasswordChecker {
  readonly #guesses = new GuessLimit();
  readonly #key = randomBytes(32);
  readonly #right = new Set<string>();
  readonly #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  #thread: Worker | undefined;

  check(question: PasswordQuestion, ip: string, isGone: () => boolean = () => false): Promise<PasswordVerdict> {
    if (this.#right.has(this.#digestOf(question))) return Promise.resolve('right');
    if (!isSlow(question.hash)) return Promise.resolve(this.#guesses.check(ip, textOf(question), performance.now(), () => isPassword(question.password, question.hash)));
    if (this.#waiting.length >= MAX_WAITING) return Promise.resolve('busy');
    return new Promise((answer) => {
      this.#waiting.push({ ...question, ip, isGone, answer });
      this.#next();
    });
  }

  /** Whoever waits is told to come again. */
  async stop(): Promise<void> {
    for (const { answer } of this.#waiting.splice(0)) answer('busy');
    await this.#thread?.terminate();
  }

  /** One at a time: so what was wrong before counts. */
  #next(): void {
    while (this.#current === undefined) {
      const waiting = this.#waiting.shift();
      if (waiting === undefined) return;
      const known = waiting.isGone() ? 'busy' : this.#knownOf(waiting);
      if (known !== undefined) {
        waiting.answer(known);
        continue;
      }
      this.#current = waiting;
      this.#thread ??= this.#begin();
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
      this.#thread.postMessage({ password: waiting.password, hash: waiting.hash } satisfies PasswordQuestion);
    }
  }

  #knownOf(waiting: Waiting): PasswordVerdict | undefined {
    return this.#right.has(this.#digestOf(waiting)) ? 'right' : this.#guesses.known(waiting.ip, textOf(waiting), performance.now());
  }

  #begin(): Worker {
    const thread = startThread('edge/admission/auth/password-thread', {});
    // Its end, which follows an error, is what counts.
    thread.on('error', () => undefined);
    thread.on('message', (isRight: boolean) => this.#answered(isRight));
    thread.on('exit', () => {
      this.#thread = undefined;
      this.#end('busy');
    });
    thread.unref();
    return thread;
  }

  #answered(isRight: boolean): void {
    const waiting = this.#current!;
    if (isRight) this.#keep(waiting);
    else this.#guesses.wrong(waiting.ip, textOf(waiting), performance.now());
    this.#end(isRight ? 'right' : 'wrong');
  }

  #end(verdict: PasswordVerdict): void {
    const waiting = this.#current;
    this.#current = undefined;
    waiting?.answer(verdict);
    this.#next();
  }

  #keep(question: PasswordQuestion): void {
    this.#right.add(this.#digestOf(question));
    for (const oldest of this.#right) {
      if (this.#right.size <= MAX_RIGHT) break;
      this.#right.delete(oldest);
    }
  }

  #digestOf(question: PasswordQuestion): string {
    return createHmac('sha256', this.#key).update(textOf(question)).digest('base64');
  }
}

/** With its hash: a password that is changed in the file is looked at again. */
function textOf({ password, hash }: PasswordQuestion): string {
  return `${hash}\n${password}`;
}
