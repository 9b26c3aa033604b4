import { MAX_TARGETS } from '../../core/encoder/encoder.ts';
import type { TargetId } from '../../core/base/machine.ts';
import { transports, type Transport } from '../../core/links/transport.ts';
import type { Settings } from '../../core/config/settings.ts';
import { formatEndpoint, type Endpoint } from '../net/address.ts';
import { HostDatagrams } from '../net/host-datagrams.ts';
import { HostLinks, type HostOptions } from '../net/host-links.ts';
import type { Log } from '../log/log.ts';
import { codeOf } from '../process/problems.ts';
import { Refusals } from '../log/refusals.ts';
import type { Lookup } from '../net/resolve.ts';
import type { TcpLink } from '../net/tcp-link.ts';
import type { UdpSender } from '../net/udp.ts';
import { Wiring } from '../wiring/wiring.ts';

/** Where one replica goes. */
export interface Slot {
  /** The core's TargetId, and so the replica number. */
  readonly target: TargetId;
  readonly transport: Transport;
  /** The target that it is an address of, as given on the command line. */
  readonly name: string;
  /** As given on the command line, until an address is known. */
  label: string;
  link?: TcpLink;
  udp?: UdpSender;
}

export interface TargetLinksUser {
  added(slot: Slot): void;
  removed(target: TargetId): void;
  up(target: TargetId): void;
  /** What has come back by a connection, borrowed for the call. */
  said(target: TargetId, bytes: Uint8Array): void;
  down(target: TargetId, reason: string): void;
}

export interface TargetLinksOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** The address of the interface that multicast leaves by; undefined: the system's choice. */
  readonly multicastVia: string | undefined;
  /** How targets are connected to by TCP; without TLS, unless given. */
  readonly dialTo?: HostOptions['dialTo'];
  /** Several mountpoints use the connections. */
  readonly isShared?: () => boolean;
  /** The system's, unless given. */
  readonly lookup?: Lookup | undefined;
}

/**
 * The targets of an encoder, with their connections. They outlive the source: when it comes back, as a new stream, the
 * connections are there already.
 *
 * A target is a name, and each of its addresses has a slot: the first one from the start, in the order of the command line,
 * so that its replica number is known while the name is still looked up. An address that leaves gives its slot back.
 */
export class TargetLinks {
  readonly #options: TargetLinksOptions;
  readonly #user: TargetLinksUser;
  /** By replica number; those that are free are undefined. */
  readonly #slots: (Slot | undefined)[] = [];
  /** By the names of their targets. */
  readonly #hosts = new Map<string, HostLinks>();
  readonly #datagrams = new Map<string, HostDatagrams>();
  readonly #lost: Refusals<string>;
  readonly #wiring: Wiring;
  #refused = false;

  constructor(endpoints: readonly Endpoint[], options: TargetLinksOptions, user: TargetLinksUser) {
    this.#options = options;
    this.#user = user;
    this.#wiring = new Wiring(options.settings, options.log);
    this.#lost = new Refusals(options.log, 'datagrams-lost');
    for (const endpoint of endpoints) {
      const name = formatEndpoint(endpoint);
      const slot: Slot = { target: this.#slots.length as TargetId, transport: transports[endpoint.transport], name, label: name };
      this.#slots.push(slot);
      this.#connect(endpoint, slot);
    }
  }

  /** Other targets: those that are among them already go on. */
  change(endpoints: readonly Endpoint[]): void {
    const wanted = new Map(endpoints.map((endpoint) => [formatEndpoint(endpoint), endpoint]));
    for (const [name, links] of [...this.#hosts, ...this.#datagrams]) if (!wanted.has(name)) this.#leave(name, links);
    for (const [name, endpoint] of wanted) {
      if (this.#hosts.has(name) || this.#datagrams.has(name)) continue;
      const slot = this.#addSlot(name, { transport: transports[endpoint.transport], name });
      if (slot !== undefined) this.#connect(endpoint, slot).start();
    }
  }

  get slots(): readonly Slot[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }

  start(): void {
    for (const each of [...this.#hosts.values(), ...this.#datagrams.values()]) each.start();
  }

  send(target: TargetId, bytes: Uint8Array): void {
    const slot = this.#slots[target];
    if (slot?.link !== undefined) slot.link.write(bytes);
    else slot?.udp?.send(bytes);
  }

  /** The name of this target has other addresses now. */
  hasLeft(target: TargetId): boolean {
    const link = this.#slots[target]?.link;
    return link !== undefined && ![...this.#hosts.values()].some(({ current }) => current.includes(link));
  }

  backlogBytes(target: TargetId): number {
    const slot = this.#slots[target];
    return slot?.link?.backlogBytes ?? slot?.udp?.backlogBytes ?? 0;
  }

  reset(target: TargetId, reason: string): void {
    this.#slots[target]?.link?.reset(reason);
  }

  /** Every TCP target is connected by all addresses that its name has, and the system has taken all that was written. */
  get drained(): boolean {
    const areUp = [...this.#hosts.values()].every(({ current }) => current.length > 0 && current.every((link) => link.isUp && link.backlogBytes === 0));
    return areUp && this.slots.every(({ udp }) => (udp?.backlogBytes ?? 0) === 0);
  }

  /** All of them. UDP does not tell whether anybody is there. */
  get all(): HostLinks['all'] {
    return [...[...this.#hosts.values()].flatMap(({ all }) => all), ...this.slots.filter(({ transport }) => !transport.tellsClose).map(({ label, udp }) => ({ label, isUp: udp !== undefined }))];
  }

  /** Ends the connections after what was written. */
  async finish(limitMs: number): Promise<void> {
    await Promise.all([...this.#hosts.values()].map((host) => host.finish(limitMs)));
    for (const each of this.#datagrams.values()) each.stop();
    this.#lost.stop();
  }

  #connect(endpoint: Endpoint, first: Slot): HostLinks | HostDatagrams {
    if (first.transport.tellsClose) {
      const links = this.#linksOf(endpoint, first);
      this.#hosts.set(first.name, links);
      return links;
    }
    const datagrams = this.#datagramsOf(endpoint, first);
    this.#datagrams.set(first.name, datagrams);
    return datagrams;
  }

  /** Nothing is sent there any more, by none of its addresses. */
  #leave(name: string, links: HostLinks | HostDatagrams): void {
    links.stop();
    this.#hosts.delete(name);
    this.#datagrams.delete(name);
    for (const slot of this.slots) if (slot.name === name) this.#free(slot.target);
  }

  #linksOf(endpoint: Endpoint, first: Slot): HostLinks {
    return new HostLinks(endpoint, { ...this.#options, wiring: this.#wiring, watchIdle: false }, {
      found: (link) => {
        const slot = this.#slotFor(link.label, first);
        if (slot !== undefined) slot.link = link;
        return slot !== undefined;
      },
      up: (link) => this.#tell(link, (target) => this.#user.up(target)),
      bytes: (link, bytes) => this.#tell(link, (target) => this.#user.said(target, bytes)),
      down: (link, reason) => this.#tell(link, (target) => this.#user.down(target, reason)),
      gone: (link) => this.#tell(link, (target) => this.#free(target)),
    });
  }

  #datagramsOf(endpoint: Endpoint, first: Slot): HostDatagrams {
    return new HostDatagrams(endpoint, this.#options, {
      found: (sender, label) => {
        const slot = this.#slotFor(label, first);
        if (slot !== undefined) slot.udp = sender;
        return slot !== undefined;
      },
      gone: (sender) => this.#tell(sender, (target) => this.#free(target)),
      failed: (error, label) => this.#lost.count(codeOf(error), label),
    });
  }

  /** Its endpoint's first slot as long as no address has had that, or the lowest that is free. */
  #slotFor(label: string, first: Slot): Slot | undefined {
    const isWaiting = this.#slots[first.target] === first && first.link === undefined && first.udp === undefined;
    const slot = isWaiting ? first : this.#addSlot(label, first);
    if (slot !== undefined) slot.label = label;
    return slot;
  }

  #addSlot(label: string, { transport, name }: Pick<Slot, 'transport' | 'name'>): Slot | undefined {
    const free = this.#slots.indexOf(undefined);
    const target = (free < 0 ? this.#slots.length : free) as TargetId;
    if (target >= MAX_TARGETS) {
      if (!this.#refused) this.#options.log({ kind: 'too-many-targets', peer: label, max: MAX_TARGETS });
      this.#refused = true;
      return undefined;
    }
    const slot: Slot = { target, transport, name, label };
    this.#slots[target] = slot;
    this.#user.added(slot);
    return slot;
  }

  #free(target: TargetId): void {
    this.#slots[target] = undefined;
    this.#user.removed(target);
  }

  #tell(way: TcpLink | UdpSender, tell: (target: TargetId) => void): void {
    const slot = this.#slots.find((one) => one !== undefined && (one.link === way || one.udp === way));
    if (slot !== undefined) tell(slot.target);
  }
}
