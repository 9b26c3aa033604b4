import { Reminders } from '../../../core/links/wiring/reminders.ts';
import type { Log } from '../../log/log.ts';
import { privateRanges } from '../../net/addresses/allow.ts';
import { rangeSet, type RangeSet, type Ranges } from '../../net/addresses/range-set.ts';
import { monotonicNow } from '../../process/time/clock.ts';
import { forwardedBy } from './client.ts';

/** Which proxies are believed what they say of their clients, and who seems to be one that is not. */
export class Proxies {
  readonly trusted: RangeSet;
  readonly #log: Log;
  readonly #reminders = new Reminders();

  constructor(trusted: Ranges, log: Log) {
    this.trusted = rangeSet(trusted);
    this.#log = log;
  }

  /** One that is not trusted has sent a PROXY header. */
  refused(address: string): void {
    this.#tell(address, 'a PROXY header');
  }

  /** A request has come, with its headers, from this address, for which no trusted proxy speaks. */
  asked(address: string, headers: ReadonlyMap<string, string>): void {
    const name = forwardedBy(headers);
    // Proxies of one's own are there: anybody on the internet can send headers.
    if (name !== undefined && privateRanges.has(address) && !this.trusted.has(address)) this.#tell(address, name);
  }

  /** Once for each address, and again at most every minute. */
  #tell(address: string, found: string): void {
    if (this.#reminders.take(monotonicNow(), address)) this.#log({ kind: 'proxy-not-trusted', peer: address, found, change: `if it is a proxy of yours, set --trusted-proxy ${address}` });
  }
}
