import { basicCredentials } from '../../http/auth/basic-auth.ts';
import { credentialsInEither, fromOwnSite, withPassword, type Guard } from '../../http/auth/guards.ts';
import { GuessLimit } from '../../http/auth/guess-limit.ts';
import type { Voice } from '../../http/message/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Refusals } from '../../log/refusals.ts';

/** What operators are called, unless it is configured. */
export const OPERATOR = 'admin';

export interface OperatorsAllowed {
  /** What operators are called, asked at each request; "admin", unless given. */
  readonly user?: (() => string | undefined) | undefined;
  /** Asked at each request; without one nobody is an operator. */
  readonly password: () => string | undefined;
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

/** The guard of what operators may see and others may in part: asked at each request, and undefined while there are no operators. */
export function operatorsIfAny(allowed: OperatorGuard, password: () => string | undefined): (voice: Voice) => () => Guard | undefined {
  return (voice) => {
    const guard = allowed({ voice });
    return () => (password() === undefined ? undefined : guard);
  };
}

/** Whoever has the password, and does not ask from a page of another site. */
export function operators({ user, password, refusals }: OperatorsAllowed): OperatorGuard {
  const guesses = new GuessLimit();
  const operator = (): string => user?.() ?? OPERATOR;
  return ({ voice, isChange = false, inAddress = false }) => {
    const disabled = voice(403, 'Operator commands are disabled: the edge has no admin password');
    const hasPassword = withPassword({
      passwordsFor: () => [password() ?? []].flat(),
      isUser: (given) => given === operator(),
      credentialsOf: (request) => (inAddress ? credentialsInEither(request, operator()) : basicCredentials(request.head.headers.get('authorization'))),
      refused: (why, from) => {
        if (why !== 'missing') refusals.count(why === 'wait' ? 'too many wrong passwords' : 'wrong admin password', from);
      },
      voice,
      needed: () => `Authenticate as user ${operator()}`,
      guesses,
    });
    return fromOwnSite((request) => (password() === undefined ? disabled : hasPassword(request)), { isChange, refused: (from) => refusals.count('operator command from a page of another site', from), voice });
  };
}

/** Whether a request does not call its user an operator. */
export function isNotOf(user: () => string | undefined = () => undefined): (request: HttpRequest) => boolean {
  return ({ head }) => basicCredentials(head.headers.get('authorization'))?.user !== (user() ?? OPERATOR);
}
