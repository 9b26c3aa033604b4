import { refusalReply } from './refusal-reply.ts';
import { notHeard, type Admitted, type Authenticator, type Heard, type NotAdmitted, type Unknown } from './authenticator.ts';

const twice = refusalReply(403, 'This user is listening already');

interface Memory {
  readonly user: string;
  /** Of the other one. */
  readonly inner: unknown;
}

/** Admits each user once at a time, of those that another one admits. Who has no name is nobody's second. */
export class OnePerUser implements Authenticator {
  readonly #inner: Authenticator;
  readonly #listening = new Set<string>();

  constructor(inner: Authenticator) {
    this.#inner = inner;
  }

  async admit(unknown: Unknown): Promise<Admitted | NotAdmitted> {
    const verdict = await this.#inner.admit(unknown);
    const user = unknown.credentials?.user ?? '';
    if (!verdict.isAdmitted || user === '') return verdict;
    if (this.#listening.has(user)) {
      verdict.left?.(notHeard);
      return { isAdmitted: false, why: 'is listening already', refusal: 'user is listening already', reply: twice };
    }
    const { left, durationMs, memory: inner } = verdict;
    const memory: Memory = { user, inner };
    return { isAdmitted: true, durationMs, left: this.#begin(user, left), memory };
  }

  restore(memory: unknown): (how: Heard) => void {
    const { user, inner } = memory as Memory;
    return this.#begin(user, inner === undefined ? undefined : this.#inner.restore(inner));
  }

  stop(limitMs: number): Promise<void> {
    return this.#inner.stop(limitMs);
  }

  #begin(user: string, left: Admitted['left']): (how: Heard) => void {
    this.#listening.add(user);
    return (how) => {
      this.#listening.delete(user);
      left?.(how);
    };
  }
}
