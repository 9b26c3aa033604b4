import type { ListenerId } from '../../../core/base/machine.ts';
import { policyFor, settingsFor, type MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { finish, formatReply, type Reply } from '../../http/message/reply.ts';
import { requestFailed } from '../../http/server/request-failed.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Log } from '../../log/log.ts';
import type { Refusals } from '../../log/refusals.ts';
import { notHeard, type Admitted, type Heard, type NotAdmitted, type Unknown } from './auth/authenticator.ts';
import { refusalReply } from './auth/refusal-reply.ts';
import { credentialsOf } from './auth/listener-credentials.ts';
import { Durations } from './durations.ts';
import { Places, type Place } from './places.ts';
import { AdmissionRules, type AdmissionConfig } from './rules.ts';
import { WaitingListener } from './waiting-listener.ts';

/** A listener that may listen. */
export interface Ticket {
  /** The number that operators know it by; never used again. */
  readonly client: number;
  readonly place: Place;
  /** Where it has asked to listen. */
  readonly mount: string;
  /** Who it has said that it is; undefined where nobody has asked. */
  readonly user?: string | undefined;
  /** It is disconnected after so long; 0: never. */
  readonly durationMs: number;
  /** Called once, when it has left or could not join. */
  readonly left?: Admitted['left'];
  /** What its authenticator has kept in mind. */
  readonly memory?: unknown;
}

/** The ticket of one who listens, for another process to go on with. */
export interface SavedTicket extends Pick<Ticket, 'client' | 'user' | 'durationMs' | 'memory'> {
  readonly place: Readonly<Place>;
  /** By which it was authenticated: it may have been moved since. */
  readonly authenticatedAt: string;
  /** It is disconnected in so long; undefined: never. */
  readonly leftMs: number | undefined;
}

/** Has the listener join, and gives its number; or else what it is answered, or that it has been: then it is no listener. */
export type Enter = (ticket: Ticket) => ListenerId | Reply | 'answered';

/** Has the mountpoint started that somebody may listen to, and resolves when it has, or will not. */
export type Start = () => Promise<void>;

export interface AdmissionOptions {
  readonly admission?: AdmissionConfig | undefined;
  readonly settings: Settings;
  /** What is wanted of single mountpoints at present. */
  readonly policies: () => MountPolicies | undefined;
  readonly log: Log;
  readonly refusals: Refusals;
  /** A listener has had its time. */
  readonly over: (listener: ListenerId) => void;
}

const notAllowed = refusalReply(403, 'Your address is not allowed to listen');
/** For one for whom there is no place. */
export const tooManyListeners: Reply = refusalReply(403, 'Too many listeners');
/** Where nobody has to say who it is. */
const everybody: Admitted = { isAdmitted: true };

/**
 * Decides who may listen, before a listener's connection is handed over.
 *
 *     request -> its address -> a place within the limits -> who it is -> the mountpoint starts, if it is one on demand -> enter
 *
 * A listener has its place while it waits for any of that.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  #rules: AdmissionRules;
  readonly #places: Places;
  readonly #durations: Durations;
  /** Of those who listen. */
  readonly #tickets = new Map<ListenerId, Ticket>();
  #clients = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#rules = new AdmissionRules(options.admission ?? {}, options);
    this.#places = new Places(options);
    this.#durations = new Durations(options.over);
  }

  /** Reads the files; rejects with a UsageError that has a line for each problem. */
  start(): Promise<void> {
    return this.#rules.files.start();
  }

  /** Reads the files of other rules; rejects with a UsageError, and changes nothing. What it gives has them decide about new listeners; who listens goes on. */
  async prepare(next: AdmissionConfig, policies: MountPolicies, limitMs: number): Promise<() => void> {
    const rules = new AdmissionRules(next, { ...this.#options, policies: () => policies });
    try {
      await rules.files.start();
    } catch (error) {
      await rules.stop(limitMs);
      throw error;
    }
    return () => {
      const before = this.#rules;
      this.#rules = rules;
      before.retire(limitMs);
    };
  }

  /** Whether listeners of a mountpoint have to say who they are. */
  asks(mount: string): boolean {
    return this.#rules.asks(mount);
  }

  /** Why a request is refused, whatever it says. */
  refusal({ client: { address }, from }: HttpRequest, mount: string): Reply | undefined {
    if (this.#rules.admit(address, mount)) return undefined;
    this.#options.refusals.count('listener not allowed', from);
    return notAllowed;
  }

  /** What is answered; 'taken' where the listener has joined, or waits. @param start of a mountpoint that is not there yet. */
  admit(request: HttpRequest, mount: string, enter: Enter, start?: Start): Reply | 'taken' {
    const place = this.#places.take(mount, request.client.address);
    if (typeof place === 'string') {
      this.#options.refusals.count(place, request.from);
      return tooManyListeners;
    }
    const { listenerDurationMs } = settingsFor(policyFor(mount, this.#options.policies()), this.#options.settings);
    this.#clients++;
    const ticket: Ticket = { client: this.#clients, place, mount, durationMs: listenerDurationMs };
    if (!this.#rules.asks(mount) && start === undefined) return this.#enter(ticket, enter);
    void this.#identify(request, ticket, enter, start);
    return 'taken';
  }

  /** How many were given a number. */
  get clients(): number {
    return this.#clients;
  }

  /** What is known of one who listens. */
  saved(listener: ListenerId): SavedTicket | undefined {
    const ticket = this.#tickets.get(listener);
    if (ticket === undefined) return undefined;
    const { client, place, user, durationMs, memory, mount: authenticatedAt } = ticket;
    // One who has been told of, and has not left yet, has had all of it.
    const leftMs = this.#durations.leftMs(listener) ?? (durationMs > 0 ? 0 : undefined);
    return { client, place, user, durationMs, memory, authenticatedAt, leftMs };
  }

  /** One whom another process has admitted; saved so long ago, and perhaps moved since. */
  restore(listener: ListenerId, { client, place, user, durationMs, memory, authenticatedAt, leftMs }: SavedTicket, { sinceMs, mount }: { readonly sinceMs: number; readonly mount: string }): void {
    this.#clients = Math.max(this.#clients, client);
    const left = this.#rules.restore(authenticatedAt, memory);
    this.#tickets.set(listener, { client, place: this.#places.restore({ ...place, mount }), user, durationMs, memory, mount: authenticatedAt, ...(left !== undefined && { left }) });
    if (leftMs !== undefined) this.#durations.add(listener, Math.max(0, leftMs - sinceMs));
  }

  /** No time of a listener ends until `goOn`. */
  hold(): void {
    this.#durations.hold();
  }

  goOn(): void {
    this.#durations.goOn();
  }

  /** Numbers that another process has given are not given again. */
  countFrom(clients: number): void {
    this.#clients = Math.max(this.#clients, clients);
  }

  /** It is another process's, and nobody is told that it has left. */
  letGo(listener: ListenerId): void {
    const ticket = this.#tickets.get(listener);
    if (ticket === undefined) return;
    this.#forget(listener, ticket);
  }

  moved(listener: ListenerId, mount: string): void {
    const ticket = this.#tickets.get(listener);
    if (ticket !== undefined) this.#places.move(ticket.place, mount);
  }

  left(listener: ListenerId, how: Heard): void {
    const ticket = this.#tickets.get(listener);
    if (ticket === undefined) return;
    this.#forget(listener, ticket);
    ticket.left?.(how);
  }

  /** To be called when all listeners have left. */
  async stop(limitMs: number): Promise<void> {
    this.#durations.stop();
    await this.#rules.stop(limitMs);
  }

  #forget(listener: ListenerId, { place }: Ticket): void {
    this.#tickets.delete(listener);
    this.#durations.delete(listener);
    this.#places.free(place);
  }

  async #identify(request: HttpRequest, ticket: Ticket, enter: Enter, start: Start | undefined): Promise<void> {
    const { socket, head } = request;
    // What is written before is the answer to another request by this connection.
    const before = socket.bytesWritten;
    const waiting = new WaitingListener(socket, () => this.#places.free(ticket.place));
    const unknown: Unknown = { client: ticket.client, mount: ticket.place.mount, request, credentials: credentialsOf(request), isGone: () => waiting.isGone };
    try {
      const verdict = this.#rules.asks(ticket.mount) ? await this.#rules.identify(unknown) : everybody;
      if (verdict.isAdmitted && !waiting.isGone) await start?.();
      if (waiting.isGone) return verdict.isAdmitted ? verdict.left?.(notHeard) : undefined;
      waiting.end();
      const answer = verdict.isAdmitted ? this.#enter({ ...ticket, ...withLimit(verdict), user: unknown.credentials?.user }, enter) : this.#refuse(unknown, verdict, ticket);
      if (answer !== 'taken') finish(socket, formatReply(answer, head.method));
    } catch (error) {
      requestFailed(request, error, this.#options.log, socket.bytesWritten > before);
    }
  }

  #refuse({ mount, request: { from }, credentials }: Unknown, { reply, why, refusal }: NotAdmitted, { place }: Ticket): Reply {
    this.#places.free(place);
    if (refusal !== undefined) this.#options.refusals.count(refusal, from);
    this.#options.log({ kind: 'listener-refused', mount, from, ...(credentials !== undefined && { user: credentials.user }), reason: why });
    return reply;
  }

  #enter(ticket: Ticket, enter: Enter): Reply | 'taken' {
    const listener = enter(ticket);
    if (typeof listener !== 'number') {
      this.#places.free(ticket.place);
      ticket.left?.(notHeard);
      return listener === 'answered' ? 'taken' : listener;
    }
    this.#tickets.set(listener, ticket);
    if (ticket.durationMs > 0) this.#durations.add(listener, ticket.durationMs);
    return 'taken';
  }
}

function withLimit({ durationMs, left, memory }: Admitted): Partial<Ticket> {
  return { ...(durationMs !== undefined && { durationMs }), ...(left !== undefined && { left }), ...(memory !== undefined && { memory }) };
}
