import { credentialsInEither, fromOwnSite, thisMachine, withPassword, type Guard } from '../http/guards.ts';
import { lineVoice } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { SourceMount } from './connections.ts';

export interface SourcesAllowed {
  /** The mountpoint that a request is about; undefined when there is none of that name. */
  readonly mountOf: (request: HttpRequest) => SourceMount | undefined;
  /** Of all mountpoints. */
  readonly passwords: readonly string[];
  readonly log: Log;
}

/**
 * Who may send a source, and its titles: whoever has the password of the mountpoint. Where there is no such mountpoint any of the passwords will do, so
 * that only those who have one are told so.
 */
export function sources({ mountOf, passwords, log }: SourcesAllowed, refusals: Refusals): Guard {
  const onlyHere = thisMachine(({ from }) => {
    log({ kind: 'source-refused', from, why: { code: 'not-from-here' } });
    return lineVoice(403, 'Sources are accepted from this machine only: no password is configured');
  });
  const passwordsFor = (request: HttpRequest): readonly string[] => {
    const mount = mountOf(request);
    if (mount === undefined) return passwords;
    return mount.password === undefined ? [] : [mount.password];
  };
  const byPassword = withPassword({
    passwordsFor,
    isUser: (user) => user === 'source' || user === '',
    credentialsOf: (request) => credentialsInEither(request, 'source'),
    refused: (why, from) => {
      if (why === 'missing') log({ kind: 'source-unauthorized', from });
      else if (why === 'wait') refusals.count('too many wrong passwords', from);
      else log({ kind: 'source-refused', from, why: { code: 'wrong-password' } });
    },
    voice: lineVoice,
    needed: 'You need to authenticate',
  });
  return fromOwnSite((request) => (passwordsFor(request).length === 0 ? onlyHere : byPassword)(request), {
    isChange: true,
    refused: (from) => refusals.count('source or title from a page of another site', from),
    voice: lineVoice,
  });
}
