import { htmlReply } from '../../../http/reply.ts';
import type { Admitted, Authenticator, NotAdmitted, Unknown } from './authenticator.ts';

const twice = htmlReply(403, 'This user is listening already');

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
      verdict.left?.({ connectedMs: 0, bytes: 0 });
      return { isAdmitted: false, why: 'is listening already', refusal: 'user is listening already', reply: twice };
    }
    this.#listening.add(user);
    const { left, durationMs } = verdict;
    return {
      isAdmitted: true,
      durationMs,
      left: (how) => {
        this.#listening.delete(user);
        left?.(how);
      },
    };
  }

  stop(limitMs: number): Promise<void> {
    return this.#inner.stop(limitMs);
  }
}
