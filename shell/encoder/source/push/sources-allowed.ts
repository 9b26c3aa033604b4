import { anybody, credentialsInEither, fromOwnSite, thisMachine, withPassword, type Guard } from '../../../http/auth/guards.ts';
import { basicCredentials, samePassword } from '../../../http/auth/basic-auth.ts';
import { textOf } from '../../../http/message/request-target.ts';
import { isLoopback } from '../../../net/addresses/address.ts';
import { lineVoice } from '../../../http/message/reply.ts';
import type { HttpRequest } from '../../../http/request.ts';
import type { Log } from '../../../log/log.ts';
import type { Refusals } from '../../../log/refusals.ts';
import type { SourceMount } from './connections.ts';

/** How a source is sent; by other methods, requests are about one. */
export const pushMethods: readonly string[] = ['SOURCE', 'PUT'];

export interface SourcesAllowed {
  /** The mountpoint that a request is about; undefined when there is none of that name. */
  readonly mountOf: (request: HttpRequest) => SourceMount | undefined;
  /** Any of them will do; none: sources are taken from this machine only. */
  readonly passwordsFor: (request: HttpRequest) => readonly string[];
  /** Of the operators of the server: where Shoutcast's clients send titles it is taken as well, if it stands in the address. Undefined: there are none. */
  readonly adminPassword?: (() => string | undefined) | undefined;
  readonly log: Log;
}

export interface SourceGuards {
  /** Whoever has the password of the mountpoint; nobody where a service says who may. */
  readonly who: Guard;
  /** The same, but where a service says who may, everybody: it is to be asked. */
  readonly whoOrService: Guard;
}

/** Whether a web service says who may send the sources of a mountpoint. */
export function isOfService(mount: SourceMount | undefined): boolean {
  return mount?.auth?.streamAuth !== undefined;
}

/** Who may send a source, and its titles. */
export function sources({ mountOf, passwordsFor, adminPassword, log }: SourcesAllowed, refusals: Refusals): SourceGuards {
  const onlyHere = thisMachine((request) => {
    log({ kind: 'source-refused', ...aboutMount(mountOf(request)), from: request.from, why: { code: 'not-from-here' } });
    return lineVoice(403, 'Sources are accepted from this machine only: no password is configured');
  });
  const admins = (request: HttpRequest): readonly string[] => (isShoutcastTitle(request) ? [adminPassword?.() ?? []].flat() : []);
  const byPassword = withPassword({
    passwordsFor: (request) => [...passwordsFor(request), ...admins(request)],
    isUser: (user, request) => user === userOf(mountOf(request)) || user === '',
    credentialsOf: (request) => credentialsInEither(request, ''),
    refused: (why, from, request) => {
      // libshout asks so before each title: of its sources alone it is told.
      if (why === 'missing') {
        if (pushMethods.includes(request.head.method)) log({ kind: 'source-unauthorized', from });
        return;
      }
      if (why === 'wait') refusals.count('too many wrong passwords', from);
      else {
        const mount = mountOf(request);
        const { user = '' } = credentialsInEither(request, '') ?? {};
        const isOther = user !== '' && user !== userOf(mount);
        log({ kind: 'source-refused', ...aboutMount(mount), from, why: isOther ? { code: 'wrong-user', user: userOf(mount) } : { code: 'wrong-password' } });
      }
    },
    voice: lineVoice,
    needed: () => 'You need to authenticate',
  });
  const isOpenHere = (request: HttpRequest): boolean => passwordsFor(request).length === 0 && (admins(request).length === 0 || isLoopback(request.client.address));
  const guard = (ofService: Guard): Guard => fromOwnSite((request) => (isOfService(mountOf(request)) ? ofService : isOpenHere(request) ? onlyHere : byPassword)(request), {
    isChange: true,
    refused: (from) => refusals.count('source or title from a page of another site', from),
    voice: lineVoice,
  });
  const notHere: Guard = ({ from }) => {
    log({ kind: 'source-refused', from, why: { code: 'by-service', reason: 'it is asked about SOURCE, PUT and titles only' } });
    return lineVoice(403, 'Sources of this mountpoint are known to its authentication service, which is asked about SOURCE, PUT and titles only');
  };
  return { who: guard(notHere), whoOrService: guard(anybody) };
}

function userOf(mount: SourceMount | undefined): string {
  return mount?.user ?? 'source';
}

function aboutMount(mount: SourceMount | undefined): { readonly mount?: string } {
  return mount === undefined ? {} : { mount: mount.name };
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
