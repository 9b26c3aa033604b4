import type { ListenerId } from '../../../core/base/machine.ts';
import { policyFor, settingsFor, type MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import { htmlReply, type Reply } from '../../http/reply.ts';
import type { HttpRequest } from '../../http/request.ts';
import type { Log } from '../../log/log.ts';
import type { Refusals } from '../../log/refusals.ts';
import type { MountListeners } from '../../cli/mount-listeners.ts';
import { ReloadedFiles } from '../../files/reloaded-files.ts';
import { AddressRules, type AddressFiles } from './address-rules.ts';
import { Durations } from './durations.ts';
import { Places, type Place } from './places.ts';

/** A listener that may listen. */
export interface Ticket {
  /** The number that operators know it by; never used again. */
  readonly client: number;
  readonly place: Place;
  /** It is disconnected after so long; 0: never. */
  readonly durationMs: number;
}

/** Has the listener join, and gives its number; or else what it is answered. */
export type Enter = (ticket: Ticket) => ListenerId | Reply;

/** Who may listen: at all mountpoints, and at single ones. */
export interface AdmissionConfig extends AddressFiles {
  readonly mounts?: MountListeners | undefined;
}

export interface AdmissionOptions {
  readonly admission?: AdmissionConfig | undefined;
  readonly settings: Settings;
  readonly policies?: MountPolicies | undefined;
  readonly log: Log;
  readonly refusals: Refusals;
  /** A listener has had its time. */
  readonly over: (listener: ListenerId) => void;
}

const notAllowed = htmlReply(403, 'Your address is not allowed to listen');
const full = htmlReply(403, 'Too many listeners');

/**
 * Decides who may listen, before a listener's connection is handed over.
 *
 *     request -> its address -> a place within the limits -> enter
 */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #files: ReloadedFiles;
  readonly #rules: AddressRules;
  readonly #mountRules: ReadonlyMap<string, AddressRules>;
  readonly #places: Places;
  readonly #durations: Durations;
  /** Of those who listen. */
  readonly #tickets = new Map<ListenerId, Ticket>();
  #clients = 0;

  constructor(options: AdmissionOptions) {
    this.#options = options;
    const { admission: { allow, deny, mounts = new Map() } = {}, log } = options;
    this.#files = new ReloadedFiles(log);
    this.#rules = new AddressRules({ allow, deny }, this.#files);
    this.#mountRules = new Map([...mounts].map(([mount, files]) => [mount, new AddressRules(files, this.#files)]));
    this.#places = new Places(options);
    this.#durations = new Durations(options.over);
  }

  /** Reads the files; rejects with a UsageError that has a line for each problem. */
  start(): Promise<void> {
    return this.#files.start();
  }

  /** Why a request is refused, whatever it says. */
  refusal({ client: { address }, from }: HttpRequest, mount: string): Reply | undefined {
    if (this.#rules.admit(address) && this.#mountRules.get(mount)?.admit(address) !== false) return undefined;
    this.#options.refusals.count('listener not allowed', from);
    return notAllowed;
  }

  /** What is answered; 'taken' where the listener has joined. */
  admit(request: HttpRequest, mount: string, enter: Enter): Reply | 'taken' {
    const place = this.#places.take(mount, request.client.address);
    if (typeof place === 'string') {
      this.#options.refusals.count(place, request.from);
      return full;
    }
    const { listenerDurationMs } = settingsFor(policyFor(mount, this.#options.policies), this.#options.settings);
    this.#clients++;
    return this.#enter({ client: this.#clients, place, durationMs: listenerDurationMs }, enter);
  }

  moved(listener: ListenerId, mount: string): void {
    const ticket = this.#tickets.get(listener);
    if (ticket !== undefined) this.#places.move(ticket.place, mount);
  }

  left(listener: ListenerId): void {
    const ticket = this.#tickets.get(listener);
    if (ticket === undefined) return;
    this.#tickets.delete(listener);
    this.#durations.delete(listener);
    this.#places.free(ticket.place);
  }

  stop(): void {
    this.#files.stop();
    this.#durations.stop();
  }

  #enter(ticket: Ticket, enter: Enter): Reply | 'taken' {
    const listener = enter(ticket);
    if (typeof listener === 'object') {
      this.#places.free(ticket.place);
      return listener;
    }
    this.#tickets.set(listener, ticket);
    if (ticket.durationMs > 0) this.#durations.add(listener, ticket.durationMs);
    return 'taken';
  }
}
