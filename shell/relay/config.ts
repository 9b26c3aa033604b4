import type { Settings } from '../../core/config/settings.ts';
import type { Endpoint, HostEndpoint } from '../net/addresses/address.ts';
import type { AddressFiles } from '../net/address-lists/address-rules.ts';
import type { Range } from '../net/addresses/allow.ts';
import type { Ranges } from '../net/addresses/range-set.ts';
import type { LinkFiles } from '../net/keys/link-certificates.ts';
import type { OwnKeyConfig } from '../net/keys/own-key.ts';
import type { TlsConfig } from '../net/tls/tls-port.ts';
import type { RecordConfig } from '../operations/recording/flight-recorder.ts';
import type { Metrics } from '../operations/metrics/metrics.ts';
import type { Page } from '../operations/page/page.ts';
import type { Reload } from '../process/app.ts';

/** The peers of a relay. */
export interface KeysConfig {
  /** With a peer in each line. */
  readonly file: string;
  /** Who may do without a key. */
  readonly plainFrom: readonly Range[];
  /** Of this relay, for peers that are known by theirs; undefined: none is. */
  readonly certificate?: LinkFiles | undefined;
}

export interface RelayConfig {
  readonly bind: string;
  /** Where encoders push to, by TCP and UDP; undefined: nowhere. */
  readonly inPort: number | undefined;
  /** Where edges and other relays subscribe; undefined: nowhere. */
  readonly outPort: number | undefined;
  /** Of its pages; undefined: there are none. */
  readonly httpPort?: number | undefined;
  /** A port for its pages by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** Proxies that say who the clients of its pages are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
  /** Which addresses are answered by HTTP; all, unless given. */
  readonly httpLists?: AddressFiles | undefined;
  /** The checks that count for GET /readyz; those of `readyChecks`, unless given. */
  readonly ready?: readonly string[] | undefined;
  /** Relays to subscribe to. */
  readonly upstreams: readonly Endpoint[];
  /** Certificates of authorities in PEM, for servers of NATS; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  readonly multicasts: readonly HostEndpoint[];
  /** Of these relays only these mountpoints are taken in, by names in which `*` stands for any characters; all, unless given. */
  readonly mounts?: readonly string[] | undefined;
  /** Who may push to us, and who may subscribe; nobody named: everybody. */
  readonly allowIn?: readonly Range[];
  readonly allowOut?: readonly Range[];
  /** Who may push and subscribe, by their keys; undefined: anybody. */
  readonly keys?: KeysConfig | undefined;
  /** What this relay shows to those that it subscribes to; undefined: nothing. */
  readonly key?: OwnKeyConfig | undefined;
  /** Whether a port at this address can be reached from outside; as the addresses of this machine tell, unless given. */
  readonly isReachable?: (bind: string) => boolean;
  /** Take no titles from edges and relays that subscribe; those of encoders and of operators of this relay are taken all the same. */
  readonly refusesTitles?: boolean;
  /** What operators are called; "admin", unless given. */
  readonly adminUser?: string | undefined;
  /** Of operators at its pages; without one nobody sets titles there. */
  readonly adminPassword?: string | undefined;
  /** For operators; undefined: there is nothing to be read again. */
  readonly reload?: Reload | undefined;
  readonly settings: Settings;
  /** Keep a flight recorder; undefined: none. */
  readonly record?: RecordConfig | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** Of the process, and who may see all of it besides this machine; without it there is none. */
  readonly page?: { readonly page: Page; readonly allow: Ranges } | undefined;
  /** Its page is shown by another part of the process. */
  readonly isPart?: boolean;
}

/** What of it can change while the relay runs. */
export type RelayChanges = Pick<RelayConfig, 'settings' | 'upstreams' | 'multicasts' | 'allowIn' | 'allowOut' | 'trustedProxies' | 'httpLists' | 'tls' | 'ca' | 'adminUser' | 'adminPassword' | 'ready'>;
