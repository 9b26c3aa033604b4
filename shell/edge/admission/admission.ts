import type { ListenerId } from '../../../core/base/machine.ts';
import { policyFor, settingsFor, type MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { MountListeners } from '../../cli/mount-listeners.ts';
import { ReloadedFiles } from '../../files/reloaded-files.ts';
import { finish, formatReply, htmlReply, type Reply } from '../../http/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Log } from '../../log/log.ts';
import type { Refusals } from '../../log/refusals.ts';
import { stackOf } from '../../process/problems.ts';
import { AddressRules, type AddressFiles } from './address-rules.ts';
import type { Admitted, Heard, NotAdmitted, Unknown } from './auth/authenticator.ts';
import { Authenticators } from './auth/authenticators.ts';
import { credentialsOf } from './auth/listener-credentials.ts';
import { Durations } from './durations.ts';
import { Places, type Place } from './places.ts';
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

/** Has the listener join, and gives its number; or else what it is answered. */
export type Enter = (ticket: Ticket) => ListenerId | Reply;

/** Who may listen: at all mountpoints, and at single ones. */
export interface AdmissionConfig extends AddressFiles {
  readonly mounts?: MountListeners | undefined;
  /** Certificates of authorities in PEM, for authentication services by https; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
}

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

const notAllowed = htmlReply(403, 'Your address is not allowed to listen');
const full = htmlReply(403, 'Too many listeners');
const failed = htmlReply(500, 'This request has failed here; the log says why');
const notHeard: Heard = { connectedMs: 0, bytes: 0 };

/**
 * Decides who may listen, before a listener's connection is handed over.
 *
 *     request -> its address -> a place within the limits -> who it is -> enter
 *
 * A listener has its place while it waits until it is known who it is.
 */
export class Admission {
  readonly #options: AdmissionOptions;
  #rules: Rules;
  readonly #places: Places;
  readonly #durations: Durations;
  /** Of those who listen. */
  readonly #tickets = new Map<ListenerId, Ticket>();
  #clients = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    this.#rules = new Rules(options.admission ?? {}, options);
    this.#places = new Places(options);
    this.#durations = new Durations(options.over);
  }

  /** Reads the files; rejects with a UsageError that has a line for each problem. */
  start(): Promise<void> {
    return this.#rules.files.start();
  }

  /** Reads the files of other rules; rejects with a UsageError, and changes nothing. What it gives has them decide about new listeners; who listens goes on. */
  async prepare(next: AdmissionConfig, policies: MountPolicies, limitMs: number): Promise<() => void> {
    const rules = new Rules(next, { ...this.#options, policies: () => policies });
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

  /** Why a request is refused, whatever it says. */
  refusal({ client: { address }, from }: HttpRequest, mount: string): Reply | undefined {
    if (this.#rules.admit(address, mount)) return undefined;
    this.#options.refusals.count('listener not allowed', from);
    return notAllowed;
  }

  /** What is answered; 'taken' where the listener has joined, or waits. */
  admit(request: HttpRequest, mount: string, enter: Enter): Reply | 'taken' {
    const place = this.#places.take(mount, request.client.address);
    if (typeof place === 'string') {
      this.#options.refusals.count(place, request.from);
      return full;
    }
    const { listenerDurationMs } = settingsFor(policyFor(mount, this.#options.policies()), this.#options.settings);
    this.#clients++;
    const ticket: Ticket = { client: this.#clients, place, mount, durationMs: listenerDurationMs };
    if (!this.#rules.asks(mount)) return this.#enter(ticket, enter);
    void this.#authenticate(request, ticket, enter);
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
    return { client, place, user, durationMs, memory, authenticatedAt, leftMs: this.#durations.leftMs(listener) };
  }

  /** One whom another process has admitted; saved so long ago, and perhaps moved since. */
  restore(listener: ListenerId, { client, place, user, durationMs, memory, authenticatedAt, leftMs }: SavedTicket, { sinceMs, mount }: { readonly sinceMs: number; readonly mount: string }): void {
    this.#clients = Math.max(this.#clients, client);
    const left = this.#rules.restore(authenticatedAt, memory);
    this.#tickets.set(listener, { client, place: this.#places.restore({ ...place, mount }), user, durationMs, memory, mount: authenticatedAt, ...(left !== undefined && { left }) });
    if (leftMs !== undefined) this.#durations.add(listener, Math.max(0, leftMs - sinceMs));
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

  async #authenticate(request: HttpRequest, ticket: Ticket, enter: Enter): Promise<void> {
    const { socket, head, from } = request;
    const waiting = new WaitingListener(socket, () => this.#places.free(ticket.place));
    const unknown: Unknown = { client: ticket.client, mount: ticket.place.mount, request, credentials: credentialsOf(request), isGone: () => waiting.isGone };
    try {
      const verdict = await this.#rules.identify(unknown);
      if (waiting.isGone) return verdict.isAdmitted ? verdict.left?.(notHeard) : undefined;
      waiting.end();
      const answer = verdict.isAdmitted ? this.#enter({ ...ticket, ...withLimit(verdict), user: unknown.credentials?.user }, enter) : this.#refuse(unknown, verdict, ticket);
      if (answer !== 'taken') finish(socket, formatReply(answer));
    } catch (error) {
      this.#options.log({ kind: 'request-failed', from, method: head.method, target: head.target, error: stackOf(error) });
      if (socket.bytesWritten > 0) socket.destroy();
      else finish(socket, formatReply(failed));
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
    if (typeof listener === 'object') {
      this.#places.free(ticket.place);
      ticket.left?.(notHeard);
      return listener;
    }
    this.#tickets.set(listener, ticket);
    if (ticket.durationMs > 0) this.#durations.add(listener, ticket.durationMs);
    return 'taken';
  }
}

function withLimit({ durationMs, left, memory }: Admitted): Partial<Ticket> {
  return { ...(durationMs !== undefined && { durationMs }), ...(left !== undefined && { left }), ...(memory !== undefined && { memory }) };
}

/** What one configuration says of who may listen, with its files. */
class Rules {
  readonly files: ReloadedFiles;
  readonly #authenticators: Authenticators;
  readonly #all: AddressRules;
  readonly #mounts: ReadonlyMap<string, AddressRules>;
  /** Listeners of whom it is being found out who they are. */
  #unknown = 0;
  /** Others decide from now on: the last one of whom it is being found out ends it. */
  #end: (() => void) | undefined;

  constructor({ allow, deny, mounts = new Map(), ca }: AdmissionConfig, { settings, policies, log }: AdmissionOptions) {
    this.files = new ReloadedFiles(log);
    this.#all = new AddressRules({ allow, deny }, this.files);
    this.#mounts = new Map([...mounts].map(([mount, files]) => [mount, new AddressRules(files, this.files)]));
    this.#authenticators = new Authenticators(mounts, { files: this.files, settings, policies: policies(), ca, log });
  }

  admit(address: string, mount: string): boolean {
    return this.#all.admit(address) && this.#mounts.get(mount)?.admit(address) !== false;
  }

  /** Whether listeners of a mountpoint have to say who they are. */
  asks(mount: string): boolean {
    return this.#authenticators.has(mount);
  }

  /** See Authenticators. */
  restore(mount: string, memory: unknown): Admitted['left'] {
    return this.#authenticators.restore(mount, memory);
  }

  async identify(unknown: Unknown): Promise<Admitted | NotAdmitted> {
    this.#unknown++;
    try {
      return await this.#authenticators.admit(unknown);
    } finally {
      this.#unknown--;
      if (this.#unknown === 0) this.#end?.();
    }
  }

  /** Nobody new comes. */
  retire(limitMs: number): void {
    this.#end = () => void this.stop(limitMs);
    this.files.stop();
    if (this.#unknown === 0) this.#end();
  }

  async stop(limitMs: number): Promise<void> {
    this.files.stop();
    await this.#authenticators.stop(limitMs);
  }
}
