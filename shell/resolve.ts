import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { Settings } from '../core/settings.ts';
import { isLoopback } from './address.ts';
import { codeOf } from './problems.ts';

/** An address. Further ones are the same machine by another way, to be tried in turn. */
export type Address = readonly [string, ...string[]];

export interface NameWatcher {
  /** All addresses that the name has now. */
  addresses(addresses: readonly Address[]): void;
  /** It has none at the moment. Told once until it has some again; the addresses known before stay in use. */
  unresolved(reason: string): void;
}

/** Looks a host name up, again and again; an address stands for itself. */
export class NameWatch {
  readonly #host: string;
  readonly #settings: Settings;
  readonly #watcher: NameWatcher;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(host: string, settings: Settings, watcher: NameWatcher) {
    this.#host = host;
    this.#settings = settings;
    this.#watcher = watcher;
  }

  start(): void {
    if (isIP(this.#host) !== 0) this.#watcher.addresses([[this.#host]]);
    else void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const found = await lookup(this.#host, { all: true }).catch(codeOf);
    if (this.#stopped) return;
    if (typeof found === 'string') {
      if (this.#failures === 0) this.#watcher.unresolved(found);
      this.#failures++;
    } else {
      this.#failures = 0;
      this.#watcher.addresses(usable(found.map(({ address }) => address), speaksIpv6()));
    }
    const { backoffMinMs, backoffMaxMs, resolveMs } = this.#settings;
    const retryMs = Math.min(backoffMinMs * 2 ** Math.min(this.#failures - 1, 10), backoffMaxMs);
    this.#timer = setTimeout(() => void this.#look(), this.#failures === 0 ? resolveMs : retryMs);
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

function speaksIpv6(): boolean {
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  return interfaces.some(({ family, internal, address }) => family === 'IPv6' && !internal && !address.startsWith('fe80'));
}
