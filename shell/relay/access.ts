import type net from 'node:net';
import type { Peer } from '../../core/links/peers/peer.ts';
import type { Settings } from '../../core/config/settings.ts';
import { plainLink, type AcceptedLink, type LinkPort } from '../net/ingress/accepted-link.ts';
import { peerOf } from '../net/addresses/address.ts';
import { AllowList, type Range } from '../net/addresses/allow.ts';
import { RangeSet } from '../net/addresses/range-set.ts';
import type { InnerPath } from '../net/ingress/accepted-paths.ts';
import { DatagramPort } from '../net/keys/datagram-port.ts';
import { KeyedPort } from '../net/keys/keyed-port.ts';
import { linkCertificates } from '../net/keys/link-certificates.ts';
import { Paces } from '../net/keys/pace.ts';
import { PeerKeys } from '../net/keys/file/peer-keys.ts';
import type { Certificates } from '../net/tls/certificates.ts';
import type { TakeDatagram } from '../net/udp.ts';
import type { Log } from '../log/log.ts';
import type { Refusals } from '../log/refusals.ts';
import type { RelayConfig } from './config.ts';

export interface RelayAccessOptions extends Pick<RelayConfig, 'keys' | 'allowIn' | 'allowOut'> {
  readonly settings: Settings;
  readonly log: Log;
  readonly refusals: Refusals;
  /** Makes a path of what a sender of datagrams with a key sends; undefined when there are too many. */
  readonly openDatagrams: (peer: Peer) => InnerPath | undefined;
}

/** Who may push to a relay and subscribe to it: by the address of a connection or datagram, and by the key that it shows. */
export class RelayAccess {
  /** Of this relay, for peers that are known by theirs; undefined: none is. */
  readonly certificates: Certificates | undefined;
  readonly #refusals: Refusals;
  readonly #allowed: Record<LinkPort, AllowList>;
  readonly #keys: PeerKeys | undefined;
  readonly #keyed: KeyedPort | undefined;
  readonly #datagrams: DatagramPort;
  /** Nobody may do without a key because of his address alone. */
  readonly #needsKey: boolean;

  constructor({ keys, allowIn = [], allowOut = [], settings, log, refusals, openDatagrams }: RelayAccessOptions) {
    this.#refusals = refusals;
    this.#allowed = { in: new AllowList(allowIn), out: new AllowList(allowOut) };
    const plain = new RangeSet(keys?.plainFrom ?? []);
    this.#needsKey = keys !== undefined && !keys.plainFrom.some(({ prefix }) => prefix === 0);
    this.#keys = keys && new PeerKeys(keys.file, log, keys.certificate !== undefined);
    this.certificates = keys?.certificate && linkCertificates(keys.certificate, log);
    const paces = new Paces();
    const isPlain = (address: string | undefined): boolean => plain.has(address);
    this.#keyed = this.#keys && new KeyedPort({ keys: this.#keys, paces, certificates: this.certificates, settings, refusals, isPlain });
    this.#datagrams = new DatagramPort({ keys: this.#keys, paces, log, isAllowed: (address) => this.#allowed.in.allows(address), isPlain, open: openDatagrams });
  }

  /** Rejects with a UsageError when a file cannot be used. */
  async start(): Promise<void> {
    await this.#keys?.start();
    await this.certificates?.start();
  }

  stop(): void {
    this.#keyed?.stop();
    this.#datagrams.stop();
    this.#keys?.stop();
    this.certificates?.stop();
  }

  /** Who is connected stays, whatever addresses are allowed from now on. */
  change(allowIn: readonly Range[], allowOut: readonly Range[]): void {
    this.#allowed.in = new AllowList(allowIn);
    this.#allowed.out = new AllowList(allowOut);
  }

  /** Whether anybody who reaches this port may use it. */
  isOpen(port: LinkPort): boolean {
    return !this.#needsKey && this.#allowed[port].isEmpty;
  }

  /** @param take is called once it is known who that is; of who has no place here, never. Without a keys file nobody is known, and nobody needs to be. */
  accept(socket: net.Socket, port: LinkPort, take: (link: AcceptedLink) => void): void {
    if (!this.#allowed[port].allows(socket.remoteAddress)) {
      this.#refusals.count('not allowed', peerOf(socket));
      socket.destroy();
    } else if (this.#keyed === undefined) take(plainLink(socket, port));
    else this.#keyed.accept(socket, port, take);
  }

  /** Lets through what may come, of a socket for datagrams. @param take what comes without a key. */
  datagrams(take: TakeDatagram): TakeDatagram {
    return this.#datagrams.takeFrom(take);
  }
}
