import { createHash } from 'node:crypto';
import type { ListenerId } from '../../../core/base/machine.ts';
import type { Audience } from '../../../core/listeners/audience.ts';
import type { KeptReply } from '../../http/message/kept-reply.ts';
import type { Reply } from '../../http/message/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import { queryIn, textOf } from '../../http/message/request-target.ts';
import type { Disconnection } from '../listeners/host/listener-host.ts';
import type { Admission, Ticket } from '../admission/admission.ts';

/** Numbers of listeners that no connection has. */
const FIRST_ID = 2_000_000_000_000;
/** A listener who has asked for nothing in so many segments has left. */
const IDLE_SEGMENTS = 3;
const LOOK_MS = 1_000;
/** What a player says of itself in a playlist's address, `?s=`: as we write it, or others of the same kind. */
const TOKEN = /^[\w-]{1,64}$/;

/** A listener of HLS: all requests that belong together. */
export interface Session {
  readonly id: ListenerId;
  /** Where it is: a player of several mountpoints of one programme goes from one to the other. */
  mount: string;
  readonly key: string;
  readonly address: string;
  readonly agent: string;
  readonly sinceMs: number;
  lastMs: number;
  bytes: number;
  /** It has been disconnected: it gets nothing until it has asked for nothing for a while. */
  over: Disconnection | undefined;
}

export interface SessionsOptions {
  readonly slotMs: number;
  readonly admission: Pick<Admission, 'admit' | 'asks' | 'refusal' | 'moved'>;
  readonly joined: (session: Session, ticket: Ticket, request: HttpRequest) => void;
  /** Told before it goes to another mountpoint. */
  readonly moved: (session: Session, mount: string) => void;
  readonly left: (session: Session, reason: string) => void;
  /** Told once a second of mountpoints of which it has changed. */
  readonly heard: (mount: string, audience: Audience) => void;
  /** Never decreases. */
  readonly nowMs?: () => number;
}

type Give = (session: Session) => void;

/** To one that an operator has disconnected, or whose time is over. */
export const disconnected: Reply = { status: 403, contentType: 'text/plain; charset=utf-8', headers: [['Cache-Control', 'no-store'], ['Access-Control-Allow-Origin', '*']], body: 'Disconnected\n' };

/**
 * Who listens by HLS. A player that was given a token with the address of its playlist is known by that, every other one by address and player, and its segments by what it is known
 * by for its playlists. At a mountpoint that has listeners authenticate, all requests have to come from one address with the same credentials and the same query. So many sessions there
 * are at most as listeners are admitted: the limits are those of all listeners.
 */
export class HlsSessions {
  readonly #options: SessionsOptions;
  readonly #nowMs: () => number;
  readonly #sessions = new Map<string, Session>();
  readonly #byId = new Map<ListenerId, Session>();
  /** By address and mountpoint. */
  readonly #byAddress = new Map<string, Set<Session>>();
  readonly #audiences = new Map<string, Counted>();
  #lastId = FIRST_ID;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#nowMs = options.nowMs ?? (() => performance.now());
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** How many there are, by mountpoint. */
  *listeners(): Iterable<readonly [mount: string, listeners: number]> {
    for (const [mount, { listeners }] of this.#audiences) yield [mount, listeners];
  }

  /** Whether listeners have numbers of this kind. */
  static has(id: ListenerId): boolean {
    return id > FIRST_ID;
  }

  /** Of somebody who asks for a playlist or a segment: `give` answers. */
  serve(request: HttpRequest, mount: string, what: 'playlist' | 'segment', give: Give): Reply | KeptReply | 'taken' {
    const { admission } = this.#options;
    const refusal = admission.refusal(request, mount);
    if (refusal !== undefined) return refusal;
    const asks = admission.asks(mount);
    const key = this.#keyOf(request, mount, asks);
    const known = this.#sessions.get(key) ?? (asks || what === 'playlist' ? undefined : this.#neighbour(request, mount));
    if (known === undefined) return this.#begin(request, mount, key, give);
    if (known.over !== undefined) {
      known.lastMs = this.#nowMs();
      return disconnected;
    }
    if (known.mount !== mount) this.#move(known, mount);
    this.#give(known, give);
    return 'taken';
  }

  /** Of somebody who asks what there would be: whoever has to say who it is does so here, too, but nobody listens, and nothing is counted. `give` answers. */
  peek(request: HttpRequest, mount: string, give: () => void): Reply | 'taken' {
    const { admission } = this.#options;
    const refusal = admission.refusal(request, mount);
    if (refusal !== undefined) return refusal;
    const asks = admission.asks(mount);
    const known = asks ? this.#sessions.get(this.#keyOf(request, mount, asks)) : undefined;
    if (known?.over !== undefined) return disconnected;
    if (asks && known === undefined) {
      return admission.admit(request, mount, () => {
        give();
        return 'answered';
      });
    }
    give();
    return 'taken';
  }

  /** It was given so much. */
  given(session: Session, bytes: number): void {
    session.bytes += bytes;
    this.#audience(session.mount).bytesOut += bytes;
  }

  /** It gets nothing more. */
  disconnect(id: ListenerId, reason: Disconnection): void {
    const session = this.#byId.get(id);
    if (session === undefined || session.over !== undefined) return;
    this.#leave(session, reason);
    session.over = reason;
  }

  /** Lets go of who has asked for nothing for a while. */
  look(): void {
    const limitMs = IDLE_SEGMENTS * this.#options.slotMs;
    const nowMs = this.#nowMs();
    for (const session of this.#sessions.values()) {
      if (nowMs - session.lastMs < limitMs) continue;
      this.#remove(session, 'idle');
    }
    for (const [mount, counted] of this.#audiences) {
      const { listeners, bytesOut } = counted;
      if (listeners !== counted.toldListeners || bytesOut !== counted.toldBytes) this.#tell(mount, counted);
    }
    if (this.#sessions.size === 0) this.#stopLooking();
  }

  /** A mountpoint has begun: who has come before it is to be told of, for nobody was there to be told. */
  begun(mount: string): void {
    const counted = this.#audiences.get(mount);
    if (counted !== undefined) counted.toldListeners = 0;
  }

  /** A mountpoint has ended: what is counted of it begins anew. */
  ended(mount: string): void {
    const counted = this.#audiences.get(mount);
    if (counted === undefined) return;
    const { listeners } = counted;
    if (listeners === 0) this.#audiences.delete(mount);
    else this.#audiences.set(mount, { ...noCounts, listeners, listenerPeak: listeners });
  }

  stop(reason: string): void {
    for (const session of this.#sessions.values()) this.#remove(session, reason);
    this.#stopLooking();
  }

  #stopLooking(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #begin(request: HttpRequest, mount: string, key: string, give: Give): Reply | 'taken' {
    return this.#options.admission.admit(request, mount, (ticket) => {
      // Another request of the same player may have come first while this one was authenticated.
      const there = this.#sessions.get(key);
      if (there !== undefined) this.#remove(there, 'begun again');
      const nowMs = this.#nowMs();
      const session: Session = {
        id: ++this.#lastId as ListenerId,
        mount,
        key,
        address: request.client.address,
        agent: agentOf(request),
        sinceMs: nowMs,
        lastMs: nowMs,
        bytes: 0,
        over: undefined,
      };
      this.#sessions.set(key, session);
      this.#byId.set(session.id, session);
      this.#enter(session);
      this.#timer ??= setInterval(() => this.look(), LOOK_MS).unref();
      this.#options.joined(session, ticket, request);
      this.#give(session, give);
      return session.id;
    });
  }

  #give(session: Session, give: Give): void {
    session.lastMs = this.#nowMs();
    give(session);
  }

  #move(session: Session, mount: string): void {
    this.#options.moved(session, mount);
    this.#exit(session);
    session.mount = mount;
    this.#enter(session);
  }

  #remove(session: Session, reason: string): void {
    if (session.over === undefined) this.#leave(session, reason);
    this.#sessions.delete(session.key);
  }

  #leave(session: Session, reason: string): void {
    this.#byId.delete(session.id);
    this.#exit(session);
    this.#options.left(session, reason);
  }

  #enter(session: Session): void {
    const at = placeOf(session.address, session.mount);
    const there = this.#byAddress.get(at) ?? new Set<Session>();
    this.#byAddress.set(at, there);
    there.add(session);
    const counted = this.#audience(session.mount);
    counted.listeners++;
    counted.listenerPeak = Math.max(counted.listenerPeak, counted.listeners);
  }

  #exit(session: Session): void {
    const at = placeOf(session.address, session.mount);
    const there = this.#byAddress.get(at);
    there?.delete(session);
    if (there?.size === 0) this.#byAddress.delete(at);
    this.#audience(session.mount).listeners--;
  }

  #audience(mount: string): Counted {
    const counted = this.#audiences.get(mount) ?? { ...noCounts };
    this.#audiences.set(mount, counted);
    return counted;
  }

  #tell(mount: string, counted: Counted): void {
    const { listeners, listenerPeak, bytesOut } = counted;
    [counted.toldListeners, counted.toldBytes] = [listeners, bytesOut];
    this.#options.heard(mount, { listeners, listenerPeak, slowListeners: 0, bytesOut });
  }

  /** Addresses of segments have no token, so that caches have each of them once: of several listeners of one address the one with this player, or the only one. */
  #neighbour(request: HttpRequest, mount: string): Session | undefined {
    if (tokenOf(request) !== undefined) return undefined;
    const there = this.#byAddress.get(placeOf(request.client.address, mount));
    if (there === undefined) return undefined;
    const agent = agentOf(request);
    const [first] = there;
    for (const session of there) if (session.agent === agent) return session;
    return there.size === 1 ? first : undefined;
  }

  #keyOf(request: HttpRequest, mount: string, asks: boolean): string {
    const token = tokenOf(request);
    const { address } = request.client;
    if (asks) {
      const said = [token, address, mount, request.head.headers.get('authorization'), queryFor(request)];
      return `k ${createHash('sha256').update(JSON.stringify(said)).digest('base64url')}`;
    }
    return token === undefined ? `a ${placeOf(address, mount)} ${agentOf(request)}` : `t ${token}`;
  }
}

interface Counted {
  listeners: number;
  listenerPeak: number;
  bytesOut: number;
  toldListeners: number;
  toldBytes: number;
}

const noCounts: Counted = { listeners: 0, listenerPeak: 0, bytesOut: 0, toldListeners: 0, toldBytes: 0 };

/** What it has been given to be known by; undefined: nothing that we could have written. */
export function tokenOf({ target }: HttpRequest): string | undefined {
  const token = textOf(target, 's');
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

/** What belongs to the address of one request alone. */
const ownParts = /^(s|start|end|format|_HLS_[a-z]+)=/;

/** What an address says behind its question mark of who listens, as it was sent. */
export function queryFor({ head: { target } }: HttpRequest): string {
  return queryIn(target, (part) => ownParts.test(part));
}

function agentOf({ head }: HttpRequest): string {
  return head.headers.get('user-agent') ?? '-';
}

function placeOf(address: string, mount: string): string {
  return `${address} ${mount}`;
}
