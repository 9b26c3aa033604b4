import type { MountPolicies } from '../../core/config/mount-policy.ts';
import type { Settings } from '../../core/config/settings.ts';
import type { EdgeWish } from '../../core/edge/edge.ts';
import type { Check } from '../http/readiness.ts';
import type { Endpoint } from '../net/addresses/address.ts';
import type { Range } from '../net/addresses/allow.ts';
import type { AddressFiles } from '../net/address-lists/address-rules.ts';
import type { HttpGate } from '../net/address-lists/http-gate.ts';
import type { OwnKeyConfig } from '../net/keys/own-key.ts';
import type { OwnSigningKey } from '../net/keys/signing/signing-keys.ts';
import type { TlsConfig } from '../net/tls/tls-port.ts';
import type { AccessLogConfig } from '../operations/access-log/access-log.ts';
import type { Metrics } from '../operations/metrics/metrics.ts';
import type { RecordConfig } from '../operations/recording/flight-recorder.ts';
import type { Reload } from '../process/app.ts';
import type { AdmissionConfig } from './admission/rules.ts';
import type { HlsGroups } from './hls/routes.ts';
import type { ListenerServerOptions } from './listeners/listener-server.ts';

export interface EdgeConfig {
  readonly bind: string;
  readonly httpPort: number;
  /** A second port, by TLS; undefined: there is none. */
  readonly tls?: TlsConfig | undefined;
  /** Processes that have the listeners; 1: this one. */
  readonly workers?: number;
  readonly relays: readonly Endpoint[];
  /** Certificates of authorities in PEM, for servers of NATS; those that Node.js trusts, unless given. */
  readonly ca?: string | undefined;
  /** What it shows to its relays; undefined: nothing. */
  readonly key?: OwnKeyConfig | undefined;
  /** The file with the keys of encoders that sign; undefined: nothing is verified. */
  readonly verify?: string | undefined;
  /** The key that this process signs with itself, which starts and stops it: its own streams are believed, too. */
  readonly ownSigningKey?: OwnSigningKey | undefined;
  readonly settings: Settings;
  /** Listeners by HLS, where segments are made (`hlsSegmentMs`); undefined: there are none. */
  readonly hls?: { readonly directory: string | undefined; readonly groups: HlsGroups } | undefined;
  /** What is wanted of single mountpoints. */
  readonly policies?: MountPolicies;
  /** Which mountpoints it takes in; all, unless given. */
  readonly wish?: EdgeWish | undefined;
  /** Who may listen; everybody, unless given. */
  readonly admission?: AdmissionConfig | undefined;
  /** What operators are called; "admin", unless given. */
  readonly adminUser?: string | undefined;
  /** Of operators; undefined: there are none. */
  readonly adminPassword?: string | undefined;
  /** Where a line is written for each listener that has left; undefined: to the log. */
  readonly accessLog?: AccessLogConfig | undefined;
  /** Keep a flight recorder; undefined: none. */
  readonly record?: RecordConfig | undefined;
  /** Proxies that say who their clients are; none, unless given. */
  readonly trustedProxies?: readonly Range[] | undefined;
  /** Which addresses are answered by HTTP; all, unless given. */
  readonly httpLists?: AddressFiles | undefined;
  /** The same, of the process that this is a part of, which starts and stops it. */
  readonly gate?: HttpGate | undefined;
  /** The checks that count for GET /readyz; those of `readyChecks`, unless given. */
  readonly ready?: readonly string[] | undefined;
  /** What else is checked there, of other parts of the process. */
  readonly moreChecks?: (() => readonly Check[]) | undefined;
  /** Of the process; without it there is no such page. */
  readonly metrics?: Metrics | undefined;
  /** Of the process, and who may see all of it besides this machine and operators; without it there is none. */
  readonly page?: ListenerServerOptions['page'];
  /** What source clients ask at the same ports; nothing, unless given. */
  readonly sourceRoutes?: ListenerServerOptions['sources'];
  /** For operators; undefined: there is nothing to be read again. */
  readonly reload?: Reload | undefined;
}

/** What of it can change while the edge runs. */
export type EdgeChanges = Pick<EdgeConfig, 'settings' | 'relays' | 'policies' | 'admission' | 'adminUser' | 'adminPassword' | 'trustedProxies' | 'httpLists' | 'tls' | 'ca' | 'accessLog' | 'ready'>;
