import type { Snapshot } from '../../base/snapshot.ts';
import type { Settings } from '../../config/settings.ts';
import { ByAddress, KNOWN_AFTER_US, KnownAddresses, type Admission } from '../../links/slots/slots.ts';
import type { Subscriber } from './subscriber.ts';
import type { Micros } from '../../base/units.ts';

/** One that has been there for so long may be a connection whose other end is gone. */
const REPLACE_AFTER_US = 10_000_000;
/** So often at most one of an address is replaced for that: an edge that tries once a second gets its turn beside somebody who comes in bursts. */
const REPLACE_EACH_US = 2_000_000;

/**
 * Who may be subscribed when there are more than a relay takes. Subscribers say nothing, so what is known of them is their address,
 * and whether they take what they are sent. One has to go for a newcomer:
 *
 *     1. one of the same address that does not take what it is sent: its other end is gone, and has come again
 *     2. the newest of the address that holds most, for an address that holds less
 *     3. the newest of an address that is not known, for one that is: a subscriber was there for a minute
 *     4. the one of the same address that is in the middle by its age, as under 1, but it cannot be seen yet: one in two seconds
 *
 * Somebody behind the address of an edge (one host, one proxy) may take its whole share and say nothing. Half of them, those that were there first,
 * never go for that; and whoever gets in stays until as many others have.
 */
export class SubscriberSlots {
  readonly #settings: Settings;
  readonly #backlogOf: (subscriber: Subscriber) => number;
  readonly #all = new ByAddress<Subscriber>();
  readonly #known = new KnownAddresses();
  readonly #replaced = new KnownAddresses();

  constructor(settings: Settings, backlogOf: (subscriber: Subscriber) => number) {
    this.#settings = settings;
    this.#backlogOf = backlogOf;
  }

  /** How many each address holds, those with most first. */
  get holders(): readonly (readonly [address: string, count: number])[] {
    return this.#all.counts();
  }

  told(): string {
    return this.#all.told();
  }

  /** @param isFull there may be no more. */
  admit(now: Micros, address: string, isFull: boolean): Admission<Subscriber, 'maxSubscribers' | 'maxSubscribersPerAddress'> {
    const isShareFull = this.#all.count(address) >= this.#settings.maxSubscribersPerAddress;
    if (!isFull && !isShareFull) return { kind: 'room' };
    const of = this.#stuck(now, address) ?? (isShareFull ? undefined : this.#lessWorthThan(address)) ?? this.#replaceable(now, address);
    const bound = isFull ? 'maxSubscribers' : 'maxSubscribersPerAddress';
    return of === undefined ? { kind: 'refused', bound } : { kind: 'instead', of, bound };
  }

  /** One without an address is in our own process: it makes room for nobody. */
  joined(subscriber: Subscriber): void {
    if (subscriber.address !== '') this.#all.add(subscriber);
  }

  left(now: Micros, subscriber: Subscriber): void {
    if (subscriber.address === '') return;
    this.#all.delete(subscriber);
    if (now - subscriber.joinedAt >= KNOWN_AFTER_US) this.#known.note(now, subscriber.address);
  }

  /** Saves or restores what does not follow from the subscribers that are there: these are told by `joined`. */
  snapshot(a: Snapshot): void {
    this.#known.snapshot(a);
    this.#replaced.snapshot(a);
  }

  /** The one of this address that has taken least of what it was sent. */
  #stuck(now: Micros, address: string): Subscriber | undefined {
    let stuck: Subscriber | undefined;
    let most = 0;
    for (const subscriber of this.#all.of(address)) {
      // Right after it has come it takes in the history.
      if (now - subscriber.joinedAt < REPLACE_AFTER_US) continue;
      const backlog = this.#backlogOf(subscriber);
      if (backlog > most) [stuck, most] = [subscriber, backlog];
    }
    return stuck;
  }

  #lessWorthThan(address: string): Subscriber | undefined {
    return this.#all.newestOfLargest(address) ?? (this.#known.has(address) ? this.#known.newestStranger(this.#all) : undefined);
  }

  #replaceable(now: Micros, address: string): Subscriber | undefined {
    const all = [...this.#all.of(address)];
    const middle = all[Math.floor(all.length / 2)];
    if (middle === undefined || now - middle.joinedAt < REPLACE_AFTER_US || now - this.#replaced.usedAt(address) < REPLACE_EACH_US) return undefined;
    this.#replaced.note(now, address);
    return middle;
  }
}
