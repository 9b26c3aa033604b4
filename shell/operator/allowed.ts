import { basicCredentials } from '../http/basic-auth.ts';
import { credentialsInEither, fromOwnSite, withPassword, type Guard } from '../http/guards.ts';
import { GuessLimit } from '../http/guess-limit.ts';
import type { Voice } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Refusals } from '../log/refusals.ts';

const OPERATOR = 'admin';

export interface OperatorsAllowed {
  /** Of user "admin"; without one nobody is an operator. */
  readonly password: string | undefined;
  readonly refusals: Refusals;
}

export interface OperatorGuardOptions {
  readonly voice: Voice;
  /** What is asked for changes something, also where it is a GET. */
  readonly isChange?: boolean;
  /** The password may stand in the address, as `pass=`. */
  readonly inAddress?: boolean;
}

/** Makes the guard of a page for operators. All of them count the wrong passwords of an address together. */
export type OperatorGuard = (options: OperatorGuardOptions) => Guard;

/** Whoever has the password, and does not ask from a page of another site. */
export function operators({ password, refusals }: OperatorsAllowed): OperatorGuard {
  const guesses = new GuessLimit();
  return ({ voice, isChange = false, inAddress = false }) => {
    if (password === undefined) return () => voice(403, 'Operator commands are disabled: the edge was started without an admin password');
    const hasPassword = withPassword({
      passwordsFor: () => [password],
      isUser: (user) => user === OPERATOR,
      credentialsOf: (request) => (inAddress ? credentialsInEither(request, OPERATOR) : basicCredentials(request.head.headers.get('authorization'))),
      refused: (why, from) => {
        if (why !== 'missing') refusals.count(why === 'wait' ? 'too many wrong passwords' : 'wrong admin password', from);
      },
      voice,
      needed: 'Authenticate as user admin',
      guesses,
    });
    return fromOwnSite(hasPassword, { isChange, refused: (from) => refusals.count('operator command from a page of another site', from), voice });
  };
}

/** Whether a request does not call its user an operator. */
export function isNotOfOperator({ head }: HttpRequest): boolean {
  return basicCredentials(head.headers.get('authorization'))?.user !== OPERATOR;
}
