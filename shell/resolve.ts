import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isLoopback } from './address.ts';
import { codeOf } from './problems.ts';

/** How often a name is looked up again: operators move a relay by its name, and expect it to be found. */
const AGAIN_MS = 30_000;
const RETRY_MIN_MS = 100;
const RETRY_MAX_MS = 5_000;

export interface NameWatcher {
  /** All addresses that the name has now. */
  addresses(addresses: readonly string[]): void;
  /** It has none at the moment. Told once until it has some again; the addresses known before stay in use. */
  unresolved(reason: string): void;
}

/** Looks a host name up, again and again; an address stands for itself. */
export class NameWatch {
  readonly #host: string;
  readonly #watcher: NameWatcher;
  #timer: NodeJS.Timeout | undefined;
  #failures = 0;
  #stopped = false;

  constructor(host: string, watcher: NameWatcher) {
    this.#host = host;
    this.#watcher = watcher;
  }

  start(): void {
    if (isIP(this.#host) !== 0) this.#watcher.addresses([this.#host]);
    else void this.#look();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    let delayMs = AGAIN_MS;
    try {
      const found = await lookup(this.#host, { all: true });
      if (this.#stopped) return;
      this.#failures = 0;
      this.#watcher.addresses(distinct(found.map(({ address }) => address)));
    } catch (error) {
      if (this.#stopped) return;
      if (this.#failures === 0) this.#watcher.unresolved(codeOf(error));
      delayMs = Math.min(RETRY_MIN_MS * 2 ** Math.min(this.#failures, 10), RETRY_MAX_MS);
      this.#failures++;
    }
    this.#timer = setTimeout(() => void this.#look(), delayMs);
  }
}

/**
 * Each address once. `localhost` has two addresses, but they are one machine, and listeners are on the IPv4 one unless
 * told otherwise: of several loopback addresses the first IPv4 one will do.
 */
export function distinct(addresses: readonly string[]): readonly string[] {
  const loopback = addresses.filter(isLoopback);
  const one = loopback.find((address) => isIP(address) === 4) ?? loopback[0];
  return [...new Set(addresses.filter((address) => !isLoopback(address) || address === one))];
}
