import { basicCredentials, type Credentials } from '../http/basic-auth.ts';
import { thisMachine, withPassword, type Guard } from '../http/guards.ts';
import { lineVoice } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import { textOf } from '../http/request-target.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';

export interface SourcesAllowed {
  /** Without one, sources are taken from this machine only, with any password. */
  readonly password: string | undefined;
  readonly log: Log;
}

/** Who may send a source, and its titles. */
export function sources({ password, log }: SourcesAllowed, refusals: Refusals): Guard {
  if (password === undefined) {
    return thisMachine(({ from }) => {
      log({ kind: 'source-refused', from, why: { code: 'not-from-here' } });
      return lineVoice(403, 'Sources are accepted from this machine only: no password is configured');
    });
  }
  return withPassword({
    password,
    isUser: (user) => user === 'source' || user === '',
    credentialsOf,
    refused: (why, from) => {
      if (why === 'missing') log({ kind: 'source-unauthorized', from });
      else if (why === 'wait') refusals.count('too many wrong passwords', from);
      else log({ kind: 'source-refused', from, why: { code: 'wrong-password' } });
    },
    voice: lineVoice,
    needed: 'You need to authenticate',
  });
}

/** Shoutcast's clients have the password in the address. */
function credentialsOf({ head, target }: HttpRequest): Credentials | undefined {
  const basic = basicCredentials(head.headers.get('authorization'));
  if (basic !== undefined) return basic;
  const pass = textOf(target, 'pass');
  return pass === undefined ? undefined : { user: 'source', password: pass };
}
