import { basicCredentials, samePassword, type Credentials } from './basic-auth.ts';
import { GuessLimit } from './guess-limit.ts';
import type { Reply, Voice } from '../message/reply.ts';
import type { HttpRequest } from '../request.ts';
import { textOf } from '../message/request-target.ts';

/** Who may ask: undefined for whoever may, or else the refusal. */
export type Guard = (request: HttpRequest) => Reply | undefined;

export const anybody: Guard = () => undefined;

/** Whoever is on this machine, and asks without a proxy; others get what `refuse` makes. */
export function thisMachine(refuse: (request: HttpRequest) => Reply): Guard {
  return (request) => (request.client.isLocal ? undefined : refuse(request));
}

export interface PasswordOptions {
  /** Any of them will do. */
  readonly passwordsFor: (request: HttpRequest) => readonly string[];
  readonly isUser: (user: string, request: HttpRequest) => boolean;
  readonly credentialsOf: (request: HttpRequest) => Credentials | undefined;
  /** Told of everybody who is refused: nothing was given, it was wrong, or too many others were before it. */
  readonly refused: (why: 'missing' | 'wrong' | 'wait', from: string, request: HttpRequest) => void;
  readonly voice: Voice;
  /** What is answered with 401, asked then. */
  readonly needed: () => string;
  /** Shared by several guards; its own, unless given. */
  readonly guesses?: GuessLimit;
}

/** Those of an Authorization header, or else, in Shoutcast's way, this user's with the password that stands in the address. */
export function credentialsInEither({ head, target }: HttpRequest, user: string): Credentials | undefined {
  const basic = basicCredentials(head.headers.get('authorization'));
  if (basic !== undefined) return basic;
  const pass = textOf(target, 'pass');
  return pass === undefined ? undefined : { user, password: pass };
}

/** Whoever has the password. Each is compared, and all in the same time. */
export function withPassword({ passwordsFor, isUser, credentialsOf, refused, voice, needed, guesses = new GuessLimit() }: PasswordOptions): Guard {
  const check = (given: Credentials, request: HttpRequest): 'right' | 'wrong' | 'wait' => {
    const passwords = passwordsFor(request);
    const isRight = (): boolean => isUser(given.user, request) && passwords.filter((password) => samePassword(given.password, password)).length > 0;
    return guesses.check(request.client.address, `${given.user}:${given.password}\n${passwords.join('\n')}`, performance.now(), isRight);
  };
  return (request) => {
    const given = credentialsOf(request);
    const verdict = given === undefined ? 'missing' : check(given, request);
    if (verdict === 'right') return undefined;
    refused(verdict, request.from, request);
    if (verdict === 'wait') return voice(429, 'Too many wrong passwords: retry in a second', [['Retry-After', '1']]);
    return voice(401, needed(), [['WWW-Authenticate', 'Basic realm="Davecast"']]);
  };
}

export interface OwnSiteOptions {
  readonly isChange: boolean;
  /** Told of everybody who is refused. */
  readonly refused: (from: string) => void;
  readonly voice: Voice;
}

/** Nobody by a page of another site; of all others `guard` says who may ask. */
export function fromOwnSite(guard: Guard, { isChange, refused, voice }: OwnSiteOptions): Guard {
  return (request) => {
    if (!isOfOtherSite(request, isChange)) return guard(request);
    refused(request.from);
    return voice(403, 'Refused: the request comes from a page of another site');
  };
}

/**
 * A browser that has the password lends it to the pages of any site, and says whose page it was: by Origin of a form, by Sec-Fetch-Site or Referer also of an
 * image or a link. These say nothing against who only reads.
 */
function isOfOtherSite({ head: { headers }, client: { host } }: HttpRequest, isChange: boolean): boolean {
  const isHere = (address: string): boolean => address.replace(/^https?:\/\//, '').split('/')[0] === host;
  const origin = headers.get('origin');
  if (origin !== undefined) return !isHere(origin);
  if (!isChange) return false;
  const [site, referer] = [headers.get('sec-fetch-site'), headers.get('referer')];
  return (site !== undefined && site !== 'same-origin' && site !== 'none') || (referer !== undefined && !isHere(referer));
}
