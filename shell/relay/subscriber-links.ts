import type net from 'node:net';
import { assert } from '../../core/base/assert.ts';
import type { SubscriberId } from '../../core/base/machine.ts';
import type { RelayMachine } from '../../core/recording/recorded-relay.ts';
import type { Refusals } from '../log/refusals.ts';
import type { AcceptedLink } from '../net/ingress/accepted-link.ts';
import type { TakeBytes } from '../net/tcp.ts';
import type { Wiring } from '../net/wiring/wiring.ts';
import type { Driver } from '../process/driver.ts';

export interface SubscriberLinksOptions {
  readonly machine: RelayMachine;
  readonly driver: Driver;
  readonly wiring: Wiring;
  readonly refusals: Refusals;
  /** They are told that titles are not taken. */
  readonly refusesTitles: boolean;
}

/** Those who subscribe to a relay, by connections and in its own process, and what the machine gives each of them. */
export class SubscriberLinks {
  readonly #options: SubscriberLinksOptions;
  readonly #sockets = new Map<SubscriberId, net.Socket>();
  /** Those of this process. */
  readonly #inner = new Map<SubscriberId, TakeBytes>();

  constructor(options: SubscriberLinksOptions) {
    this.#options = options;
  }

  send(id: SubscriberId, bytes: Uint8Array): void {
    const take = this.#inner.get(id);
    if (take === undefined) this.#sockets.get(id)?.write(bytes);
    else take(bytes);
  }

  /** Of what it was given, what the system has not taken. */
  backlogBytes(id: SubscriberId): number {
    return this.#sockets.get(id)?.writableLength ?? 0;
  }

  /** Whether the system has taken all that they were given, so that no socket has any of those bytes any more. Nobody knows that of those in this process. */
  get haveLetGo(): boolean {
    if (this.#inner.size > 0) return false;
    for (const { writableLength } of this.#sockets.values()) if (writableLength > 0) return false;
    return true;
  }

  /** The machine has let go of it. */
  cut(id: SubscriberId): void {
    this.#sockets.get(id)?.destroy();
    this.#sockets.delete(id);
  }

  /** Somebody connected, and gets everything, or what it says that it wants. */
  accept(link: AcceptedLink): void {
    const { machine, driver, wiring, refusals, refusesTitles } = this.#options;
    const { socket, peer } = link;
    const label = peer.name;
    const { remotePort } = socket;
    const id = machine.subscribe(driver.now, peer);
    driver.settle();
    if (id === undefined) {
      refusals.count('too many subscribers', label);
      socket.destroy();
      return;
    }
    this.#sockets.set(id, socket);
    socket.write(wiring.hello('out', remotePort, refusesTitles ? 'wants' : 'all'));
    // Subscribers have nothing to say but titles and what they want: who does is none. Reading is also how their going away is noticed.
    const introduce = wiring.accepted('subscriber', label, peer.address);
    let isKnown = false;
    link.read((bytes) => {
      if (!isKnown) isKnown = introduce(bytes) !== undefined;
      this.said(id, bytes);
    });
    socket.on('close', (hadError) => {
      if (!this.#sockets.delete(id)) return;
      machine.unsubscribe(driver.now, id, link.lostBecause() ?? (hadError ? 'connection lost' : 'closed by peer'));
      driver.settle();
    });
  }

  /** Somebody of this process gets everything from now on, in the middle of the machine's calls. It has no address, so that its place is never another one's. */
  acceptHere(name: string, take: TakeBytes): SubscriberId {
    const { machine, driver, wiring } = this.#options;
    const id = machine.subscribe(driver.now, { name, address: '', role: 'subscriber', mounts: undefined });
    assert(id !== undefined, 'there is no room for the first subscriber');
    this.#inner.set(id, take);
    take(wiring.hello('out', 0, 'all'));
    driver.settle();
    return id;
  }

  /** What one of them says. Not to be called in the middle of the machine's calls. */
  said(id: SubscriberId, bytes: Uint8Array): void {
    const { machine, driver } = this.#options;
    machine.subscriberSaid(driver.now, id, bytes);
    driver.settle();
  }

  /** Each gets what it has been given, and the end. */
  end(): void {
    for (const socket of this.#sockets.values()) socket.end();
  }

  /** The same; who has not taken it in so long is cut off. */
  async stop(limitMs: number): Promise<void> {
    const open = [...this.#sockets.values()];
    const closed = open.map((socket) => new Promise((resolve) => socket.once('close', resolve)));
    this.end();
    const late = setTimeout(() => open.forEach((socket) => socket.destroy()), limitMs);
    await Promise.all(closed);
    clearTimeout(late);
  }
}
