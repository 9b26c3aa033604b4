import { Bounds } from '../../../core/base/memory/bounds.ts';
import { policyFor, type MountPolicies } from '../../../core/config/mount-policy.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Log } from '../../log/log.ts';
import { networkOf } from '../../net/addresses/address.ts';

/** Why there is no place for another listener. */
export type NoPlace = 'too many listeners' | 'too many listeners of a mountpoint' | 'too many listeners of an address' | 'too many listeners of an address at a mountpoint';

/** A listener that is counted: it plays, or waits until it is known whether it may. */
export interface Place {
  readonly network: string;
  mount: string;
}

export interface PlacesOptions {
  readonly settings: Pick<Settings, 'maxListeners' | 'maxListenersPerAddress'>;
  /** What is wanted of single mountpoints at present. */
  readonly policies: () => MountPolicies | undefined;
  readonly log: Log;
}

/** Counts the listeners of an edge, of its mountpoints and of addresses. A limit of a mountpoint counts the listeners of that mountpoint alone. */
export class Places {
  readonly #options: PlacesOptions;
  readonly #bounds: Bounds;
  readonly #all = new Tally();
  /** By mountpoint; none is empty. */
  readonly #mounts = new Map<string, Tally>();

  constructor(options: PlacesOptions) {
    this.#options = options;
    this.#bounds = new Bounds(options.log);
  }

  get size(): number {
    return this.#all.size;
  }

  take(mount: string, address: string): Place | NoPlace {
    const network = networkOf(address);
    const noPlace = this.#noPlace(mount, network);
    if (noPlace !== undefined) return noPlace;
    return this.restore({ mount, network });
  }

  /** The place of a listener that another process has admitted, whatever the limits. */
  restore({ mount, network }: Readonly<Place>): Place {
    const place = { mount, network };
    this.#all.add(network);
    this.#enter(place);
    return place;
  }

  /** It goes on at another mountpoint. An operator who moves listeners is not held up by limits. */
  move(place: Place, mount: string): void {
    this.#leave(place);
    place.mount = mount;
    this.#enter(place);
  }

  free(place: Place): void {
    this.#all.delete(place.network);
    this.#leave(place);
  }

  #noPlace(mount: string, network: string): NoPlace | undefined {
    const { settings, policies } = this.#options;
    const own = policyFor(mount, policies())?.settings;
    const there = this.#mounts.get(mount);
    if (this.#all.size >= settings.maxListeners) {
      this.#bounds.hit('maxListeners');
      return 'too many listeners';
    }
    if (this.#all.of(network) >= settings.maxListenersPerAddress) return 'too many listeners of an address';
    if (there === undefined) return undefined;
    if (there.size >= (own?.maxListeners ?? Infinity)) return 'too many listeners of a mountpoint';
    return there.of(network) >= (own?.maxListenersPerAddress ?? Infinity) ? 'too many listeners of an address at a mountpoint' : undefined;
  }

  #enter({ mount, network }: Place): void {
    const tally = this.#mounts.get(mount) ?? new Tally();
    this.#mounts.set(mount, tally);
    tally.add(network);
  }

  #leave({ mount, network }: Place): void {
    const tally = this.#mounts.get(mount)!;
    tally.delete(network);
    if (tally.size === 0) this.#mounts.delete(mount);
  }
}

/** How many there are, and how many of each network. */
class Tally {
  size = 0;
  readonly #networks = new Map<string, number>();

  of(network: string): number {
    return this.#networks.get(network) ?? 0;
  }

  add(network: string): void {
    this.size++;
    this.#networks.set(network, this.of(network) + 1);
  }

  delete(network: string): void {
    this.size--;
    const left = this.of(network) - 1;
    if (left > 0) this.#networks.set(network, left);
    else this.#networks.delete(network);
  }
}
