import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Settings } from '../../../core/config/settings.ts';
import { isLoopback, ownAddresses } from './address.ts';
import { inWords } from '../../process/problems.ts';

/** An address. Further ones are the same machine by another way, to be tried in turn. */
export type Address = readonly [string, ...string[]];

/** Looks a name up: all its addresses, or a rejection. */
export type Lookup = (host: string) => Promise<readonly string[]>;

export interface NameWatcher {
  /** All addresses that the name has now. */
  addresses(addresses: readonly Address[]): void;
  /** It has none at the moment. Told once until it has some again; the addresses known before stay in use. */
  unresolved(reason: string): void;
}

/** Looks a host name up, again and again, and more often while that may help; an address stands for itself. */
export class NameWatch {
  readonly #host: string;
  readonly #settings: Settings;
  readonly #watcher: NameWatcher;
  readonly #lookup: Lookup;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #isLooking = false;
  #lookedAt = -Infinity;
  #stopped = false;

  constructor(host: string, settings: Settings, watcher: NameWatcher, lookup: Lookup = systemLookup) {
    this.#host = host;
    this.#settings = settings;
    this.#watcher = watcher;
    this.#lookup = lookup;
  }

  start(): void {
    if (isIP(this.#host) !== 0) this.#watcher.addresses([[this.#host]]);
    else void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** One of its addresses cannot be reached: perhaps the name has another one by now. */
  hurry(): void {
    if (this.#timer === undefined || this.#isLooking || this.#failures > 0) return;
    this.#lookAfter(this.#lookedAt + this.#settings.backoffMaxMs - performance.now());
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const found = await this.#lookup(this.#host).catch(inWords);
    this.#isLooking = false;
    this.#lookedAt = performance.now();
    if (this.#stopped) return;
    if (typeof found === 'string') {
      if (this.#failures === 0) this.#watcher.unresolved(found);
      this.#failures++;
    } else {
      this.#failures = 0;
      this.#watcher.addresses(usable(found, found.some((address) => isIP(address) === 6) && speaksIpv6()));
    }
    const { backoffMinMs, backoffMaxMs, resolveMs } = this.#settings;
    const retryMs = Math.min(backoffMinMs * 2 ** Math.min(this.#failures - 1, 10), backoffMaxMs);
    this.#lookAfter(this.#failures === 0 ? resolveMs : retryMs);
  }

  #lookAfter(waitMs: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), Math.max(0, waitMs));
  }
}

/**
 * Each address once; without IPv6 of our own only IPv4 ones, if there are any. `localhost` has two addresses, but is one
 * machine: a relay listens on either.
 */
export function usable(addresses: readonly string[], ipv6: boolean): readonly Address[] {
  const all = [...new Set(addresses)];
  const ipv4 = all.filter((address) => isIP(address) === 4);
  const others = all.filter((address) => isIP(address) === 6 && address !== '::1' && (ipv6 || ipv4.length === 0));
  const loopback = ipv4.find(isLoopback);
  const own = all.filter((address) => address === '::1');
  if (loopback === undefined) return [...ipv4, ...others, ...own].map((address) => [address]);
  return [...ipv4, ...others].map((address) => (address === loopback ? [address, ...own] : [address]));
}

async function systemLookup(host: string): Promise<readonly string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address);
}

/** Asked for only where it matters: a machine with many containers has many interfaces. */
function speaksIpv6(): boolean {
  return ownAddresses().some(({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80'));
}
