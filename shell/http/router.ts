import type net from 'node:net';
import { formatPeer } from '../net/addresses/address.ts';
import type { Client } from './callers/client.ts';
import type { Guard } from './auth/guards.ts';
import type { RequestHead } from './message/head.ts';
import { ANSWER_MS } from './server/kept-connections.ts';
import { formatKept, type KeptReply } from './message/kept-reply.ts';
import type { HttpRequest } from './request.ts';
import { finish, formatReply, htmlReply, type Reply, type Voice } from './message/reply.ts';
import { parseTarget } from './message/request-target.ts';
import type { AnswerAndKeep } from './server/server.ts';

/** `taken`: the connection is the handler's from here on. Undefined: nothing is there; a later route may have it. */
export type Handler = (request: HttpRequest) => Reply | KeptReply | 'taken' | undefined;

export interface Route {
  /**
   * Without the leading slash: `healthz` is this page alone, `admin/` all that begins so, `*.m3u` all that ends so, `*` everything. A page of
   * its own goes before all others; these are asked in their order.
   */
  readonly at: string;
  /** As they are told in Allow. HEAD is answered where GET is. */
  readonly methods: readonly string[];
  /** GET changes something here, so HEAD is not answered. */
  readonly isChange?: true;
  /** Whose requests these are: a later route has those of others. Everybody's, unless given. */
  readonly isFor?: (request: HttpRequest) => boolean;
  readonly who: Guard;
  readonly handle: Handler;
  /** How refusals are written; as a page, unless given. */
  readonly voice?: Voice;
  /** The answer to other methods; 405, unless given. */
  readonly otherMethods?: Reply;
}

export interface RouteTable {
  readonly routes: readonly Route[];
  readonly notFound: Reply;
  /** The answer to OPTIONS, whatever it is asked of. */
  readonly options: (head: RequestHead) => Reply;
}

/** What OPTIONS and nothing else may be asked of: the server itself. */
const WHOLE_SERVER = '*';

const badTarget = htmlReply(400, 'Bad request target');

/** Finds who answers a request, in the table of a role: the only place that answers 404, 405 and what OPTIONS asks. */
export class Router {
  readonly #table: RouteTable;
  readonly #pages = new Map<string, Route[]>();
  readonly #others: Route[] = [];

  constructor(table: RouteTable) {
    this.#table = table;
    for (const route of table.routes) {
      if (!isPage(route)) this.#others.push(route);
      else if (this.#pages.has(route.at)) this.#pages.get(route.at)!.push(route);
      else this.#pages.set(route.at, [route]);
    }
  }

  /** Takes a request over from the server, with its connection. */
  readonly handle = (head: RequestHead, socket: net.Socket, rest: Uint8Array, client: Client, keep?: AnswerAndKeep): void => {
    const answer = (reply: Reply | KeptReply): void => send(reply, head, socket, keep);
    const reply = this.#reply(head, socket, rest, client, answer);
    if (reply !== 'taken') answer(reply);
  };

  answer(request: HttpRequest): Reply | KeptReply | 'taken' {
    const { name } = request.target;
    let other: Route | undefined;
    let isMethodHere = false;
    for (const route of this.#pages.get(name) ?? this.#others) {
      if (!isAt(route, name) || route.isFor?.(request) === false) continue;
      if (!takes(route, request.head.method)) {
        other = route;
        continue;
      }
      isMethodHere = true;
      const answer = route.who(request) ?? route.handle(request);
      if (answer !== undefined) return answer;
    }
    return other === undefined || isMethodHere ? this.#table.notFound : toOtherMethods(other);
  }

  #reply(head: RequestHead, socket: net.Socket, rest: Uint8Array, client: Client, answer: HttpRequest['answer']): Reply | KeptReply | 'taken' {
    const isOptions = head.method === 'OPTIONS';
    if (isOptions && head.target === WHOLE_SERVER) return this.#table.options(head);
    const target = parseTarget(head.target);
    if (target === undefined) return badTarget;
    if (isOptions) return this.#table.options(head);
    return this.answer({ head, target, socket, rest, client, from: formatPeer(client.address, client.port), answer });
  }
}

function isPage({ at }: Route): boolean {
  return !at.startsWith('*') && !at.endsWith('/');
}

function isAt(route: Route, name: string): boolean {
  if (isPage(route)) return true;
  return route.at.startsWith('*') ? name.endsWith(route.at.slice(1)) : name.startsWith(route.at);
}

function takes({ methods, isChange }: Route, method: string): boolean {
  return methods.includes(method) || (method === 'HEAD' && isChange !== true && methods.includes('GET'));
}

function toOtherMethods({ methods, voice = htmlReply, otherMethods }: Route): Reply {
  const allow = methods.join(', ');
  return otherMethods ?? voice(405, `Use ${allow}`, [['Allow', allow]]);
}

/** A client that asks again by the same connection needs no time to read the last answer before that is closed; one that does not gets it. */
function send(reply: Reply | KeptReply, { method, version }: RequestHead, socket: net.Socket, keep: AnswerAndKeep | undefined): void {
  if (!('isKept' in reply)) return finish(socket, formatReply(reply, method));
  const parts = formatKept(reply, { method, isLast: keep === undefined, isOld: version === 'HTTP/1.0' });
  if (keep !== undefined) return keep(parts);
  socket.cork();
  for (const part of parts.slice(0, -1)) socket.write(part);
  finish(socket, parts.at(-1)!, ANSWER_MS);
  socket.uncork();
}
