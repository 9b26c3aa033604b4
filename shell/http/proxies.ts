import { Reminders } from '../../core/wiring/reminders.ts';
import type { Log } from '../log/log.ts';
import { parseRange, type Range } from '../net/allow.ts';
import { RangeSet } from '../net/range-set.ts';
import { monotonicNow } from '../process/clock.ts';
import { forwardedBy } from './client.ts';

/** Where proxies of one's own are: anybody on the internet can send headers. */
const ownNetworks = new RangeSet(
  ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '169.254.0.0/16', '::1', 'fc00::/7', 'fe80::/10'].map((text) => parseRange(text)!),
);

/** Which proxies are believed what they say of their clients, and who seems to be one that is not. */
export class Proxies {
  readonly trusted: RangeSet;
  readonly #log: Log;
  readonly #reminders = new Reminders();

  constructor(trusted: readonly Range[], log: Log) {
    this.trusted = new RangeSet(trusted);
    this.#log = log;
  }

  /** One that is not trusted has sent a PROXY header. */
  refused(address: string): void {
    this.#tell(address, 'a PROXY header');
  }

  /** A request has come, with its headers, from this address, for which no trusted proxy speaks. */
  asked(address: string, headers: ReadonlyMap<string, string>): void {
    const name = forwardedBy(headers);
    if (name !== undefined && ownNetworks.has(address) && !this.trusted.has(address)) this.#tell(address, name);
  }

  /** Once for each address, and again at most every minute. */
  #tell(address: string, found: string): void {
    if (this.#reminders.take(monotonicNow(), address)) this.#log({ kind: 'proxy-not-trusted', peer: address, found, change: `if it is a proxy of yours, set --trusted-proxy ${address}` });
  }
}
