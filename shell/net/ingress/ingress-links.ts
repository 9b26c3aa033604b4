import type { PathId } from '../../../core/base/machine.ts';
import { STOPPED } from '../../../core/links/connector.ts';
import type { Peer } from '../../../core/links/peers/peer.ts';
import type { Endpoint } from '../addresses/address.ts';
import type { AcceptedLink } from './accepted-link.ts';
import { AcceptedPaths, type InnerPath, type PathEnd } from './accepted-paths.ts';
import type { Driver } from '../../process/driver.ts';
import type { Refusals } from '../../log/refusals.ts';
import { MachinePaths, type PathMachine } from './machine-paths.ts';
import { Subscriptions, type AdoptedUpstream, type OpenUpstream, type SubscriptionsOptions, type Upstream } from './subscriptions.ts';
import type { TakeDatagram } from '../udp.ts';
import { Wiring } from '../wiring/wiring.ts';

export interface IngressLinksOptions extends Omit<SubscriptionsOptions, 'paths' | 'wiring'> {
  readonly machine: PathMachine;
  readonly driver: Driver;
  readonly refusals: Refusals;
}

/** A path of another process whose connection cannot be gone on with: its relay is subscribed to anew. */
export interface LeftPath {
  readonly path: PathId;
  readonly label: string;
}

/** Why the path of a connection that was not gone on with is closed when its relay has not been reached anew. */
const NOT_REACHED = 'not reached';

/** Makes a path of every way that messages can come in by, and tells the machine what comes. */
export class IngressLinks {
  /** Whether those at the other ends of connections belong there. */
  readonly wiring: Wiring;
  readonly #paths: MachinePaths;
  readonly #accepted: AcceptedPaths;
  readonly #subscriptions: Subscriptions;
  #left: readonly LeftPath[] = [];
  #leaving: NodeJS.Timeout | undefined;

  constructor(options: IngressLinksOptions) {
    const { machine, driver, settings, log, refusals } = options;
    this.wiring = new Wiring(settings, log);
    this.#paths = new MachinePaths(machine, driver, refusals);
    this.#accepted = new AcceptedPaths(this.#paths, this.wiring, settings);
    this.#subscriptions = new Subscriptions({ ...options, paths: this.#paths, wiring: this.wiring });
  }

  /** Somebody connected, an encoder we hope, and pushes. */
  accept(link: AcceptedLink): void {
    this.#accepted.accept(link);
  }

  /** Somebody in this process sends to the machine; undefined when there are too many paths. */
  acceptHere(peer: Peer, end: PathEnd): InnerPath | undefined {
    return this.#accepted.acceptHere(peer, end);
  }

  /** Back to whoever pushes by this path, or to the relay that we subscribe to by it, as long as the system takes it: otherwise it is left out. */
  answer(path: PathId, bytes: Uint8Array): void {
    if (!this.#accepted.answer(path, bytes)) this.#subscriptions.answer(path, bytes);
  }

  /** The machine has let go of it. */
  drop(path: PathId, why: 'silent' | 'replaced'): void {
    this.#accepted.drop(path, why);
  }

  /** A sender of datagrams that has shown its key; undefined when there are too many paths. */
  openDatagrams(peer: Peer): InnerPath | undefined {
    return this.#accepted.openDatagrams(peer);
  }

  /** Where the datagrams of a socket go, of senders without a key; `label` names that. */
  datagrams(label: string): TakeDatagram {
    return this.#accepted.datagrams(label);
  }

  /** See Subscriptions. */
  subscribeToAll(upstreams: readonly Endpoint[], adopted?: (endpoint: string) => readonly AdoptedUpstream[] | undefined): void {
    this.#subscriptions.toAll(upstreams, adopted);
  }

  /** Relays that are subscribed to, and connected. */
  get open(): readonly OpenUpstream[] {
    return this.#subscriptions.open;
  }

  /** Paths that no other process can go on with: of clusters of NATS, and of somebody in this process. */
  get passing(): readonly PathId[] {
    return [...this.#subscriptions.busPaths, ...this.#accepted.here.map(({ path }) => path)];
  }

  /** Whoever has connected to us has to connect again, and nothing is subscribed to any more; those in this process stay. */
  leaveLinks(): void {
    this.#subscriptions.toAll([]);
    this.#accepted.leaveConnections();
  }

  /** What comes from relays stays with the system. */
  pause(): void {
    this.#subscriptions.pause();
  }

  goOn(): void {
    this.#subscriptions.goOn();
  }

  /**
   * Closes these paths, which have no connection, when their relays have had time to bring by new ones what was missed: until then nothing is given up
   * for want of a path, and no stream counts as one without.
   */
  leave(paths: readonly LeftPath[], afterMs: number): void {
    this.#left = [...this.#left, ...paths];
    if (this.#left.length > 0) this.#leaving ??= setTimeout(() => this.#closeLeft(), afterMs);
  }

  /** Those that are not closed yet. */
  get left(): readonly PathId[] {
    return this.#left.map(({ path }) => path);
  }

  /** The connections to relays are another process's now. The machine is not told: nobody asks it any more. */
  letGo(): void {
    this.#subscriptions.letGo();
    this.stop();
  }

  /** The same, but makes its own. What comes twice by them is dropped as any duplicate. */
  renew(): void {
    this.#subscriptions.renew();
  }

  /** The relays that are subscribed to, by each of their addresses. */
  get upstreams(): readonly Upstream[] {
    return this.#subscriptions.all;
  }

  stop(): void {
    clearTimeout(this.#leaving);
    this.#subscriptions.stop();
    this.#accepted.stop();
  }

  #closeLeft(): void {
    const reached = new Set([...this.#subscriptions.reached, ...this.#accepted.here.map(({ peer }) => peer)]);
    for (const { path, label } of this.#left) this.#paths.close(path, reached.has(label) ? STOPPED : NOT_REACHED);
    this.#left = [];
    this.#leaving = undefined;
  }
}
