import { MAX_TARGETS } from '../core/encoder.ts';
import type { TargetId, Transport } from '../core/machine.ts';
import type { Settings } from '../core/settings.ts';
import { formatEndpoint, type Endpoint } from './address.ts';
import { HostLinks } from './host-links.ts';
import type { Log } from './log.ts';
import { codeOf } from './problems.ts';
import { Refusals } from './refusals.ts';
import { NameWatch } from './resolve.ts';
import type { TcpLink } from './tcp-link.ts';
import { UdpSender } from './udp.ts';

/** Where one replica goes: its index in the outlet is the core's TargetId, and so the replica number. */
export interface Slot {
  readonly transport: Transport;
  /** As given on the command line, until an address is known. */
  label: string;
  link?: TcpLink;
  udp?: UdpSender;
}

export interface OutletUser {
  added(slot: Slot): void;
  up(target: TargetId): void;
  /** What has come back by a connection, borrowed for the call. */
  said(target: TargetId, bytes: Uint8Array): void;
  down(target: TargetId): void;
}

export interface OutletOptions {
  readonly settings: Settings;
  readonly log: Log;
  /** The address of the interface that multicast leaves by; undefined: the system's choice. */
  readonly multicastVia: string | undefined;
}

/**
 * The targets of an encoder, with their connections. They outlive the source: when it comes back, as a new stream, the
 * connections are there already.
 *
 * Every endpoint of the command line has a slot from the start, in its order, so that its replica number is known and
 * programme is kept for it while its name is still looked up. A name with more addresses gets further slots behind.
 */
export class EncoderOutlet {
  readonly slots: Slot[] = [];
  readonly #options: OutletOptions;
  readonly #user: OutletUser;
  readonly #hosts: HostLinks[] = [];
  readonly #watches: NameWatch[] = [];
  readonly #lost: Refusals;
  #refused = false;

  constructor(endpoints: readonly Endpoint[], options: OutletOptions, user: OutletUser) {
    this.#options = options;
    this.#user = user;
    this.#lost = new Refusals(options.log, 'datagrams-lost');
    for (const endpoint of endpoints) {
      const slot: Slot = { transport: endpoint.transport, label: formatEndpoint(endpoint) };
      this.slots.push(slot);
      if (endpoint.transport === 'tcp') this.#hosts.push(this.#links(endpoint, [slot]));
      else this.#watches.push(this.#datagrams(endpoint, [slot]));
    }
  }

  start(): void {
    for (const each of [...this.#hosts, ...this.#watches]) each.start();
  }

  send(target: TargetId, bytes: Uint8Array): void {
    const slot = this.slots[target];
    if (slot?.link !== undefined) slot.link.write(bytes);
    else slot?.udp?.send(bytes);
  }

  backlogBytes(target: TargetId): number {
    const slot = this.slots[target];
    return slot?.link?.backlogBytes ?? slot?.udp?.backlogBytes ?? 0;
  }

  reset(target: TargetId, reason: string): void {
    this.slots[target]?.link?.reset(reason);
  }

  isUp(target: TargetId): boolean {
    const slot = this.slots[target];
    return slot?.transport === 'udp' || (slot?.link?.isUp ?? false);
  }

  /** Every TCP target is connected, and the system has taken all that was written. */
  get drained(): boolean {
    return this.slots.every((_, target) => this.isUp(target as TargetId) && this.backlogBytes(target as TargetId) === 0);
  }

  /** Ends the connections after what was written. */
  async finish(limitMs: number): Promise<void> {
    for (const watch of this.#watches) watch.stop();
    await Promise.all(this.#hosts.map((host) => host.finish(limitMs)));
    for (const { udp } of this.slots) udp?.stop();
    this.#lost.stop();
  }

  #links(endpoint: Endpoint, own: Slot[]): HostLinks {
    const { settings, log } = this.#options;
    return new HostLinks(endpoint, { settings, log, watchIdle: false }, {
      found: (link) => {
        const slot = this.#slotFor(link.label, 'tcp', own);
        if (slot !== undefined) slot.link = link;
      },
      up: (link) => this.#tell(link, (target) => this.#user.up(target)),
      bytes: (link, bytes) => this.#tell(link, (target) => this.#user.said(target, bytes)),
      down: (link) => this.#tell(link, (target) => this.#user.down(target)),
    });
  }

  #datagrams(endpoint: Endpoint, own: Slot[]): NameWatch {
    const { settings, log } = this.#options;
    return new NameWatch(endpoint.host, settings, {
      addresses: (addresses) => {
        for (const [host] of addresses) {
          const slot = this.#slotFor(formatEndpoint({ ...endpoint, host }), 'udp', own);
          if (slot !== undefined) slot.udp ??= this.#sender(host, endpoint.port, slot.label);
        }
      },
      unresolved: (reason) => log({ kind: 'unresolved', peer: formatEndpoint(endpoint), reason }),
    });
  }

  #sender(address: string, port: number, label: string): UdpSender {
    const { multicastVia } = this.#options;
    return new UdpSender({ address, port, multicastVia, failed: (error) => this.#lost.count(codeOf(error), label) });
  }

  /** The slot of this address among its endpoint's own: the one it had before, the first if that is free, or a new one. */
  #slotFor(label: string, transport: Transport, own: Slot[]): Slot | undefined {
    const slot = own.find((one) => isUsed(one) && one.label === label) ?? own.find((one) => !isUsed(one)) ?? this.#addSlot(label, transport);
    if (slot === undefined) return undefined;
    if (!own.includes(slot)) own.push(slot);
    slot.label = label;
    return slot;
  }

  #addSlot(label: string, transport: Transport): Slot | undefined {
    if (this.slots.length >= MAX_TARGETS) {
      if (!this.#refused) this.#options.log({ kind: 'too-many-targets', peer: label, max: MAX_TARGETS });
      this.#refused = true;
      return undefined;
    }
    const slot: Slot = { transport, label };
    this.slots.push(slot);
    this.#user.added(slot);
    return slot;
  }

  #tell(link: TcpLink, tell: (target: TargetId) => void): void {
    const target = this.slots.findIndex((slot) => slot.link === link);
    if (target >= 0) tell(target as TargetId);
  }
}

function isUsed(slot: Slot): boolean {
  return slot.link !== undefined || slot.udp !== undefined;
}
