import { credentialsInEither, fromOwnSite, thisMachine, withPassword, type Guard } from '../http/guards.ts';
import { basicCredentials, samePassword } from '../http/basic-auth.ts';
import { textOf } from '../http/request-target.ts';
import { isLoopback } from '../net/address.ts';
import { lineVoice } from '../http/reply.ts';
import type { HttpRequest } from '../http/request.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { SourceMount } from './connections.ts';

export interface SourcesAllowed {
  /** The mountpoint that a request is about; undefined when there is none of that name. */
  readonly mountOf: (request: HttpRequest) => SourceMount | undefined;
  /** Of all mountpoints, asked at each request. */
  readonly passwords: () => readonly string[];
  /** Of the operators of the server: where Shoutcast's clients send titles it is taken as well, if it stands in the address. Undefined: there are none. */
  readonly adminPassword?: (() => string | undefined) | undefined;
  readonly log: Log;
}

/**
 * Who may send a source, and its titles: whoever has the password of the mountpoint. Where there is no such mountpoint any of the passwords will do, so
 * that only those who have one are told so.
 */
export function sources({ mountOf, passwords, adminPassword, log }: SourcesAllowed, refusals: Refusals): Guard {
  const onlyHere = thisMachine(({ from }) => {
    log({ kind: 'source-refused', from, why: { code: 'not-from-here' } });
    return lineVoice(403, 'Sources are accepted from this machine only: no password is configured');
  });
  const passwordsFor = (request: HttpRequest): readonly string[] => {
    const mount = mountOf(request);
    if (mount === undefined) return passwords();
    return mount.password === undefined ? [] : [mount.password];
  };
  const admins = (request: HttpRequest): readonly string[] => (isShoutcastTitle(request) ? [adminPassword?.() ?? []].flat() : []);
  const byPassword = withPassword({
    passwordsFor: (request) => [...passwordsFor(request), ...admins(request)],
    isUser: (user, request) => user === (mountOf(request)?.user ?? 'source') || user === '',
    credentialsOf: (request) => credentialsInEither(request, ''),
    refused: (why, from) => {
      if (why === 'missing') log({ kind: 'source-unauthorized', from });
      else if (why === 'wait') refusals.count('too many wrong passwords', from);
      else log({ kind: 'source-refused', from, why: { code: 'wrong-password' } });
    },
    voice: lineVoice,
    needed: 'You need to authenticate',
  });
  const isOpenHere = (request: HttpRequest): boolean => passwordsFor(request).length === 0 && (admins(request).length === 0 || isLoopback(request.client.address));
  return fromOwnSite((request) => (isOpenHere(request) ? onlyHere : byPassword)(request), {
    isChange: true,
    refused: (from) => refusals.count('source or title from a page of another site', from),
    voice: lineVoice,
  });
}

/** Where Shoutcast's clients send titles. */
export const SHOUTCAST_TITLES = 'admin.cgi';

/** A title in Shoutcast's way: its password stands in the address, and says nothing of whose it is. */
function isShoutcastTitle({ head, target }: HttpRequest): boolean {
  return target.name === SHOUTCAST_TITLES && basicCredentials(head.headers.get('authorization')) === undefined;
}

/** Whether such a request has this password in its address. To be asked of one that was let in. */
export function hasPassword(request: HttpRequest, password: string | undefined): boolean {
  return password !== undefined && isShoutcastTitle(request) && samePassword(textOf(request.target, 'pass') ?? '', password);
}
