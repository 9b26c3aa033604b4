import { MAX_TARGETS } from '../../core/encoder/targets/targets.ts';
import type { TargetId } from '../../core/base/machine.ts';
import { transports, type Transport } from '../../core/links/transport.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { SetTitle } from '../../core/wire/messages/set-title.ts';
import { NatsWriter, type NatsWriterOptions } from '../net/nats/writer.ts';
import { formatEndpoint, type Endpoint, type HostEndpoint } from '../net/addresses/address.ts';
import { HostDatagrams, type DatagramsOptions } from '../net/hosts/host-datagrams.ts';
import { HostLinks, type HostOptions } from '../net/hosts/host-links.ts';
import type { Log } from '../log/log.ts';
import type { NatsEndpoint } from '../net/addresses/nats-address.ts';
import { inWords } from '../process/problems.ts';
import { Refusals } from '../log/refusals.ts';
import type { Lookup } from '../net/addresses/resolve.ts';
import type { TcpLink } from '../net/hosts/tcp-link.ts';
import type { UdpSender } from '../net/udp.ts';
import { Wiring } from '../net/wiring/wiring.ts';

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
  nats?: NatsWriter;
}

export interface TargetLinksUser {
  added(slot: Slot): void;
  removed(target: TargetId): void;
  up(target: TargetId): void;
  /** What has come back by a connection, borrowed for the call. */
  said(target: TargetId, bytes: Uint8Array): void;
  down(target: TargetId, reason: string): void;
  /** The title of a mountpoint was set elsewhere. */
  titled(mount: string, title: SetTitle): void;
}

export interface TargetLinksOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** The address of the interface that multicast leaves by; undefined: the system's choice. */
  readonly multicastVia: string | undefined;
  /** How targets are connected to by TCP; without TLS, unless given. */
  readonly dialTo?: HostOptions['dialTo'];
  /** For clusters of NATS: the mountpoint of the stream of a message, and how they are connected to. */
  readonly nats: Pick<NatsWriterOptions, 'mountOf' | 'ca' | 'dial'>;
  /** How what goes to targets by UDP is sealed; not at all, unless given. */
  readonly sealTo?: DatagramsOptions['sealTo'];
  /** Several mountpoints use the connections. */
  readonly isShared?: () => boolean;
  /** The system's, unless given. */
  readonly lookup?: Lookup | undefined;
}

/** What leads to one target. */
type Way = HostLinks | HostDatagrams | NatsWriter;

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
  readonly #ways = new Map<string, Way>();
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
    for (const [name, way] of this.#ways) if (!wanted.has(name)) this.#leave(name, way);
    for (const [name, endpoint] of wanted) {
      if (this.#ways.has(name)) continue;
      const slot = this.#addSlot(name, { transport: transports[endpoint.transport], name });
      if (slot !== undefined) this.#connect(endpoint, slot).start();
    }
  }

  get slots(): readonly Slot[] {
    return this.#slots.filter((slot) => slot !== undefined);
  }

  start(): void {
    for (const way of this.#ways.values()) way.start();
  }

  send(target: TargetId, bytes: Uint8Array): void {
    const slot = this.#slots[target];
    if (slot?.link !== undefined) slot.link.write(bytes);
    else if (slot?.nats !== undefined) slot.nats.write(bytes);
    else slot?.udp?.send(bytes);
  }

  /** The name of this target has other addresses now. */
  hasLeft(target: TargetId): boolean {
    const link = this.#slots[target]?.link;
    return link !== undefined && !this.#hosts.some(({ current }) => current.includes(link));
  }

  backlogBytes(target: TargetId): number {
    const slot = this.#slots[target];
    return slot?.link?.backlogBytes ?? slot?.nats?.backlogBytes ?? slot?.udp?.backlogBytes ?? 0;
  }

  reset(target: TargetId, reason: string): void {
    const slot = this.#slots[target];
    slot?.link?.reset(reason);
    slot?.nats?.reset(reason);
  }

  /** Every target is connected, by all addresses that its name has, and the system or a server of NATS has taken all that was written. */
  get drained(): boolean {
    const areUp = this.#hosts.every(({ current }) => current.length > 0 && current.every((link) => link.isUp && link.backlogBytes === 0));
    const areTaken = this.#nats.every(({ isUp, backlogBytes }) => isUp && backlogBytes === 0);
    return areUp && areTaken && this.slots.every(({ udp }) => (udp?.backlogBytes ?? 0) === 0);
  }

  /** All of them. UDP does not tell whether anybody is there. */
  get all(): HostLinks['all'] {
    return [...this.#hosts.flatMap(({ all }) => all), ...this.#nats.map(({ label, isUp }) => ({ label, isUp })), ...this.slots.filter(({ transport }) => !transport.tellsClose).map(({ label, udp }) => ({ label, isUp: udp !== undefined }))];
  }

  /** Ends the connections after what was written. */
  async finish(limitMs: number): Promise<void> {
    const ways = [...this.#ways.values()];
    await Promise.all(ways.map((way) => (way instanceof HostDatagrams ? undefined : way.finish(limitMs))));
    for (const way of ways) if (way instanceof HostDatagrams) way.stop();
    this.#lost.stop();
  }

  get #hosts(): readonly HostLinks[] {
    return [...this.#ways.values()].filter((way) => way instanceof HostLinks);
  }

  get #nats(): readonly NatsWriter[] {
    return [...this.#ways.values()].filter((way) => way instanceof NatsWriter);
  }

  #connect(endpoint: Endpoint, first: Slot): Way {
    const way = this.#wayTo(endpoint, first);
    this.#ways.set(first.name, way);
    return way;
  }

  #wayTo(endpoint: Endpoint, first: Slot): Way {
    if (endpoint.transport === 'nats') return this.#natsOf(endpoint, first);
    return first.transport.tellsClose ? this.#linksOf(endpoint, first) : this.#datagramsOf(endpoint, first);
  }

  /** Nothing is sent there any more, by none of its addresses. */
  #leave(name: string, way: Way): void {
    way.stop();
    this.#ways.delete(name);
    for (const slot of this.slots) if (slot.name === name) this.#free(slot.target);
  }

  /** A cluster has one connection, by whichever of its servers, and one slot. */
  #natsOf(endpoint: NatsEndpoint, slot: Slot): NatsWriter {
    const { settings, log, nats } = this.#options;
    const writer = new NatsWriter(endpoint, { settings, log, ...nats }, {
      up: () => this.#tell(writer, (target) => this.#user.up(target)),
      titled: (mount, title) => this.#user.titled(mount, title),
      down: (reason) => this.#tell(writer, (target) => this.#user.down(target, reason)),
    });
    slot.nats = writer;
    return writer;
  }

  #linksOf(endpoint: HostEndpoint, first: Slot): HostLinks {
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

  #datagramsOf(endpoint: HostEndpoint, first: Slot): HostDatagrams {
    return new HostDatagrams(endpoint, this.#options, {
      found: (sender, label) => {
        const slot = this.#slotFor(label, first);
        if (slot !== undefined) slot.udp = sender;
        return slot !== undefined;
      },
      gone: (sender) => this.#tell(sender, (target) => this.#free(target)),
      failed: (error, label) => this.#lost.count(inWords(error), label),
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

  #tell(way: TcpLink | UdpSender | NatsWriter, tell: (target: TargetId) => void): void {
    const slot = this.#slots.find((one) => one !== undefined && (one.link === way || one.udp === way || one.nats === way));
    if (slot !== undefined) tell(slot.target);
  }
}
