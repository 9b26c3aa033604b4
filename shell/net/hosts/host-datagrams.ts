import { AddressBook } from '../addresses/address-book.ts';
import { formatEndpoint, type HostEndpoint } from '../addresses/address.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Log } from '../../log/log.ts';
import { NameWatch, type Lookup } from '../addresses/resolve.ts';
import { UdpSender, type Seal } from '../udp.ts';

export interface DatagramsOptions {
  readonly settings: Settings;
  readonly log: Log;
  readonly multicastVia: string | undefined;
  /** How what goes to an address of this endpoint is sealed, from its first datagram on; undefined: not at all. */
  readonly sealTo?: ((endpoint: HostEndpoint) => Seal | undefined) | undefined;
  /** The system's, unless given. */
  readonly lookup?: Lookup | undefined;
}

export interface DatagramsUser {
  /** Another address is going to be sent to; false: it must not be. */
  found(sender: UdpSender, label: string): boolean;
  /** The name has not had this address for a while. */
  gone(sender: UdpSender): void;
  /** A datagram could not be sent. */
  failed(error: Error, label: string): void;
}

/** All addresses of a host that datagrams go to; they come and go with its name. */
export class HostDatagrams {
  readonly #watch: NameWatch;
  readonly #book: AddressBook<UdpSender>;

  constructor(endpoint: HostEndpoint, { settings, log, multicastVia, sealTo, lookup }: DatagramsOptions, user: DatagramsUser) {
    this.#book = new AddressBook(settings.addressGraceMs, {
      begin: ([address]) => {
        const label = formatEndpoint({ ...endpoint, host: address });
        const failed = (error: Error): void => {
          user.failed(error, label);
          this.#watch.hurry();
        };
        const sender = new UdpSender({ address, port: endpoint.port, multicastVia, seal: sealTo?.(endpoint), failed });
        if (user.found(sender, label)) return sender;
        sender.stop();
        return undefined;
      },
      end: (sender) => {
        sender.stop();
        user.gone(sender);
      },
      isUp: () => true,
    });
    this.#watch = new NameWatch(endpoint.host, settings, {
      addresses: (addresses) => this.#book.follow(performance.now(), addresses),
      unresolved: (reason) => log({ kind: 'unresolved', peer: formatEndpoint(endpoint), reason }),
    }, lookup);
  }

  start(): void {
    this.#watch.start();
  }

  stop(): void {
    this.#watch.stop();
    for (const sender of this.#book.uses) sender.stop();
  }
}
